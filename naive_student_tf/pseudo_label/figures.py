"""What can be counted about pseudo-labels: sums over frames, then figures.

Counts are dicts of numbers and arrays that add up, so that shards, whoever labelled
them, sum to a split.
"""

import numpy as np

from naive_student_tf.labels import panoptic


def no_frames(*, label_space):
    """The counts of nothing, to start from."""
    pixels = np.zeros(label_space.num_classes + 1, np.int64)
    return {"frames": 0, "pixels": pixels, "instances": 0, "ego_masked": 0}


def count_frame(label, *, label_space, previous=None):
    """Counts one pseudo-label.

    Args:
        label: uint16 [H, W], packed.
        label_space: LabelSpace.
        previous: uint16 [H, W], the label of the iteration before, or None.

    Returns:
        dict: `frames` 1; `pixels` int64 [num_classes + 1], by category, void last;
        `instances` int; with `previous`, `compared` and `agreeing` pixels: those that
        neither label leaves void, and those of them with one category.
    """
    pixels = np.bincount(label.ravel(), minlength=label_space.void + 1)
    values = np.flatnonzero(pixels)
    category, instance = panoptic.unpack(
        values, label_divisor=label_space.label_divisor
    )
    counts = {
        "frames": 1,
        "pixels": np.bincount(
            np.minimum(category, label_space.num_classes),
            weights=pixels[values],
            minlength=label_space.num_classes + 1,
        ).astype(np.int64),
        "instances": int((instance > 0).sum()),
    }
    if previous is None:
        return counts
    divisor, void = label_space.label_divisor, label_space.ignore_label
    now, before = (
        panoptic.unpack(x, label_divisor=divisor)[0] for x in (label, previous)
    )
    both = (now != void) & (before != void)
    agreeing = int((both & (now == before)).sum())
    return {**counts, "compared": int(both.sum()), "agreeing": agreeing}


def add(first, second):
    """The sum of two counts; a name that only one has keeps its value."""
    names = {**first, **second}
    return {
        name: first[name] + second[name]
        if name in first and name in second
        else first.get(name, second.get(name))
        for name in names
    }


def summarize(counts, *, label_space, quality=None):
    """Figures for people, as JSON takes them.

    Args:
        counts: dict, the sum over the frames.
        label_space: LabelSpace.
        quality: the object that counted frames with ground truth (see job.py).

    Returns:
        dict: frames; class_share, class name -> share of the pixels that are not
        void; void_share; instances_per_frame; where they were counted, agreement
        with the previous iteration, frames_with_truth and the quality's own figures.
    """
    pixels = np.asarray(counts["pixels"])
    labelled = max(int(pixels[:-1].sum()), 1)
    figures = {
        "frames": int(counts["frames"]),
        "class_share": {
            name: int(n) / labelled
            for name, n in zip(label_space.class_names, pixels[:-1], strict=True)
        },
        "void_share": int(pixels[-1]) / max(int(pixels.sum()), 1),
        "instances_per_frame": int(counts["instances"]) / max(counts["frames"], 1),
    }
    if "compared" in counts:
        figures["agreement"] = counts["agreeing"] / max(counts["compared"], 1)
    if "frames_with_truth" in counts:
        figures["frames_with_truth"] = int(counts["frames_with_truth"])
        figures |= quality.result(counts)
    return figures


def to_json(counts):
    """Counts as lists and numbers."""
    return {name: np.asarray(value).tolist() for name, value in counts.items()}


def from_json(counts):
    """Inverse of `to_json`."""
    return {
        name: np.asarray(value) if isinstance(value, list) else value
        for name, value in counts.items()
    }
