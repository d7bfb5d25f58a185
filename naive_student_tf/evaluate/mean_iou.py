"""Intersection over union of classes, by the rules of cityscapesscripts.

Pixels whose ground truth is void do not count. Crowd regions count as their class. A
predicted void pixel is a miss of the true class and a false positive of none.

iIoU (Cordts et al., CVPR 2016, section 4.2) weights the true pixels of an instance by
(mean instance size of its class / size of the instance); pixels of crowd regions are
neither hit nor missed there, and false positives are not weighted. It and the IoU of
groups of classes need facts that only Cityscapes states (cityscapes_protocol.py).
"""

import math
from typing import NamedTuple

import numpy as np

from naive_student_tf.evaluate import cityscapes_protocol
from naive_student_tf.evaluate.overlap import (
    check_categories,
    overlap_table,
    unpack_segments,
)
from naive_student_tf.labels import panoptic


class SemanticCounts(NamedTuple):
    """Sums over images.

    Attributes:
        confusion: int64 [num_classes + 1, num_classes + 1], pixels by (true,
            predicted) category; the last row and column are void.
        hit: float64 [num_classes], weighted pixels of instances, predicted as their
            class; all 0 where the label space has no mean instance sizes.
        missed: float64 [num_classes], the other weighted pixels of instances.
        group_hit: float64 [num_classes], predicted as a class of their class's group.
        group_missed: float64 [num_classes], the others.
        objects: int64 [num_classes], pixels of a class predicted as IGNORED_OBJECT
            (cityscapes_protocol.py); in the confusion they are void.
    """

    confusion: np.ndarray
    hit: np.ndarray
    missed: np.ndarray
    group_hit: np.ndarray
    group_missed: np.ndarray
    objects: np.ndarray


def count(ground_truth, category, *, label_space, pixels=None):
    """Counts the pixels of one image.

    Args:
        ground_truth: integers [H, W], packed panoptic labels.
        category: integers [H, W], predicted categories; ignore_label where none; for
            Cityscapes classes also IGNORED_OBJECT.
        label_space: LabelSpace.
        pixels: run lengths if the maps come from `join_runs`, else None.

    Returns:
        SemanticCounts.
    """
    table = overlap_table(ground_truth, category, pixels=pixels)
    true, instance = unpack_segments(table.rows, label_space=label_space)
    is_object = np.zeros(len(table.columns), bool)
    if cityscapes_protocol.class_groups(label_space):
        is_object = table.columns == cityscapes_protocol.IGNORED_OBJECT
    check_categories(table.columns[~is_object], label_space=label_space)
    classes = label_space.num_classes
    by_category = np.zeros((len(true), classes + 1), np.int64)
    np.add.at(by_category.T, np.minimum(table.columns, classes), table.pixels.T)
    objects = table.pixels[:, is_object].sum(1)
    confusion = np.zeros((classes + 1, classes + 1), np.int64)
    np.add.at(confusion, np.minimum(true, classes), by_category)
    is_instance = np.isin(true, label_space.thing_classes) & (instance > 0)
    weighted = _count_instances(
        by_category[is_instance],
        true[is_instance],
        objects[is_instance],
        label_space=label_space,
    )
    labelled = true < classes
    objects = np.bincount(true[labelled], weights=objects[labelled], minlength=classes)
    return SemanticCounts(confusion, *weighted, objects.astype(np.int64))


def compare_with(true_category, category, counts, *, label_space):
    """SemanticCounts of one image whose pixels are compared with another truth.

    Args:
        true_category: integers [H, W].
        category: integers [H, W], predicted.
        counts: SemanticCounts, whose weighted instances stay.
        label_space: LabelSpace.
    """
    packed = panoptic.pack(
        np.asarray(true_category, np.int64), 0, label_divisor=label_space.label_divisor
    )
    others = count(packed, category, label_space=label_space)
    return counts._replace(confusion=others.confusion, objects=others.objects)


def merge(first, second):
    """The counts of two disjoint sets of images together."""
    return SemanticCounts(*(a + b for a, b in zip(first, second, strict=True)))


def result(counts, *, label_space):
    """Mean and single IoU in percent; NaN for a class without any pixel counted.

    Args:
        counts: SemanticCounts of all images.
        label_space: LabelSpace.

    Returns:
        dict: miou and `per_class`, class name to {iou}. For Cityscapes classes also
        iiou, iou_category, iiou_category (means over things, groups, and groups made
        of things only), `iiou` per class and `per_group`, group name to {iou, iiou}.
    """
    confusion = counts.confusion[:-1]  # void ground truth counts nowhere
    each = np.eye(label_space.num_classes, dtype=bool)
    iou = [_iou(confusion, chosen) for chosen in each]
    per_class = {
        name: {"iou": value}
        for name, value in zip(label_space.class_names, iou, strict=True)
    }
    flat = {"miou": _mean(iou), "per_class": per_class}
    if cityscapes_protocol.mean_instance_sizes(label_space) is not None:
        iiou = {
            c: _iou(confusion, each[c], hit=counts.hit[c], missed=counts.missed[c])
            for c in label_space.thing_classes
        }
        flat["iiou"] = _mean(iiou.values())
        for c, name in enumerate(label_space.class_names):
            per_class[name]["iiou"] = iiou.get(c, math.nan)
    return {**flat, **_group_results(counts, label_space=label_space)}


def _count_instances(pixels, true, objects, *, label_space):
    """Weighted hits and misses per class; see SemanticCounts.

    Args:
        pixels: int64 [I, num_classes + 1], pixels of instances by predicted category.
        true: int64 [I], category of each instance.
        objects: int64 [I], pixels of each predicted as IGNORED_OBJECT.
        label_space: LabelSpace.

    Returns:
        Four float64 [num_classes]: hit, missed, group_hit, group_missed.
    """
    classes = label_space.num_classes
    sizes = cityscapes_protocol.mean_instance_sizes(label_space)
    if sizes is None:
        return tuple(np.zeros((4, classes)))
    area = pixels.sum(1)
    groups = np.array(cityscapes_protocol.class_groups(label_space) or range(classes))
    same_group = groups[true][:, None] == groups  # [I, num_classes]
    hit = pixels[np.arange(len(true)), true]
    group_hit = np.where(same_group, pixels[:, :-1], 0).sum(1)
    is_of_group = groups[true] == cityscapes_protocol.IGNORED_OBJECT_GROUP
    group_hit += np.where(is_of_group, objects, 0)
    weight = sizes[true] / area
    return tuple(
        np.bincount(true, weights=weight * part, minlength=classes)
        for part in (hit, area - hit, group_hit, area - group_hit)
    )


def _group_results(counts, *, label_space):
    """The part of `result` about groups; empty where the label space has none."""
    groups = cityscapes_protocol.class_groups(label_space)
    sizes = cityscapes_protocol.mean_instance_sizes(label_space)
    if groups is None or sizes is None:
        return {}
    per_group = {}
    for group in dict.fromkeys(groups):
        chosen = np.array(groups) == group
        scores = {"iou": _iou(counts.confusion[:-1], chosen), "iiou": math.nan}
        if not np.isnan(sizes[chosen]).any():  # all classes of the group are things
            scores["iiou"] = _iou(
                counts.confusion[:-1],
                chosen,
                hit=counts.group_hit[chosen].sum(),
                missed=counts.group_missed[chosen].sum(),
                more_invented=counts.objects[~chosen].sum()
                if group == cityscapes_protocol.IGNORED_OBJECT_GROUP
                else 0,
            )
        per_group[group] = scores
    return {
        "iou_category": _mean(scores["iou"] for scores in per_group.values()),
        "iiou_category": _mean(scores["iiou"] for scores in per_group.values()),
        "per_group": per_group,
    }


def _iou(confusion, chosen, *, hit=None, missed=None, more_invented=0):
    """IoU in percent of a set of classes taken as one; NaN if nothing is counted.

    Args:
        confusion: int64 [num_classes, num_classes + 1].
        chosen: bool [num_classes].
        hit: float, replaces the pixels that are true and predicted.
        missed: float, replaces the pixels that are true and not predicted.
        more_invented: int, pixels predicted and not true beside those of `confusion`.
    """
    true = confusion[chosen]
    if hit is None:
        hit = true[:, :-1][:, chosen].sum()
        missed = true.sum() - hit
    invented = confusion[~chosen][:, :-1][:, chosen].sum() + more_invented
    total = hit + invented + missed
    return float(100 * (hit / total)) if total else math.nan


def _mean(values):
    """Mean of the values that are not NaN; NaN if there are none."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
