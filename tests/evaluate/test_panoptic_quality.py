"""Panoptic quality on maps small enough for a pencil."""

import math

import numpy as np
import pytest

from naive_student_tf.evaluate import panoptic_quality
from naive_student_tf.labels.label_space import LabelSpace

SPACE = LabelSpace(
    name="pond",
    class_names=("water", "sky", "boat", "duck"),
    thing_classes=(2, 3),
    colors=((0, 0, 255), (0, 255, 255), (255, 0, 0), (255, 255, 0)),
    label_ids=(0, 1, 2, 3),
)
WATER, SKY, VOID = 0, 256, 255 * 256
BOAT, BOATS = 2 * 256 + 1, 2 * 256  # BOATS: a crowd region
DUCK = 3 * 256 + 1


def _count(truth, prediction):
    return panoptic_quality.count(
        np.array(truth), np.array(prediction), label_space=SPACE
    )


def _result(truth, prediction):
    return panoptic_quality.result(_count(truth, prediction), label_space=SPACE)


def test_a_perfect_prediction_is_100():
    truth = [[WATER, WATER, BOAT, BOAT], [SKY, SKY, DUCK, VOID]]
    result = _result(truth, truth)
    assert result["pq"] == result["sq"] == result["rq"] == 100
    assert result["pq_things"] == result["pq_stuff"] == 100


def test_an_empty_prediction_is_0():
    truth = [[WATER, WATER, BOAT, BOAT]]
    counts = _count(truth, [[VOID] * 4])
    assert counts.fn.tolist() == [1, 0, 1, 0]
    assert not counts.tp.any() and not counts.fp.any()
    result = panoptic_quality.result(counts, label_space=SPACE)
    assert result["pq"] == result["sq"] == result["rq"] == 0


def test_an_instance_split_in_two_matches_its_larger_part():
    truth = [[BOAT] * 10]
    counts = _count(truth, [[BOAT] * 7 + [BOAT + 1] * 3])
    assert (counts.tp[2], counts.fp[2], counts.fn[2]) == (1, 1, 0)
    result = panoptic_quality.result(counts, label_space=SPACE)
    assert result["sq"] == pytest.approx(70)
    assert result["rq"] == pytest.approx(100 * 2 / 3)
    assert result["pq"] == pytest.approx(100 * 0.7 / 1.5)


def test_an_instance_split_in_halves_matches_neither():
    counts = _count([[BOAT] * 4], [[BOAT, BOAT, BOAT + 1, BOAT + 1]])
    assert (counts.tp[2], counts.fp[2], counts.fn[2]) == (0, 2, 1)


def test_all_void_has_no_quality():
    result = _result([[VOID] * 4], [[BOAT, BOAT, WATER, WATER]])
    assert math.isnan(result["pq"]) and math.isnan(result["pq_things"])
    assert result["per_class"]["boat"] == {"pq": 0, "sq": 0, "rq": 0}


def test_void_leaves_the_union():
    counts = _count([[BOAT, BOAT, VOID, VOID]], [[BOAT] * 4])
    assert counts.iou[2] == 1


def test_a_segment_mostly_on_void_is_forgiven_and_one_half_on_void_is_not():
    mostly = _count([[VOID, VOID, WATER]], [[DUCK, DUCK, DUCK]])
    half = _count([[VOID, WATER]], [[DUCK, DUCK]])
    assert (mostly.fp[3], half.fp[3]) == (0, 1)


def test_a_crowd_is_never_missed_and_forgives_its_own_class_only():
    truth = [[BOATS] * 4]
    assert not _count(truth, [[VOID] * 4]).fn.any()
    assert _count(truth, [[BOAT] * 4]).fp.tolist() == [0, 0, 0, 0]
    assert _count(truth, [[DUCK] * 4]).fp.tolist() == [0, 0, 0, 1]


def test_crowd_pixels_stay_in_the_union():
    counts = _count([[BOAT, BOAT, BOAT, BOATS]], [[BOAT] * 4])
    assert counts.iou[2] == 0.75


def test_a_crowd_label_in_a_prediction_is_one_segment():
    assert _count([[BOAT] * 3], [[BOATS] * 3]).tp[2] == 1


def test_void_with_an_instance_number_is_void():
    assert not _count([[VOID + 1] * 3], [[BOAT] * 3]).fp.any()


def test_a_class_that_does_not_occur_is_left_out_of_the_mean():
    truth = [[WATER, WATER, SKY, SKY]]
    result = _result(truth, [[WATER, WATER, VOID, VOID]])
    assert result["pq"] == 50
    assert math.isnan(result["pq_things"])


def test_merged_counts_are_those_of_one_image_after_the_other():
    first = _count([[BOAT] * 4], [[BOAT] * 3 + [VOID]])
    second = _count([[BOAT] * 4], [[DUCK] * 4])
    both = panoptic_quality.merge(first, second)
    assert both.iou[2] == 0.75
    assert (both.tp[2], both.fn[2], both.fp[3]) == (1, 1, 1)
