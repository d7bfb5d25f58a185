"""What a run shows: one bar with the running stages on a terminal, lines elsewhere."""

import sys
import threading

from tqdm import tqdm


class Console:
    """Shows the lines of several running stages; their full output is in the logs.

    On a terminal a bar counts the stages, and the last line of each running stage
    stands behind it; elsewhere every line is printed with its stage's name.
    """

    def __init__(self, *, total, done):
        """Args: total, done: int, stages in all and those finished before."""
        self._last = {}  # stage name -> its last line
        self._lock = threading.Lock()  # every stage is read by a thread of its own
        self._bar = tqdm(
            total=total,
            initial=done,
            unit="stage",
            dynamic_ncols=True,
            bar_format="{n_fmt}/{total_fmt} stages {elapsed}<{remaining} | {desc}",
            disable=not sys.stderr.isatty(),
        )

    def start(self, name):
        self.line(name, "starts")

    def line(self, name, text):
        """One line of a stage's output."""
        if self._bar.disable:
            print(f"[{name}] {text}", flush=True)
            return
        with self._lock:
            self._last[name] = text
            self._bar.set_description_str(" | ".join(map(self._short, self._last)))

    def finish(self, name, seconds):
        """A stage has ended well."""
        with self._lock:
            self._last.pop(name, None)
            self._bar.update(1)
        tqdm.write(f"{name}: done in {seconds:.0f} s", file=sys.stdout)
        sys.stdout.flush()

    def close(self):
        self._bar.close()

    def _short(self, name):
        text = self._last[name]
        return text if text.startswith(f"{name}: ") else f"{name}: {text}"
