"""Progress of a job: a bar with ETA on a terminal, plain lines elsewhere."""

import sys
import time

from tqdm import tqdm


class Progress:
    """Counts items of a job of known length.

    Attributes:
        wait_s: float, seconds between two plain lines when not on a terminal.
    """

    def __init__(self, *, total, name, unit, start=0, wait_s=10.0):
        self.wait_s = wait_s
        self._bar = tqdm(
            total=total,
            initial=start,
            desc=name,
            unit=unit,
            dynamic_ncols=True,
            disable=not sys.stderr.isatty(),
        )
        self._name, self._unit, self._total = name, unit, total
        self._start = self._done = start
        self._began = self._printed = time.monotonic()

    def advance(self, items, **notes):
        """Adds `items`; `notes` (name=value) are shown beside the count."""
        self._done += items
        self._bar.set_postfix(notes, refresh=False)
        self._bar.update(items)
        now = time.monotonic()
        if self._bar.disable and (
            now - self._printed > self.wait_s or self._done >= self._total
        ):
            self._printed = now
            print(self._line(now, notes), flush=True)

    def _line(self, now, notes):
        seconds = max(now - self._began, 1e-6)
        rate = (self._done - self._start) / seconds
        left = (self._total - self._done) / rate if rate else float("inf")
        shown = "".join(f", {name} {value}" for name, value in notes.items())
        return (
            f"{self._name}: {self._done}/{self._total} {self._unit}, "
            f"{rate:.1f} {self._unit}/s, {left:.0f} s left{shown}"
        )

    def close(self):
        self._bar.close()
