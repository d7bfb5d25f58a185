"""Times grouping on one Cityscapes-sized image, beside the argmax it cannot avoid.

    python -m benchmarks.grouping

Writes benchmarks/grouping.md: CPU seconds (all threads, median) and extra peak memory
for few and many centers, with the same share of thing pixels. In the last case offsets
miss their centers by 30 pixels, so that nearly every pixel is compared with all of
them. Cases take turns within one process, so that other load on the machine hits all
alike. Memory is measured in a second process.
"""

import argparse
import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import tensorflow as tf

from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.model import grouping

HEIGHT, WIDTH = 1025, 2049
THING_SHARE = 0.11  # of the pixels of a Cityscapes image
CASES = (
    *("argmax", "argmax compiled", "10", "200", "10 compiled", "200 compiled"),
    "200 compiled, wild offsets",
)
KNOWN_MIB = 100  # of a temporary that the meter of memory must see
TABLE = pathlib.Path(__file__).parent / "grouping.md"
MOST_S, MOST_RATIO, MOST_MIB = 0.25, 1.3, 300  # asked for, of the compiled cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", action="store_true", help="print memory, as JSON")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    if options.memory:
        print(json.dumps(measure_memory()))
        return
    memory, seconds = _memory_of_a_process(), measure_time(options.repeats)
    TABLE.write_text(table(seconds, memory, options.repeats))
    print(TABLE.read_text())


def _memory_of_a_process():
    """What `measure_memory` finds in a process without oneDNN.

    oneDNN's allocator never gives memory back, so that the peaks of later calls would
    not show. Without it, memory is malloc's.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.grouping", "--memory"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure_time(repeats):
    """dict, case -> CPU seconds of a call: the median of turns."""
    cases = dict(prepare())
    seconds = {case: [] for case in cases}
    for _ in range(repeats):
        for case, (run, heads) in cases.items():
            seconds[case].append(cpu_seconds(run, heads))
    return {case: statistics.median(values) for case, values in seconds.items()}


def measure_memory():
    """dict, case -> dict: extra MiB of the case and of a temporary whose size is
    known; how many centers pixels joined, and the share of thing pixels."""
    found = {}
    for case, (run, heads) in prepare():
        is_thing = np.isin(argmax(*heads).numpy(), CITYSCAPES.thing_classes)
        found[case] = {
            "extra_mib": extra_mib(run, heads),
            "known_mib": extra_mib(known_temporary, ()),
            "centers": int(group(*heads)["instance_valid"].numpy().sum()),
            "things": float(is_thing.mean()),
        }
    return found


def prepare():
    """Yields (case, (function, inputs)); every function has been called once."""
    drawn = {
        key: [tf.constant(head[None]) for head in draw_heads(*key)]
        for key in ((10, 1), (200, 1), (200, 30))
    }
    for case in CASES:
        instances = 10 if case.startswith("argmax") else int(case.split()[0])
        heads = drawn[instances, 30 if case.endswith("wild offsets") else 1]
        function = argmax if case.startswith("argmax") else group
        run = tf.function(function, jit_compile="compiled" in case)
        run(*heads)
        yield case, (run, heads)


def table(seconds, memory, repeats):
    """The whole text of grouping.md."""
    known = [measured["known_mib"] for measured in memory.values()]
    lines = [
        "# Grouping of one image of 1025 x 2049",
        "",
        "Written by `python -m benchmarks.grouping`; do not edit. Argmax over 19 "
        "classes included. Things are boxes that do not overlap, each with a center: "
        "the same share of the pixels for few and for many. Offsets miss the center "
        "by a normal error of 1 pixel, wild ones by 30. CPU seconds of all threads, "
        f"median of {repeats} turns; load of the machine at the "
        f"end {os.getloadavg()[0]:.1f}.",
        "",
        "Extra memory: the peak of one call over what is resident before, freed memory "
        f"given back; measured so, a temporary of {KNOWN_MIB} MiB shows as "
        f"{min(known):.0f} to {max(known):.0f}.",
        "",
        "| case | centers | thing pixels | CPU s | over a plain argmax | extra MiB |",
        "|---|---|---|---|---|---|",
        *(
            f"| {case} | {memory[case]['centers']} | {memory[case]['things']:.1%} | "
            f"{value:.3f} | {value / seconds['argmax']:.1f} | "
            f"{memory[case]['extra_mib']:.0f} |"
            for case, value in seconds.items()
        ),
        "",
        "| asked for, compiled | found | |",
        "|---|---|---|",
    ]
    few, many, wild = (
        seconds["10 compiled"],
        seconds["200 compiled"],
        seconds[CASES[-1]],
    )
    extra = memory["200 compiled"]["extra_mib"]
    checks = (
        (f"at most {MOST_S} CPU s", many, MOST_S),
        (f"at most {MOST_RATIO} times more for 200", many / few, MOST_RATIO),
        ("the same, wild offsets", wild / few, MOST_RATIO),
        (f"less than {MOST_MIB} MiB extra", extra, MOST_MIB),
    )
    for text, value, most in checks:
        verdict = "met" if value <= most else "missed"
        lines.append(f"| {text} | {value:.3g} | {verdict} |")
    return "\n".join(lines) + "\n"


def argmax(probability, *_):
    return tf.argmax(probability, axis=-1, output_type=tf.int32)


def group(probability, heatmap, offset):
    return grouping.group(
        probability,
        heatmap,
        offset,
        thing_classes=CITYSCAPES.thing_classes,
        label_divisor=CITYSCAPES.label_divisor,
        ignore_label=CITYSCAPES.ignore_label,
    )


def cpu_seconds(run, heads):
    start = time.process_time()
    run(*heads)
    return time.process_time() - start


def extra_mib(run, heads):
    """Peak resident memory of one call above what was resident before (Linux, glibc).

    Memory that was freed but not given back would hide what the call takes.
    """
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    before = resident_mib("VmRSS")
    run(*heads)
    return resident_mib("VmHWM") - before


def known_temporary():
    """Takes and frees KNOWN_MIB, in pieces of 4 MiB."""
    [tf.random.uniform([2**20]) for _ in range(KNOWN_MIB // 4)]


def resident_mib(field):
    status = pathlib.Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def draw_heads(instances, miss=1, seed=0):
    """Float32 [H, W, 19], [H, W, 1], [H, W, 2]: boxes of things on bands of stuff.

    No two boxes share a pixel, so that things have the same share of the pixels and
    every box its center, however many there are.
    """
    rng = np.random.default_rng(seed)
    category = np.repeat(np.arange(HEIGHT) * 11 // HEIGHT, WIDTH).reshape(HEIGHT, WIDTH)
    heatmap = np.zeros((HEIGHT, WIDTH), np.float32)
    offset = rng.normal(scale=miss, size=(HEIGHT, WIDTH, 2)).astype(np.float32)
    half = round((HEIGHT * WIDTH * THING_SHARE / instances) ** 0.5 / 2)
    bump = np.exp(-(np.arange(-24, 25) ** 2) / 128)
    for y, x in _apart(rng, instances, 2 * half):
        box = np.s_[y - half : y + half, x - half : x + half]
        category[box] = rng.choice(CITYSCAPES.thing_classes)
        rows, columns = np.mgrid[box]
        offset[box] += np.stack([y - rows, x - columns], axis=-1)
        peak = np.s_[y - 24 : y + 25, max(x - 24, 0) : x + 25]
        stamp = rng.uniform(0.2, 1) * np.outer(bump, bump)
        heatmap[peak] = np.maximum(heatmap[peak], stamp[:, -heatmap[peak].shape[1] :])
    logits = rng.normal(size=(HEIGHT, WIDTH, 19)).astype(np.float32)
    np.put_along_axis(logits, category[..., None], np.float32(6), axis=-1)
    return tf.nn.softmax(logits).numpy(), heatmap[..., None], offset


def _apart(rng, number, side):
    """Random middles [(y, x)] of squares that do not overlap.

    They keep to the middle of the height, as cars and people do.
    """
    found = []
    while len(found) < number:
        y, x = rng.integers(350, 700), rng.integers(side // 2, WIDTH - side // 2)
        if all(max(abs(y - v), abs(x - u)) >= side for v, u in found):
            found.append((y, x))
    return found


if __name__ == "__main__":
    main()
