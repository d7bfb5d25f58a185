"""Panoptic quality (Kirillov et al., CVPR 2019), by the rules of cityscapesscripts.

A predicted segment matches the ground truth segment of its category with which its
intersection over union exceeds 0.5; void pixels do not enter the union. Crowd regions
(a thing category, instance 0) are never matched or missed, and a predicted segment is
no false positive if more than half of it lies on void and on crowd of its category.
In a prediction every packed value other than void is one segment; one that needs more
than `label_divisor` segments of a class comes as segment numbers and their categories.
"""

from typing import NamedTuple

import numpy as np

from naive_student_tf.evaluate.overlap import (
    check_categories,
    overlap_table,
    unpack_segments,
)


class PanopticCounts(NamedTuple):
    """Sums over images; every field has one entry per class.

    Attributes:
        iou: float64 [num_classes], sum of the IoU of matched segments.
        tp: int64 [num_classes], matched segments.
        fp: int64 [num_classes], predicted segments without a match.
        fn: int64 [num_classes], ground truth segments without a match.
    """

    iou: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray


def count(ground_truth, prediction, *, label_space, segment_category=None, pixels=None):
    """Matches the segments of one image.

    Args:
        ground_truth: integers [H, W], packed panoptic labels.
        prediction: integers [H, W], packed panoptic labels, or numbers of segments.
        label_space: LabelSpace.
        segment_category: int64 [S], category of each segment number (void:
            ignore_label) if `prediction` has these, else None.
        pixels: run lengths if the maps come from `join_runs`, else None.

    Returns:
        PanopticCounts.
    """
    table = overlap_table(ground_truth, prediction, pixels=pixels)
    if segment_category is None:
        predicted, _ = unpack_segments(table.columns, label_space=label_space)
    else:
        predicted = np.asarray(segment_category)[table.columns]
        check_categories(predicted, label_space=label_space)
    return _match(table, predicted, label_space=label_space)


def _match(table, predicted, *, label_space):
    """The counts of one image.

    Args:
        table: Overlap of packed ground truth with predicted segments.
        predicted: int64 [C], category of each predicted segment.
        label_space: LabelSpace.
    """
    true, true_instance = unpack_segments(table.rows, label_space=label_space)
    is_void = true == label_space.ignore_label
    is_crowd = np.isin(true, label_space.thing_classes) & (true_instance == 0)
    is_segment = predicted != label_space.ignore_label
    same = ~is_void[:, None] & (true[:, None] == predicted)  # [true, predicted]

    true_area, area = table.pixels.sum(1), table.pixels.sum(0)
    on_void = table.pixels[is_void].sum(0)
    union = true_area[:, None] + area - table.pixels - on_void
    iou = table.pixels / np.maximum(union, 1)  # 0 only between void and void
    matched = same & ~is_crowd[:, None] & (iou > 0.5)
    on_crowd = np.where(same & is_crowd[:, None], table.pixels, 0).sum(0)
    is_forgiven = (on_void + on_crowd) / area > 0.5

    missed = ~is_void & ~is_crowd & ~matched.any(1)
    invented = is_segment & ~is_forgiven & ~matched.any(0)
    per_class = {"minlength": label_space.num_classes}
    hit, _ = np.nonzero(matched)
    return PanopticCounts(
        iou=np.bincount(true[hit], weights=iou[matched], **per_class),
        tp=np.bincount(true[hit], **per_class),
        fp=np.bincount(predicted[invented], **per_class),
        fn=np.bincount(true[missed], **per_class),
    )


def merge(first, second):
    """The counts of two disjoint sets of images together."""
    return PanopticCounts(*(a + b for a, b in zip(first, second, strict=True)))


def result(counts, *, label_space):
    """Panoptic, segmentation and recognition quality in percent.

    A class without any segment, true or predicted, counts 0 and is left out of the
    means; a mean over no class is NaN.

    Args:
        counts: PanopticCounts of all images.
        label_space: LabelSpace.

    Returns:
        dict: pq, sq, rq, the same with `_things` and `_stuff`, and `per_class`, a dict
        from class name to {pq, sq, rq}.
    """
    occurs = counts.tp + counts.fp + counts.fn > 0
    half_misses = counts.tp + 0.5 * counts.fp + 0.5 * counts.fn
    quality = {
        "pq": _percent(counts.iou, half_misses),
        "sq": _percent(counts.iou, counts.tp),
        "rq": _percent(counts.tp, half_misses),
    }
    is_thing = np.isin(np.arange(label_space.num_classes), label_space.thing_classes)
    parts = {"": occurs, "_things": occurs & is_thing, "_stuff": occurs & ~is_thing}
    flat = {
        name + part: float(np.mean(values[chosen])) if chosen.any() else float("nan")
        for part, chosen in parts.items()
        for name, values in quality.items()
    }
    per_class = {
        name: {key: float(values[c]) for key, values in quality.items()}
        for c, name in enumerate(label_space.class_names)
    }
    return {**flat, "per_class": per_class}


def _percent(numerator, denominator):
    """100 * numerator / denominator; 0 where the denominator is 0."""
    safe = np.where(denominator > 0, denominator, 1)
    return 100 * np.where(denominator > 0, numerator / safe, 0.0)
