"""Starts libtpu's compiler in the environment that has it, and collects its reports."""

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile
import time

from naive_student_tf import processes
from naive_student_tf.tpu import answer

PYTHON = ".venv-tpu-dry-run/bin/python"
SCRIPT = pathlib.Path(__file__).with_name("compile_hlo.py")
INSTALL = (
    "python3.11 -m venv .venv-tpu-dry-run && .venv-tpu-dry-run/bin/pip install -r "
    "requirements-tpu-dry-run.txt"
)
_DONE = "*.after_optimizations_after_buffer_assignment.txt"  # written last
_REPORTS = {
    "assignment": "*.after_optimizations-buffer-assignment.txt",
    "live_range": "*.after_optimizations-live-range.txt",
    "optimized": "*.after_optimizations.txt",
}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the compiler said of one program.

    Attributes:
        log: str, what it printed.
        assignment, live_range, optimized: str, its reports, see answer.py; empty
            where it gave up before.
        figures: dict, what compile_hlo.py counted; None where it gave up before.
        seconds: float, that it took on this machine.
    """

    log: str
    figures: dict | None
    seconds: float
    assignment: str = ""
    live_range: str = ""
    optimized: str = ""


def require(python):
    """Raises FileNotFoundError unless there is such an interpreter."""
    if not pathlib.Path(python).exists():
        raise FileNotFoundError(
            f"The TPU compiler has an environment of its own, and {python!r} is not "
            f"there. Make it with\n  {INSTALL}\nor bind COMPILER to the python of one "
            f"that you have."
        )


def ask(hlo, *, topology, num_replicas, python=PYTHON, full=False):
    """Compiles one program.

    Args:
        hlo: bytes, of `lower.to_hlo`.
        topology: `topology.Topology`.
        num_replicas: int.
        python: str, an interpreter with requirements-tpu-dry-run.txt.
        full: bool, to the end, for estimates of time (minutes to an hour); else as
            far as memory is assigned, under a minute on a quiet machine.

    Raises:
        RuntimeError: the compiler failed for another reason than memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        began = time.monotonic()
        log = _compile(folder, hlo, topology, num_replicas, python, full)
        seconds = time.monotonic() - began
        paths = {name: _first(folder, text) for name, text in _REPORTS.items()}
        if None in paths.values():
            if answer.out_of_memory(log) is None:
                raise RuntimeError(
                    f"{python} {SCRIPT} failed. Is it an environment of "
                    f"requirements-tpu-dry-run.txt, exactly? Its last words:\n"
                    f"{log[-3000:]}"
                )
            return Answer(log, None, seconds)
        figures = _figures(log) or _figures(_count(python, paths["optimized"]))
        reports = {name: path.read_text() for name, path in paths.items()}
        return Answer(log, figures, seconds, **reports)


def _compile(folder, hlo, topology, num_replicas, python, full):
    """Runs the compiler with its dumps in `folder`; returns what it printed."""
    (folder / "program.pb").write_bytes(hlo)
    request = {
        "hlo": str(folder / "program.pb"),
        "topology": topology.name,
        "chip": dict(topology.core.options),
        "num_replicas": num_replicas,
    }
    (folder / "request.json").write_text(json.dumps(request))
    flags = f"--xla_dump_to={folder} --xla_dump_hlo_as_text"
    command = [python, str(SCRIPT), "compile", str(folder / "request.json")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "XLA_FLAGS": flags},
            preexec_fn=processes.die_with_parent,
        )
        try:
            while process.poll() is None:
                time.sleep(0.5)
                if not full and _first(folder, _DONE):
                    break
        finally:
            process.kill()
            process.wait()
    return (folder / "log").read_text()


def _figures(log):
    lines = [line for line in log.splitlines() if line.startswith("ANSWER ")]
    return json.loads(lines[-1].removeprefix("ANSWER ")) if lines else None


def _count(python, optimized):
    command = [python, str(SCRIPT), "cost", str(optimized)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def _first(folder, pattern):
    return next(iter(sorted(folder.glob(pattern))), None)
