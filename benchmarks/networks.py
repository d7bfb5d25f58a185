"""WR-41 Panoptic-DeepLab: CPU seconds to build, trace and run, beside deeplab2's.

    python -m benchmarks.networks [--deeplab2 FOLDER --python PYTHON]

FOLDER has a copy of google-research/deeplab2 in it, see networks_deeplab2.py; PYTHON
is an interpreter with TensorFlow 2.15, the newest that deeplab2 runs on, which then
measures both (requirements-tfa.txt). Writes networks.md beside this file.

Seconds are CPU seconds of all threads; a case is a process of its own. The two
networks differ in multiply-adds, so they are compared per GMAC of a forward pass,
which are counted in both.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import platform
import resource
import subprocess
import sys
import time
from unittest import mock

import gin
import numpy as np
import tensorflow as tf

from benchmarks import networks_deeplab2
from naive_student_tf import config
from naive_student_tf.compat import keras
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.losses.panoptic import PanopticLoss, SemanticLoss
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.train import schedule
from naive_student_tf.train.step import replica_step

SIZE = (257, 513)
OURS, THEIRS, PLAIN = "ours", "deeplab2", "deeplab2, plain batch norm"
REPORT = pathlib.Path(__file__).with_suffix(".md")
# What runs, and whether XLA compiles it; PLAIN only where batch norm is what differs.
MODES = {
    "forward": ("forward", False),
    "forward, XLA": ("forward", True),
    "train step": ("step", False),
    "train step, XLA": ("step", True),
}


def main():
    """Measures every case and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deeplab2", help="folder that contains a copy of deeplab2")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2, default=SIZE)
    parser.add_argument("--rows", help="folder of finished cases, to go on from")
    parser.add_argument("--no_new_rows", action="store_true", help="report those alone")
    parser.add_argument("--case", nargs=2, help="network and mode: this one alone")
    flags = parser.parse_args()
    if flags.case:
        print(json.dumps(measure(*flags.case, flags)))
        return
    cases = [(OURS, mode, sys.executable) for mode in MODES]
    if flags.deeplab2:  # XLA, the slowest, only where there is something beside it
        cases = [case for case in cases if not MODES[case[1]][1]]
        for mode in MODES:
            names = (OURS, THEIRS, PLAIN) if mode == "train step" else (OURS, THEIRS)
            cases += [(name, mode, flags.python) for name in names]
    rows = []
    for case in cases:
        rows.append(measured_elsewhere(*case, flags))
        REPORT.write_text(report(rows, flags))


def measured_elsewhere(network, mode, python, flags):
    """`measure` in a process of its own, so that its memory and its graph are too."""
    name = f"{network}, {mode}, {pathlib.Path(python).parts[-3]}.json"
    kept = pathlib.Path(flags.rows) / name if flags.rows else None
    if kept and kept.exists():
        return json.loads(kept.read_text())
    if flags.no_new_rows:
        return {"network": network, "mode": mode}
    command = [python, "-m", "benchmarks.networks", "--case", network, mode]
    command += ["--repeats", str(flags.repeats), "--size", *map(str, flags.size)]
    command += ["--deeplab2", flags.deeplab2] if flags.deeplab2 else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(row), flush=True)
    if kept:
        kept.write_text(json.dumps(row))
    return row


def measure(network, mode, flags):
    """One case: dict of CPU seconds, GMAC, peak memory; `run_s` is the median."""
    targets = draw_targets(*flags.size)
    clock = [time.process_time()]
    if network == OURS:
        functions = build_ours(targets)
    else:
        functions = networks_deeplab2.build(
            flags.deeplab2, targets, synchronized=network == THEIRS
        )
    clock.append(time.process_time())
    what, compiled = MODES[mode]
    function = tf.function(functions[what == "step"], jit_compile=compiled)
    with counted_macs() as macs:
        graph = function.get_concrete_function().graph
    clock.append(time.process_time())
    for _ in range(1 + flags.repeats):
        np.asarray(tf.nest.flatten(function())[0])
        clock.append(time.process_time())
    build, trace, first, *runs = np.diff(clock)
    return {
        "network": network,
        "tensorflow": tf.__version__,
        "mode": mode,
        "gmac": sum(macs) / 1e9,
        "operations": len(graph.get_operations()),
        "build_s": build,
        "trace_s": trace,
        "first_s": first,
        "run_s": float(np.median(runs)),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "load": os.getloadavg()[0],
    }


def draw_targets(height, width):
    """Random image and labels of one example, constants of the graph."""
    rng = np.random.default_rng(0)

    def draw(channels, scale=1.0):
        values = rng.uniform(0, scale, (1, height, width, channels))
        return tf.constant(values.astype(np.float32))

    weight = tf.ones([1, height, width, 1])
    return {
        "image": draw(3, 255),
        "category": tf.constant(rng.integers(0, 19, (1, height, width), np.int32)),
        "semantic_weight": weight[..., 0],
        "center_heatmap": draw(1),
        "center_weight": weight,
        "offset": draw(2, 100),
        "offset_weight": weight,
    }


def build_ours(targets):
    """The network of the gin file: forward() -> dict of maps, step() -> loss."""
    config.load(["gin_configs/models/wide_resnet_41.gin"], ["NUM_CLASSES = 19"])
    model = gin.get_configurable(panoptic_deeplab)()
    loss = PanopticLoss(SemanticLoss(CITYSCAPES, top_k_fraction=0.2))
    optimizer = schedule.adam(1e-4)
    optimizer.build(model.trainable_variables)

    def forward():
        return model(targets["image"])

    def step():
        return replica_step(
            targets,
            model=model,
            targets=lambda batch: batch,
            loss=loss,
            optimizer=optimizer,
            num_replicas=1,
            seed=0,
        )["total_loss"]

    return forward, step


@contextlib.contextmanager
def counted_macs():
    """Collects the multiply-adds of the convolutions that are traced within it.

    From shapes, not from the graph: that folds the pixels of an atrous convolution
    into the batch, padded to a multiple of the rate.
    """
    counts = []

    def counting(call):
        def counted(layer, inputs):
            outputs = call(layer, inputs)
            kernel = layer.weights[0].shape
            counts.append(math.prod(outputs.shape[:3]) * math.prod(kernel))
            return outputs

        return counted

    with contextlib.ExitStack() as stack:
        for kind in (keras.layers.Conv2D, keras.layers.DepthwiseConv2D):
            changed = mock.patch.object(kind, "call", counting(kind.call))
            stack.enter_context(changed)
        yield counts


def report(rows, flags):
    """The tables as Markdown."""
    run = [row for row in rows if "run_s" in row]
    loads = [row["load"] for row in run]
    forward = {row["network"]: row["gmac"] for row in run if "forward" in row["mode"]}
    forward.setdefault(PLAIN, forward.get(THEIRS))  # the same network
    lines = [
        "<!-- Generated by python -m benchmarks.networks; do not edit. -->",
        "",
        f"# WR-41 Panoptic-DeepLab at {flags.size[0]} x {flags.size[1]}, one image",
        "",
        f"{os.cpu_count()} cores ({platform.machine()}), load average "
        f"{min(loads):.0f} to {max(loads):.0f} while it ran. Batch 1, float32, CPU "
        f"seconds of all threads, median of {flags.repeats}; oneDNN as "
        "naive_student_tf sets it, for both. A train step is a forward pass to "
        "full-size maps, three losses, gradients and Adam. Per GMAC means per GMAC of "
        "a forward pass; in a train step deeplab2 computes most of it twice, to save "
        "memory, which shows in the GMAC traced.",
        "",
        "| network | TensorFlow | what | GMAC traced | graph operations | build "
        "| trace | first run | run | CPU ms per GMAC | peak GiB |",
        "|" + " --- |" * 11,
    ]
    lines += [_line(row, forward) for row in run]
    lines += ["", *_ratios(run, forward), ""]
    lines += [
        f"{row['network']}, {row['mode']}: not run."
        for row in rows
        if "run_s" not in row
    ]
    return "\n".join(lines).rstrip() + "\n"


def _line(row, forward):
    start = " | ".join(f"{row[key]:.1f}" for key in ("build_s", "trace_s", "first_s"))
    return (
        f"| {row['network']} | {row['tensorflow']} | {row['mode']} "
        f"| {row['gmac']:.1f} | {row['operations']} | {start} | {row['run_s']:.2f} "
        f"| {_per_gmac(row, forward):.1f} | {row['peak_gib']:.1f} |"
    )


def _ratios(rows, forward):
    """deeplab2 divided by ours, same interpreter; empty without deeplab2."""
    found = {(r["network"], r["tensorflow"], r["mode"]): r for r in rows}
    pairs = [
        (found[OURS, tensorflow, mode], row)
        for (network, tensorflow, mode), row in found.items()
        if network != OURS and (OURS, tensorflow, mode) in found
    ]
    if not pairs:
        yield "deeplab2: not run."
        return
    yield "deeplab2 divided by ours on the same TensorFlow; above 1, ours needs less:"
    yield ""
    yield (
        "| network | what | until the first result | run | run per GMAC | peak memory |"
    )
    yield "|" + " --- |" * 6
    for ours, theirs in pairs:
        run = theirs["run_s"] / ours["run_s"]
        yield (
            f"| {theirs['network']} | {theirs['mode']} "
            f"| {_until_first(theirs) / _until_first(ours):.2f} | {run:.2f} "
            f"| {_per_gmac(theirs, forward) / _per_gmac(ours, forward):.2f} "
            f"| {theirs['peak_gib'] / ours['peak_gib']:.2f} |"
        )


def _per_gmac(row, forward):
    """CPU milliseconds; of a forward pass, also where a step computes it twice."""
    return 1e3 * row["run_s"] / forward[row["network"]]


def _until_first(row):
    return row["build_s"] + row["trace_s"] + row["first_s"]


if __name__ == "__main__":
    main()
