"""Which instance every predicted mask hits, by the rules of cityscapesscripts.

At a threshold a mask matches the instance of its class with which its IoU exceeds the
threshold; of several masks on one instance the best score counts and the others are
false positives. Instances below 100 pixels and crowd regions are neither hits nor
misses. A mask without a match is no false positive if a larger share of it than the
threshold lies on void, crowd or small instances of its class.

Ground truth that is void to the other metrics but shows objects one by one (caravan
and trailer in Cityscapes) forgives no mask in the official script. A ground truth map
says so by void with an instance number: ignore_label * label_divisor + 1.
"""

from typing import NamedTuple

import numpy as np

from naive_student_tf.evaluate.overlap import (
    check_same_shape,
    index_values,
    overlap_table,
    unpack_segments,
)

# The official script's own floats: 0.6 is 0.6000000000000001.
THRESHOLDS = np.arange(0.5, 1.0, 0.05)
MIN_INSTANCE_PIXELS = 100

FALSE_POSITIVE, TRUE_POSITIVE, FORGIVEN = 0, 1, 2


class Matches(NamedTuple):
    """What the masks of some images hit; no pixels.

    Attributes:
        category: int64 [N], class of each mask.
        score: float64 [N], confidence of each mask.
        outcome: uint8 [thresholds, N], FALSE_POSITIVE, TRUE_POSITIVE or FORGIVEN.
        instances: int64 [num_classes], true instances that count.
    """

    category: np.ndarray
    score: np.ndarray
    outcome: np.ndarray
    instances: np.ndarray


def match_map(ground_truth, instance_map, *, category, score, label_space, pixels=None):
    """Matches instances that do not overlap, given as one map.

    Args:
        ground_truth: integers [H, W], packed panoptic labels.
        instance_map: integers [H, W]; 0 = no instance, k = entry k - 1 of the lists.
        category: integers [K], class of each instance.
        score: floats [K], confidence of each instance. Entries that own no pixel and
            entries whose class is not a thing are left out.
        label_space: LabelSpace.
        pixels: run lengths if the maps come from `join_runs`, else None.

    Returns:
        Matches.

    Raises:
        ValueError: if the map names an instance that the lists do not have.
    """
    table = overlap_table(ground_truth, instance_map, pixels=pixels)
    _check_lists(table.columns[-1], category, score)
    drawn = table.columns > 0
    listed = table.columns[drawn] - 1
    return match(
        table.rows,
        table.pixels[:, drawn],
        true_area=table.pixels.sum(1),
        category=np.asarray(category, np.int64)[listed],
        score=np.asarray(score, np.float64)[listed],
        label_space=label_space,
    )


def match_masks(ground_truth, masks, *, label_space):
    """Matches instances that may overlap, one mask at a time.

    Args:
        ground_truth: integers [H, W], packed panoptic labels.
        masks: iterable of (mask [H, W], category, score); a pixel of a mask belongs to
            the instance if it is not 0. Only one mask is held at a time.
        label_space: LabelSpace.

    Returns:
        Matches.
    """
    segments, segment_of = index_values(np.ravel(ground_truth))
    pixels, categories, scores = [], [], []
    for mask, category, score in masks:
        check_same_shape(ground_truth, mask)
        inside = segment_of[np.flatnonzero(np.asarray(mask) != 0)]
        pixels.append(np.bincount(inside, minlength=len(segments)))
        categories.append(category)
        scores.append(score)
    return match(
        segments,
        np.array(pixels, np.int64).reshape(-1, len(segments)).T,
        true_area=np.bincount(segment_of),
        category=np.array(categories, np.int64),
        score=np.array(scores, np.float64),
        label_space=label_space,
    )


def match(segments, pixels, *, true_area, category, score, label_space):
    """Matches the masks of one image from their overlap with the ground truth.

    Args:
        segments: int64 [S], packed values of the ground truth.
        pixels: int64 [S, N], pixels that a segment shares with a mask.
        true_area: int64 [S], pixels of each segment.
        category: int64 [N], class of each mask.
        score: float64 [N].
        label_space: LabelSpace.

    Returns:
        Matches.

    Raises:
        ValueError: if a score is not finite.
    """
    area = pixels.sum(0)
    if not np.isfinite(score).all():
        raise ValueError(f"Instance scores must be finite, got {score}.")
    counts = (area > 0) & np.isin(category, label_space.thing_classes)
    pixels, area = pixels[:, counts], area[counts]
    category, score = category[counts], score[counts]
    true, instance = unpack_segments(segments, label_space=label_space)
    is_thing = np.isin(true, label_space.thing_classes)
    is_small = is_thing & (true_area < MIN_INSTANCE_PIXELS)
    is_crowd = is_thing & (instance == 0)
    is_void = (true == label_space.ignore_label) & (instance == 0)

    same = np.where(true[:, None] == category, pixels, 0)  # [S, N]
    iou = same / (true_area[:, None] + area - same)
    # A crowd region below 100 pixels enters twice, as in the official script.
    forgiven = pixels[is_void].sum(0) + same[is_crowd].sum(0) + same[is_small].sum(0)
    is_scored = is_thing & ~is_crowd & ~is_small
    return Matches(
        category,
        score,
        _outcomes(iou, forgiven / area, score=score, is_scored=is_scored),
        np.bincount(true[is_scored], minlength=label_space.num_classes),
    )


def merge(matches):
    """The matches of disjoint sets of images together.

    Args:
        matches: list of Matches, at least one.
    """
    category, score, outcome, instances = zip(*matches, strict=True)
    return Matches(
        np.concatenate(category),
        np.concatenate(score),
        np.concatenate(outcome, axis=1),
        np.sum(instances, axis=0),
    )


def _check_lists(largest_index, category, score):
    if not (largest_index <= len(category) == len(score)):
        raise ValueError(
            f"The instance map goes up to {largest_index}, but there are "
            f"{len(category)} categories and {len(score)} scores. Give one of each per "
            "instance; index k is entry k - 1, index 0 is no instance."
        )


def _outcomes(iou, forgiven, *, score, is_scored):
    """Judges every mask at every threshold.

    Args:
        iou: float64 [S, N], 0 between different classes.
        forgiven: float64 [N], share of each mask on ground truth that does not count.
        score: float64 [N].
        is_scored: bool [S], true instances that count.

    Returns:
        uint8 [thresholds, N].
    """
    scored = iou[is_scored] > THRESHOLDS[:, None, None]  # [thresholds, S, N]
    # IoU > 0.5 with segments that do not overlap: a mask hits at most one of them.
    ranking = np.argsort(-score, kind="stable")
    first = np.cumsum(scored[:, :, ranking], axis=2) == 1
    best = np.zeros_like(scored)
    best[:, :, ranking] = first & scored[:, :, ranking]
    outcome = np.where(forgiven > THRESHOLDS[:, None], FORGIVEN, FALSE_POSITIVE)
    outcome[scored.any(1)] = FALSE_POSITIVE
    outcome[best.any(1)] = TRUE_POSITIVE
    return outcome.astype(np.uint8)
