"""CPU time per image: our metrics beside the three official tools, on the same maps.

    python -m benchmarks.evaluation [--images 4] [--instances 30] \
      [--output benchmarks/evaluation.md]

Ours get arrays, as in an evaluation job; the official tools read PNG files, so what
decoding these takes is measured too. The start of a process is not counted: a tool
scores one image, then all, and the difference is divided by the further images. The
row `files` is the job evaluate_predictions on the same PNG files, one process.
"""

import argparse
import os
import pathlib
import platform
import resource
import tempfile
import time

import numpy as np
from PIL import Image

from naive_student_tf.evaluate import (
    instance_matching,
    mean_iou,
    official,
    panoptic_quality,
)
from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.evaluate.submission import score
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.evaluate import official_files
from tests.evaluate.large_scenes import HEIGHT, WIDTH, draw_street

REPEATS = 5


def main():
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=4, help="at least 2")
    parser.add_argument("--instances", type=int, default=30, help="per image")
    parser.add_argument("--output", help="Markdown file to write, too")
    flags = parser.parse_args()
    rng = np.random.default_rng(0)
    truths = [draw_street(rng, instances=flags.instances) for _ in range(flags.images)]
    predictions = [wobble(truth, rng) for truth in truths]
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        theirs = {
            tool: time_official(root / tool, tool, truths, predictions)
            for tool in official.TOOLS
        }
        decoding = time_decoding(root)
        ours = {**time_ours(truths, predictions), "files": time_files(root, truths)}
    text = report(ours, theirs, decoding)
    print(text, end="")
    if flags.output:
        pathlib.Path(flags.output).write_text(text)


def wobble(truth, rng):
    """Keyword arguments of `Metrics.update`: segments with edges moved by noise."""
    jump = np.cumsum(rng.integers(-1, 2, HEIGHT)) % 9 - 4
    rows = np.arange(HEIGHT)[:, None]
    panoptic = truth[rows, np.clip(np.arange(WIDTH) + jump[:, None], 0, WIDTH - 1)]
    values = np.unique(panoptic)
    things = values[(values // 256 >= 11) & (values != CITYSCAPES.void)]
    instance_map = np.zeros(truth.shape, np.int32)
    for number, value in enumerate(things, 1):
        instance_map[panoptic == value] = number
    return {
        "category": (panoptic // 256).astype(np.uint8),
        "panoptic": panoptic,
        "instance_map": instance_map,
        "instance_category": (things // 256).tolist(),
        "instance_score": rng.random(len(things)).tolist(),
    }


def time_ours(truths, predictions):
    """CPU seconds per image of each metric alone and of all in one pass."""
    space = {"label_space": CITYSCAPES}

    def semantic(truth, given):
        mean_iou.count(truth, given["category"], **space)

    def panoptic(truth, given):
        panoptic_quality.count(truth, given["panoptic"], **space)

    def instance(truth, given):
        instance_matching.match_map(
            truth,
            given["instance_map"],
            category=given["instance_category"],
            score=given["instance_score"],
            **space,
        )

    def together(truth, given):
        Metrics(CITYSCAPES).update(truth, **given)

    measured = (semantic, panoptic, instance, together)
    return {
        function.__name__: _seconds_per_image(function, truths, predictions)
        for function in measured
    }


def time_official(root, tool, truths, predictions):
    """CPU seconds per further image of one official tool, its PNGs decoded."""
    return (
        _official_seconds(root / "all", tool, truths, predictions)
        - _official_seconds(root / "one", tool, truths[:1], predictions[:1])
    ) / (len(truths) - 1)


def time_decoding(root):
    """CPU seconds to decode what the official tools read of one image, by tool."""
    truth = f"gtFine/val/toytown/{official_files.image_name(0)}_gtFine_"
    files = {
        "semantic": [f"{truth}labelIds.png", f"{truth}instanceIds.png"],
        "instance": [f"{truth}instanceIds.png"],
        "panoptic": [],
    }
    seconds = {}
    for tool in official.TOOLS:
        base = root / tool / "one"
        name = official_files.image_name(0)
        made = [*base.glob(f"submission/{tool}/**/{name}*.png")]
        made += base.glob(f"work/cityscapes_panoptic_val/{name}*.png")
        paths = [*made, *(base / path for path in files[tool])]
        start = time.process_time()
        for path in paths:
            np.array(Image.open(path))
        seconds[tool] = time.process_time() - start
    return seconds


def time_files(root, truths):
    """CPU seconds per image of our job on the files of all three tools."""
    folder = root / "together"
    for tool in official.TOOLS:
        for path in (root / tool / "all" / "submission").iterdir():
            (folder / path.name).parent.mkdir(exist_ok=True)
            (folder / path.name).symlink_to(path)
    data = root / "semantic" / "all"
    images = score.list_images(str(data), "val_fine", str(folder))

    def files(image, _):
        score.score_image(image)

    return _seconds_per_image(files, images, truths)


def report(ours, theirs, decoding):
    """Markdown: milliseconds per image and how many times faster ours are."""
    theirs = {**theirs, "together": sum(theirs.values())}
    decoding = {**decoding, "together": sum(decoding.values())}
    theirs["files"], decoding["files"] = theirs["together"], decoding["together"]
    lines = [
        "<!-- Generated by `python -m benchmarks.evaluation --output "
        "benchmarks/evaluation.md`; do not edit. -->",
        "",
        f"CPU milliseconds per {HEIGHT}x{WIDTH} image, {platform.machine()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, load "
        f"{os.getloadavg()[0]:.1f}. Official: cityscapesscripts 2.3.0, decoding "
        f"included.",
        "",
        "| metric | ours | decoding | official | official / ours |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, own in ours.items():
        values = [1e3 * own, 1e3 * decoding[name], 1e3 * theirs[name]]
        cells = [*(f"{value:.1f}" for value in values), f"{theirs[name] / own:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    notes = (
        "\n`ours` is beyond decoding, except for `files`: all three metrics from PNG "
        "files. `decoding` is what reading the PNGs of that row takes with Pillow.\n"
    )
    return "\n".join(lines) + "\n" + notes


def _seconds_per_image(function, truths, predictions):
    """Median over the repeats."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        for truth, given in zip(truths, predictions, strict=True):
            function(truth, given)
        seconds.append((time.process_time() - start) / len(truths))
    return float(np.median(seconds))


def _official_seconds(root, tool, truths, predictions):
    submission, work_dir = root / "submission", root / "work"
    work_dir.mkdir(parents=True)
    for number, (truth, given) in enumerate(zip(truths, predictions, strict=True)):
        official_files.write_ground_truth(root, number, truth)
        if tool == "semantic":
            official_files.write_semantic(submission, number, given["category"])
        if tool == "instance":
            official_files.write_instances(submission, number, _masks(given))
    if tool == "panoptic":
        official_files.write_panoptic(submission, [p["panoptic"] for p in predictions])
    official.score(root, [submission], work_dir=work_dir)  # makes the caches
    start = _children_seconds()
    official.score(root, [submission], work_dir=work_dir)
    return _children_seconds() - start


def _masks(given):
    pairs = zip(given["instance_category"], given["instance_score"], strict=True)
    return [(given["instance_map"] == i, *pair) for i, pair in enumerate(pairs, 1)]


def _children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
