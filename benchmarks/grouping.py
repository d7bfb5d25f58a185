"""Times grouping on one Cityscapes-sized image, beside the argmax it cannot avoid.

    python -m benchmarks.grouping

Writes benchmarks/grouping.md: CPU seconds (all threads, median) and extra peak memory
for few and many centers. Each case runs in a process of its own, so that its peak is
its own; cases take turns, so that other load on the machine hits all alike.
"""

import argparse
import json
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
CASES = ("argmax", "argmax compiled", "10", "200", "10 compiled", "200 compiled")
TABLE = pathlib.Path(__file__).parent / "grouping.md"
MOST_S, MOST_RATIO, MOST_MIB = 0.25, 1.3, 300  # asked for, of the compiled cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, help="one case; default: all")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case, options.repeats)))
        return
    found = {case: [] for case in CASES}
    for _ in range(options.rounds):
        for case, measured in found.items():
            measured.append(_run(case, options.repeats))
    TABLE.write_text(table(found))
    print(TABLE.read_text())


def _run(case, repeats):
    command = [sys.executable, "-m", "benchmarks.grouping", "--case", case]
    done = subprocess.run(
        [*command, f"--repeats={repeats}"], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure(case, repeats):
    """dict: CPU seconds, those of a plain argmax in the same process, extra MiB."""
    instances = 10 if case.startswith("argmax") else int(case.split()[0])
    heads = [tf.constant(head[None]) for head in draw_heads(instances)]
    run = tf.function(
        argmax if case.startswith("argmax") else group,
        jit_compile=case.endswith("compiled"),
    )
    floor = tf.function(argmax)
    run(*heads), floor(*heads)  # trace
    extra = extra_mib(run, heads)
    return {
        "cpu_s": statistics.median(cpu_seconds(run, heads) for _ in range(repeats)),
        "argmax_s": statistics.median(
            cpu_seconds(floor, heads) for _ in range(repeats)
        ),
        "extra_mib": extra,
    }


def table(found):
    """The whole text of grouping.md."""

    def middle(case, key):
        return statistics.median(measured[key] for measured in found[case])

    lines = [
        "# Grouping of one image of 1025 x 2049",
        "",
        "Written by `python -m benchmarks.grouping`; do not edit. Centers, argmax over "
        f"19 classes included; {THING_SHARE:.0%} of the pixels are things; CPU seconds "
        "of all threads, median over processes of medians; other load on the machine.",
        "",
        "| case | CPU s | over a plain argmax | extra MiB |",
        "|---|---|---|---|",
        *(
            f"| {case} | {middle(case, 'cpu_s'):.3f} | "
            f"{middle(case, 'cpu_s') / middle(case, 'argmax_s'):.1f} | "
            f"{middle(case, 'extra_mib'):.0f} |"
            for case in found
        ),
        "",
        "| asked for, compiled | found | |",
        "|---|---|---|",
    ]
    few, many = "10 compiled", "200 compiled"
    seconds = middle(many, "cpu_s")
    checks = (
        (f"at most {MOST_S} CPU s", seconds, MOST_S),
        (
            f"at most {MOST_RATIO} times more for 200",
            seconds / middle(few, "cpu_s"),
            MOST_RATIO,
        ),
        (f"less than {MOST_MIB} MiB extra", middle(many, "extra_mib"), MOST_MIB),
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
    """Peak resident memory of one call above what was resident before (Linux)."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    before = resident_mib("VmRSS")
    run(*heads)
    return resident_mib("VmHWM") - before


def resident_mib(field):
    status = pathlib.Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def draw_heads(instances, seed=0):
    """Float32 [H, W, 19], [H, W, 1], [H, W, 2]: boxes of things on bands of stuff."""
    rng = np.random.default_rng(seed)
    category = np.repeat(np.arange(HEIGHT) * 11 // HEIGHT, WIDTH).reshape(HEIGHT, WIDTH)
    heatmap = np.zeros((HEIGHT, WIDTH), np.float32)
    offset = rng.normal(size=(HEIGHT, WIDTH, 2)).astype(np.float32)
    half = int((HEIGHT * WIDTH * THING_SHARE / instances) ** 0.5 / 2)
    bump = np.exp(-(np.arange(-24, 25) ** 2) / 128)
    for _ in range(instances):
        # Things keep to the middle of the height, as cars and people do.
        y = rng.integers(350, 700)
        x = rng.integers(half, WIDTH - half)
        box = np.s_[max(y - half, 0) : y + half, x - half : x + half]
        category[box] = rng.choice(CITYSCAPES.thing_classes)
        rows, columns = np.mgrid[box]
        offset[box] += np.stack([y - rows, x - columns], axis=-1)
        peak = np.s_[y - 24 : y + 25, max(x - 24, 0) : x + 25]
        stamp = rng.uniform(0.2, 1) * np.outer(bump, bump)
        heatmap[peak] = np.maximum(heatmap[peak], stamp[:, -heatmap[peak].shape[1] :])
    logits = rng.normal(size=(HEIGHT, WIDTH, 19)).astype(np.float32)
    np.put_along_axis(logits, category[..., None], np.float32(6), axis=-1)
    return tf.nn.softmax(logits).numpy(), heatmap[..., None], offset


if __name__ == "__main__":
    main()
