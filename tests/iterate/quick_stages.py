"""Stages that run a line of Python instead of a job: no TensorFlow, no waiting."""

import dataclasses
import pathlib
import sys

from naive_student_tf.iterate.stage import Stage


@dataclasses.dataclass(frozen=True)
class QuickStage(Stage):
    """Runs `params["code"]`, which knows its directory as `here`, its run as `run`."""

    def command(self, work_dir, fingerprint=None):
        prelude = (
            "import os, pathlib, sys, time; "
            "run = pathlib.Path(sys.argv[1]); here = run / sys.argv[2]\n"
        )
        marker = f'{{"fingerprint": "{fingerprint}", "seconds": 1.0}}'
        done = f"(here / 'stage.json').write_text({marker!r})"
        code = f"{prelude}{self.params['code']}\n{done}"
        return [sys.executable, "-S", "-c", code, str(work_dir), self.name]


def quick(name, code="", *, after=(), iteration=None, gin_files=()):
    """A stage that notes its start in `run/order.txt`, then runs the code."""
    note = "with open(run / 'order.txt', 'a') as f: f.write(here.relative_to(run)"
    code = f"{note}.as_posix() + '\\n')\n{code}"
    return QuickStage(
        name, tuple(map(str, gin_files)), {"code": code}, after, iteration
    )


def evaluated(name, *, after=(), iteration=0, **metrics):
    """A stage `name/eval` that writes the metrics."""
    code = f"import json; (here / 'metrics.json').write_text(json.dumps({metrics!r}))"
    return quick(f"{name}/eval", code, after=after, iteration=iteration)


def order(work_dir):
    """Names of the stages in the order in which they started."""
    return pathlib.Path(work_dir, "order.txt").read_text().split()
