"""Times grouping on one Cityscapes-sized image, beside the argmax it cannot avoid.

    python benchmarks/grouping.py

Prints CPU seconds (all threads, median) and extra peak memory for few and many
centers. Each case runs in a process of its own, so that its peak is its own.
"""

import argparse
import pathlib
import subprocess
import sys
import time

import numpy as np
import tensorflow as tf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.model import grouping

HEIGHT, WIDTH = 1025, 2049
THING_SHARE = 0.11  # of the pixels of a Cityscapes image
CASES = ("argmax", "argmax compiled", "10", "200", "10 compiled", "200 compiled")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, help="one case; default: all")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if options.case:
        measure(options.case, options.repeats)
        return
    for case in CASES:
        subprocess.run(
            [sys.executable, __file__, "--case", case, f"--repeats={options.repeats}"],
            check=True,
        )


def measure(case, repeats):
    """Prints one line: CPU seconds, ratio to the argmax, extra memory."""
    instances = 10 if case.startswith("argmax") else int(case.split()[0])
    heads = [tf.constant(head[None]) for head in draw_heads(instances)]
    run = tf.function(
        argmax if case.startswith("argmax") else group,
        jit_compile=case.endswith("compiled"),
    )
    floor = tf.function(argmax)
    run(*heads), floor(*heads)  # trace
    extra = extra_mib(run, heads)
    seconds = [cpu_seconds(run, heads) for _ in range(repeats)]
    least = [cpu_seconds(floor, heads) for _ in range(repeats)]
    ratio = np.median(seconds) / np.median(least)
    print(
        f"{case:>15}: {np.median(seconds):6.3f} CPU s, {ratio:5.2f} x argmax, "
        f"{extra:5.0f} MiB extra",
        flush=True,
    )


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
