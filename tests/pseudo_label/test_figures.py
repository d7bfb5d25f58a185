"""Counts of labels on maps that can be counted by hand."""

import numpy as np
import pytest

from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import figures

ROAD, SKY, CAR = 0, 10, 13
VOID = CITYSCAPES.void
LABEL = np.array(
    [
        [SKY * 256, SKY * 256, SKY * 256, VOID],
        [CAR * 256 + 1, CAR * 256 + 2, CAR * 256, VOID],
    ],
    np.uint16,
)
BEFORE = np.array(
    [
        [SKY * 256, ROAD, VOID, VOID],
        [CAR * 256 + 9, CAR * 256 + 2, ROAD, ROAD],
    ],
    np.uint16,
)


def test_pixels_are_counted_by_class_and_instances_by_number():
    counts = figures.count_frame(LABEL, label_space=CITYSCAPES)
    expected = np.zeros(20, int)
    expected[[SKY, CAR, 19]] = 3, 3, 2
    np.testing.assert_array_equal(counts["pixels"], expected)
    assert (counts["instances"], counts["frames"]) == (2, 1)  # a crowd is none


def test_agreement_is_about_classes_where_both_have_one():
    counts = figures.count_frame(LABEL, label_space=CITYSCAPES, previous=BEFORE)
    assert (counts["compared"], counts["agreeing"]) == (5, 3)


def test_figures_are_shares_of_the_sums():
    one = figures.count_frame(LABEL, label_space=CITYSCAPES, previous=BEFORE)
    void = np.full((2, 4), VOID, np.uint16)
    other = figures.count_frame(void, label_space=CITYSCAPES)
    total = figures.add(figures.add({}, one), other)
    shown = figures.summarize(total, label_space=CITYSCAPES)
    assert shown["frames"] == 2
    assert shown["class_share"]["sky"] == shown["class_share"]["car"] == 0.5
    assert shown["class_share"]["road"] == 0
    assert shown["void_share"] == 10 / 16
    assert shown["instances_per_frame"] == 1
    assert shown["agreement"] == 3 / 5


def test_a_split_that_is_all_void_has_figures_too():
    void = figures.count_frame(np.full((2, 2), VOID, np.uint16), label_space=CITYSCAPES)
    shown = figures.summarize(void, label_space=CITYSCAPES)
    assert shown["void_share"] == 1
    assert sum(shown["class_share"].values()) == 0
    assert "agreement" not in shown


def test_counts_survive_json_exactly():
    counts = figures.count_frame(LABEL, label_space=CITYSCAPES)
    counts["quality"] = np.array([0.1 + 0.2, 1 / 3])
    back = figures.from_json(figures.to_json(counts))
    assert set(back) == set(counts)
    for name, value in counts.items():
        np.testing.assert_array_equal(back[name], value)


@pytest.mark.parametrize("order", [1, -1])
def test_adding_does_not_change_what_is_added(order):
    one, two = [{"a": np.array([1, 2])}, {"a": np.array([3, 4]), "b": 5}][::order]
    total = figures.add(one, two)
    np.testing.assert_array_equal(total["a"], [4, 6])
    assert total["b"] == 5
    assert {1, 3} == {one["a"][0], two["a"][0]}


def test_nothing_has_figures_too_and_adds_nothing():
    nothing = figures.no_frames(label_space=CITYSCAPES)
    assert figures.summarize(nothing, label_space=CITYSCAPES)["frames"] == 0
    one = figures.count_frame(LABEL, label_space=CITYSCAPES)
    total = figures.add(nothing, one)
    for name, value in one.items():
        np.testing.assert_array_equal(total[name], value)
