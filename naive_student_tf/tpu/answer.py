"""Reads what libtpu's compiler says about memory (libtpu 0.0.42.1).

It says it in three files of its dump (the assignment of buffers, their live ranges,
the optimized program), or, of a program that does not fit, in its error message.
"""

import re

# A program is refused before its buffers are assigned, or after.
_REFUSALS = (
    r"Used ([\d.]+)([KMGB])\w* of ([\d.]+)([KMGB])\w* hbm",
    r"temporaries \(([\d.]+)([KMGB])\) exceeds available HBM \(([\d.]+)([KMGB])\)",
)
UNITS = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30}
LARGEST = 5


def allocated(assignment):
    """Bytes of HBM that a program takes.

    Args:
        assignment: str, of a file *-buffer-assignment.txt.

    Returns:
        (int, int): of its arguments, among them the variables, which are updated in
        place; and of everything else.
    """
    arguments = others = 0
    for size, kind in re.findall(
        r"^allocation \d+: size (\d+), (.*)", assignment, re.M
    ):
        if kind.startswith("color"):  # memory on the core: 0, HBM, is not named
            continue
        if kind.startswith("parameter"):
            arguments += int(size)
        else:
            others += int(size)
    return arguments, others


def largest_at_peak(assignment, live_range, optimized):
    """The largest buffers at the moment when most bytes are in use.

    Args:
        assignment: str, of a file *-buffer-assignment.txt.
        live_range: str, of a file *-live-range.txt.
        optimized: str, of a file *after_optimizations.txt.

    Returns:
        list of dict(bytes=int, shape=str, op=str), the arguments left out; bytes as
        laid out in memory, op as TensorFlow names it.
    """
    peak = live_range.partition("(peak):\n")[2].partition("  Stack trace")[0]
    alive = set(re.findall(r"^ +(\S+)\{[\d,]*\}: \d+ bytes", peak, re.M))
    values = re.findall(
        r"value: <\d+ (\S+?)(?:\{[\d,]*\})? @0> "
        r"\(size=(\d+),offset=\d+\): (\w+\[[\d,]*\])",
        assignment,
    )
    found = {}
    for name, size, shape in values:
        if name in alive and not name.startswith("XLA_Args"):
            found[name, shape] = int(size)
    largest = sorted(found.items(), key=lambda item: -item[1])[:LARGEST]
    return [
        {"bytes": size, "shape": shape, "op": _op(optimized, name)}
        for (name, shape), size in largest
    ]


def out_of_memory(log):
    """What a compiler that gave up says.

    Args:
        log: str, what it printed.

    Returns:
        None if memory was not the reason; else dict of needed_bytes, limit_bytes, and
        largest as of `largest_at_peak`.
    """
    matches = [re.search(refusal, log) for refusal in _REFUSALS]
    found = next(filter(None, matches), None)
    if found is None:
        return None
    rows = re.findall(
        r"Size: ([\d.]+)([KMGB]).*?Operator: op_name=\"([^\"]*)\""
        r".*?Shape: (\w+\[[\d,]*\])",
        log,
        re.S,
    )
    return {
        "needed_bytes": _bytes(found[1], found[2]),
        "limit_bytes": _bytes(found[3], found[4]),
        "largest": [
            {"bytes": _bytes(number, unit), "shape": shape, "op": op}
            for number, unit, op, shape in rows[:LARGEST]
        ],
    }


def plain(op):
    """The name of an op without those of the calls that it lies in, one per pass of
    test-time augmentation; of several ops in one, the first."""
    return re.sub(r"StatefulPartitionedCall(_\d+)?/", "", op.partition(";")[0])


def _bytes(number, unit):
    return round(float(number) * UNITS[unit])


def _op(optimized, name):
    line = re.search(rf"^ *(?:ROOT )?%{re.escape(name)} = .*$", optimized, re.M)
    found = line and re.search(r'op_name="([^"]*)"', line[0])
    return plain(found[1]) if found else name
