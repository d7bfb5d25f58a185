"""What the compiler found, as figures and as text."""

from naive_student_tf.tpu import answer as reading
from naive_student_tf.tpu.advice import advice
from naive_student_tf.tpu.topology import GIB

DEAREST = 10
_COUNTED = ("flops", "bytes_accessed", "all_reduces")


def program(recorded, answer, slice_, *, resident_bytes):
    """The figures of one program on one core.

    Args:
        recorded: `recorder.Program`.
        answer: `compiler.Answer`.
        slice_: `topology.Topology`.
        resident_bytes: int, of variables that stay in memory although this program
            does not use them.

    Returns:
        dict, ready for JSON: name, runs, fits, hbm_peak_bytes, hbm_limit_bytes,
        argument_bytes, temporary_bytes, resident_bytes, flops, bytes_accessed,
        all_reduces, roofline_seconds (compute, memory), compile_seconds,
        largest_buffers, advice. A full compile adds estimated_seconds and
        dearest_ops. What the compiler did not say is None.
    """
    core = slice_.core
    if answer.assignment:  # it may be refused all the same
        arguments, temporaries = reading.allocated(answer.assignment)
        needed, limit = arguments + temporaries, core.hbm_bytes
        largest = reading.largest_at_peak(
            answer.assignment, answer.live_range, answer.optimized
        )
    else:
        arguments = temporaries = None
        refusal = reading.out_of_memory(answer.log)
        needed, largest = refusal["needed_bytes"], refusal["largest"]
        limit = refusal["limit_bytes"]
    peak = needed + resident_bytes
    counted = answer.figures or dict.fromkeys(_COUNTED)
    found = {
        "name": recorded.name,
        "runs": recorded.runs,
        "batch_size": recorded.batch_size,
        "fits": peak <= limit,
        "hbm_peak_bytes": peak,
        "hbm_limit_bytes": limit,
        "argument_bytes": arguments,
        "temporary_bytes": temporaries,
        "resident_bytes": resident_bytes,
        "flops": counted["flops"],
        "bytes_accessed": counted["bytes_accessed"],
        "all_reduces": counted["all_reduces"],
        "compile_seconds": answer.seconds,
        "largest_buffers": largest,
    }
    found["roofline_seconds"] = _roofline(found, core)
    found["advice"] = [] if found["fits"] else advice(found)
    return found | _estimates(counted, core)


def step(programs):
    """The figures of a step that runs these programs, each as often as its `runs`.

    The most memory of any, the work of all runs; `programs` has them one by one.
    """
    if len(programs) == 1:
        return programs[0]
    worst = max(programs, key=lambda p: p["hbm_peak_bytes"])
    found = {
        **worst,
        "fits": all(p["fits"] for p in programs),
        "compile_seconds": sum(p["compile_seconds"] for p in programs),
        **{key: _of_all_runs(programs, lambda p, key=key: p[key]) for key in _COUNTED},
        "programs": programs,
    }
    found["roofline_seconds"] = {
        key: _of_all_runs(programs, lambda p, key=key: p["roofline_seconds"][key])
        for key in ("compute", "memory")
    }
    if all("estimated_seconds" in p for p in programs):
        found["estimated_seconds"] = _of_all_runs(
            programs, lambda p: p["estimated_seconds"]
        )
        found["dearest_ops"] = _dearest(
            (op["op"], op["seconds"] * p["runs"])
            for p in programs
            for op in p["dearest_ops"]
        )
    return found


def table(found):
    """The figures as aligned text.

    Args:
        found: dict of `step`, and topology, step, num_replicas.
    """
    gib = {key: _gib(found[f"{key}_bytes"]) for key in ("argument", "temporary")}
    seconds = found["roofline_seconds"]
    verdict = "fits" if found["fits"] else "DOES NOT FIT"
    rows = [
        ("step", f"{found['step']}, {_examples(found)} per core"),
        ("slice", f"{found['topology']}, {found['num_replicas']} replicas"),
        (
            "HBM per core",
            f"{_gib(found['hbm_peak_bytes'])} of {_gib(found['hbm_limit_bytes'])}: "
            f"{verdict}",
        ),
        ("arguments", f"{gib['argument']} (weights, optimizer, batch)"),
        ("temporaries", gib["temporary"]),
        ("work", _work(found)),
        ("at least", f"{_s(seconds['compute'])} compute, {_s(seconds['memory'])} HBM"),
        ("all-reduces", str(found["all_reduces"])),
        ("compiled in", _s(found["compile_seconds"])),
    ]
    if "estimated_seconds" in found:
        rows.append(
            ("estimate", f"{_s(found['estimated_seconds'])} (cycles, unproven)")
        )
    lines = [f"{name:<13} {text}" for name, text in rows]
    lines += ["", "largest buffers at the peak"]
    lines += [
        f"  {_gib(b['bytes']):>10}  {b['shape']}  {b['op']}"
        for b in found["largest_buffers"]
    ]
    if "dearest_ops" in found:
        lines += ["", "dearest ops"]
        lines += [f"  {_s(o['seconds']):>10}  {o['op']}" for o in found["dearest_ops"]]
    if found["advice"]:
        lines += ["", "what to change", *(f"  - {line}" for line in found["advice"])]
    return "\n".join(lines)


def _roofline(found, core):
    if found["flops"] is None:
        return {"compute": None, "memory": None}
    return {
        "compute": found["flops"] / core.flops_per_s,
        "memory": found["bytes_accessed"] / core.bytes_per_s,
    }


def _estimates(counted, core):
    """Of a full compile: the sum of the cycles of all ops, and the dearest ops."""
    if "cycles" not in counted:
        return {}
    seconds = [
        (reading.plain(name), cycles / core.clock_hz)
        for name, cycles in counted["cycles"]
    ]
    return {
        "estimated_seconds": sum(number for _, number in seconds),
        "dearest_ops": _dearest(seconds),
    }


def _dearest(seconds):
    """The ops that take most of all.

    Args:
        seconds: iterable of (str, float), an op as often as it comes.
    """
    total = {}
    for op, number in seconds:
        total[op] = total.get(op, 0) + number
    dearest = sorted(total.items(), key=lambda item: -item[1])[:DEAREST]
    return [{"op": op, "seconds": number} for op, number in dearest]


def _of_all_runs(programs, value):
    """The sum of value(program) over all runs; None if it is None of any."""
    values = [(value(p), p["runs"]) for p in programs]
    if any(number is None for number, _ in values):
        return None
    return sum(number * runs for number, runs in values)


def _examples(found):
    size, runs = found["batch_size"], found["runs"]
    return f"{size} x {runs}" if runs > 1 else str(size)


def _gib(size):
    return "unknown" if size is None else f"{size / GIB:.2f} GiB"


def _s(seconds):
    if seconds is None:
        return "unknown"
    return f"{seconds:.3f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _work(found):
    if found["flops"] is None:
        return "unknown: the compiler gave up before it counted"
    flops, moved = found["flops"] / 1e12, found["bytes_accessed"] / 1e9
    return f"{flops:.2f} Tflop, {moved:.0f} GB moved"
