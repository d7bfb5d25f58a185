"""One worker: its name, its signs of life, and how far and how fast it is."""

import contextlib
import os
import socket
import threading
import time
import uuid

from naive_student_tf import processes, store
from naive_student_tf.pseudo_label import claims

FOLDER = "status"


class Worker:
    """Counts what this process does and tells others.

    Attributes:
        name: str, unique.
        frames: int, labelled by this worker.
        work_s: float, seconds spent on shards; the rest it waited for others.
    """

    def __init__(self, state_dir, *, device, expire_s, stall_s):
        """Args:
        state_dir: str, shared by the workers.
        device: Stopwatch of the device.
        expire_s: float, see claims.py; signs of life come ten times as often.
        stall_s: float, seconds without a frame after which this worker counts as
            hanging and beats no more, so that others take its shard.
        """
        host = socket.gethostname()
        self.name = f"{host}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.frames, self.work_s = 0, 0.0
        self._device, self._expire_s, self._stall_s = device, expire_s, stall_s
        self._path = store.join(state_dir, FOLDER, f"{self.name}.json")
        self._claim = self._shard = self._began = None
        self._lock = threading.Lock()
        self._moved = time.monotonic()

    @contextlib.contextmanager
    def signs_of_life(self):
        """Beats and reports while the body runs."""
        try:
            with claims.repeated(self.beat, every_s=self._expire_s / 10):
                yield
        finally:
            self.report(ended=True)  # after the last report of the thread

    @contextlib.contextmanager
    def working_on(self, claim, shard):
        """Keeps a claim alive while the body runs, then gives it back.

        Args:
            claim: Claim.
            shard: str, for the report.
        """
        with self._lock:
            self._claim, self._shard = claim, shard
            self._began = self._moved = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.work_s += time.monotonic() - self._began
                self._claim = self._shard = self._began = None
                claim.release()

    def count(self, frames):
        """Adds labelled frames."""
        self.frames += frames
        self._moved = time.monotonic()

    def beat(self):
        """A sign of life, unless nothing has moved for too long."""
        with self._lock:
            alive = time.monotonic() - self._moved < self._stall_s
            if self._claim and alive:
                self._claim.beat()
        self.report()

    def report(self, *, ended=False):
        """Writes the figures of this worker, for the status job."""
        began, working = self._began, self.work_s
        working += time.monotonic() - began if began is not None else 0.0
        value = {
            "worker": self.name,
            **processes.identity(),
            "frames": self.frames,
            "work_s": round(working, 6),
            "device_s": round(self._device.seconds, 6),
            "shard": self._shard,
            "updated": time.time(),
            "ended": ended,
        }
        store.write_json(self._path, value)

    def summary(self):
        """One line about what this worker did."""
        seconds = max(self.work_s, 1e-6)
        return (
            f"{self.name}: {self.frames} frames, {self.frames / seconds:.2f} frames/s, "
            f"device idle {idle_share(self._device.seconds, seconds):.0%}"
        )


def idle_share(device_s, work_s):
    """Share of the time in which the device waited for the host: float in [0, 1]."""
    return min(max(1 - device_s / max(work_s, 1e-6), 0.0), 1.0)
