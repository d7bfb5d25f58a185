"""Starts workers of the pseudo-label job that cost no import: forks of one process.

python -m tests.pseudo_label.nursery   reads one JSON of settings a line, starts a
                                       worker with them, and prints its process id
"""

import json
import os
import pathlib
import signal
import sys
import time

from naive_student_tf import processes
from naive_student_tf.pseudo_label import finished, job
from tests import tiny_shards


class SlowOracle(tiny_shards.Oracle):
    """Takes its time; on frame 7 it rings at a gate, a file, and waits for it."""

    def __init__(self, checkpoint, *, wait_s, gate):
        super().__init__(checkpoint)
        self.wait_s, self.gate = wait_s, gate

    def __call__(self, images, *, only=None):
        time.sleep(self.wait_s)
        if self.gate and images.max() == 7:
            pathlib.Path(f"{self.gate}.bell").touch()
            while not pathlib.Path(self.gate).exists():
                time.sleep(0.01)
        return super().__call__(images, only=only)


def work(
    *, checkpoint, wait_s=0.0, gate=None, log=None, pace=None, dies=None, **settings
):
    """Runs the job; notes every shard that it has marked as finished, and its end.

    Who dies between the mark and the note has marked the shard: it is noted never, and
    not done again. Who dies `dies` ("before" or "after") the first mark does so there.
    With `pace`, a file, no more shards are marked than it has bytes, or one per worker
    more.
    """
    if log:
        mark = finished.Finished.mark

        def noted(self, shard, counts):
            die_if(dies == "before")
            while pace and len(marks(settings["work_dir"])) >= size(pace):
                time.sleep(0.005)
            mark(self, shard, counts)
            with pathlib.Path(log).open("a") as file:
                file.write(f"{shard.file}\n")
            die_if(dies == "after")

        finished.Finished.mark = noted
    job.pseudo_label(
        inference=lambda: SlowOracle(checkpoint, wait_s=wait_s, gate=gate), **settings
    )
    if log:
        with pathlib.Path(f"{log}.ended").open("a") as file:
            file.write(f"{os.getpid()}\n")


def marks(work_dir):
    """Paths of the marks of finished shards."""
    return list(pathlib.Path(work_dir, "workers", "finished").glob("*/*.json"))


def size(path):
    return pathlib.Path(path).stat().st_size


def die_if(condition):
    if condition:
        os.kill(os.getpid(), signal.SIGKILL)


def main():
    nursery = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            processes.die_with_parent(nursery)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            work(**json.loads(line))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
