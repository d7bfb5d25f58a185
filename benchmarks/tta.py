"""What test-time augmentation costs beyond the passes that it is made of.

    python -m benchmarks.tta

Writes benchmarks/tta.md: 7 scales and flip as in the paper, random weights (time does
not depend on them). The backbone is the demo's, with the paper's decoder: a pass costs
far less than with X-71 or WR-41, while averaging costs the same, so the ratio for those
is smaller. The passes alone are the same compiled functions that accumulation calls,
each called by itself: resizing, network, resizing back, softmax. CPU seconds of the
whole process, in turns, so that other load on the machine hits both alike.
"""

import functools
import pathlib
import resource
import statistics
import time

import numpy as np
import tensorflow as tf

from naive_student_tf.model import layers, panoptic_deeplab, small, tta

SIZE = (257, 513)
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
REPEATS = 3
MOST = 1.15  # accumulation over the plain sum of the passes, asked for
TABLE = pathlib.Path(__file__).parent / "tta.md"


def main():
    model = build_model()
    images = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3), dtype=np.uint8)
    image = tf.constant(images)
    predictor = tta.Predictor(model, SIZE, scales=SCALES, flip=True)
    passes = [
        run.get_concrete_function(image, tf.constant(False))
        for run in predictor._passes
    ]
    together = tf.function(predictor.__call__)

    def plain():
        for run in passes:
            for mirrored in (False, True):
                run(image, tf.constant(mirrored))

    plain(), together(image)  # trace and warm up
    alone, accumulated = [], []
    for _ in range(REPEATS):
        alone.append(cpu_seconds(plain))
        accumulated.append(cpu_seconds(lambda: together(image)))
    TABLE.write_text(table(alone, accumulated))
    print(TABLE.read_text())


def build_model():
    """The demo's backbone, the paper's decoder with separable convolutions."""
    return panoptic_deeplab.panoptic_deeplab(
        backbone=functools.partial(small.small, width=16),
        num_classes=19,
        conv=layers.separable_conv_bn_relu,
    )


def cpu_seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def table(alone, accumulated):
    """The whole text of tta.md."""
    first, second = statistics.median(alone), statistics.median(accumulated)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdict = "met" if second <= MOST * first else "missed"
    return "\n".join(
        [
            "# Test-time augmentation beyond its passes",
            "",
            "Written by `python -m benchmarks.tta`; do not edit.",
            "",
            f"Small backbone, {SIZE[0]} x {SIZE[1]}, {2 * len(SCALES)} passes; CPU "
            f"seconds, median of {REPEATS} (all: plain "
            f"{', '.join(f'{s:.1f}' for s in alone)}; accumulated "
            f"{', '.join(f'{s:.1f}' for s in accumulated)}); other load on the "
            f"machine.",
            "",
            "| | CPU s |",
            "|---|---|",
            f"| plain sum of the passes | {first:.2f} |",
            f"| accumulated | {second:.2f} |",
            f"| ratio | {second / first:.3f} (asked: at most {MOST}: {verdict}) |",
            f"| peak resident memory | {peak:.0f} MiB |",
            "",
        ]
    )


if __name__ == "__main__":
    main()
