"""Job: asks libtpu's compiler what the real step needs on a named TPU slice.

It compiles the very programs that the trainer or the pseudo-label job hands to a
device, ahead of time and without a TPU. What it does not know: input, host, and the
time of the collectives. Nothing here was checked against a real TPU.
"""

import sys

from naive_student_tf import store
from naive_student_tf.tpu import compiler, lower, report
from naive_student_tf.tpu.topology import parse


def dry_run(
    *,
    topology,
    step,
    steps,
    output,
    num_replicas=None,
    full=False,
    python=compiler.PYTHON,
):
    """Prints what each program of a step needs and writes it as JSON.

    Args:
        topology: str, such as "v5e:2x2"; see topology.py.
        step: str, a key of `steps`.
        steps: dict of str -> function (num_replicas) -> list of recorder.Program.
        output: str, the JSON file.
        num_replicas: int, cores that share the work; None: all of the slice.
        full: bool, compile to the end, for estimates of time.
        python: str, the interpreter that has libtpu, see compiler.py.

    Raises:
        ValueError: topology, step or num_replicas is none.
        FileNotFoundError: there is no such interpreter.
        SystemExit: with 1, if the step does not fit; everything is written before.
    """
    slice_ = parse(topology)
    num_replicas = num_replicas or slice_.num_cores
    if num_replicas > slice_.num_cores:
        raise ValueError(
            f"num_replicas is {num_replicas}: {topology} has {slice_.num_cores} cores."
        )
    if step not in steps:
        raise ValueError(f"STEP is {step!r}: not in {sorted(steps)}.")
    compiler.require(python)
    programs = steps[step](num_replicas=num_replicas)
    found = {
        "topology": slice_.name,
        "step": step,
        "num_replicas": num_replicas,
        **examine(programs, slice_, num_replicas, python=python, full=full),
    }
    store.write_json(output, found)
    print(report.table(found), flush=True)
    if not found["fits"]:
        sys.exit(1)


def examine(programs, slice_, num_replicas, *, python=compiler.PYTHON, full=False):
    """Compiles the programs of a step one by one; see `report.step`."""
    sizes = {}
    for program in programs:
        sizes |= program.variable_bytes
    found = []
    for program in programs:
        hlo = lower.to_hlo(program)
        answer = compiler.ask(
            hlo, topology=slice_, num_replicas=num_replicas, python=python, full=full
        )
        unused = sum(sizes.values()) - sum(program.variable_bytes.values())
        found.append(report.program(program, answer, slice_, resident_bytes=unused))
    return report.step(found)
