"""Overlap tables, against counting every pixel."""

import numpy as np
import pytest

from naive_student_tf.evaluate import overlap
from naive_student_tf.labels.cityscapes import CITYSCAPES


def test_table_of_two_maps_typed_by_hand():
    first = np.array([[0, 0, 7], [7, 7, 7]], np.uint16)
    second = np.array([[3, 5, 5], [5, 5, 3]], np.int32)
    table = overlap.overlap_table(first, second)
    assert table.rows.tolist() == [0, 7]
    assert table.columns.tolist() == [3, 5]
    assert table.pixels.tolist() == [[1, 1], [1, 3]]


def test_a_run_ends_where_any_map_changes_and_may_cross_rows():
    first = np.array([[1, 1, 1], [1, 2, 2]])
    second = np.array([[4, 4, 5], [5, 5, 5]])
    (ones, fours), pixels = overlap.join_runs(first, second)
    assert pixels.tolist() == [2, 2, 2]
    assert ones.tolist() == [1, 1, 2]
    assert fours.tolist() == [4, 5, 5]


def test_runs_count_the_same_pixels_as_a_loop_over_all_pixels():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, (20, 30)).astype(np.uint16) * 9000
    second = rng.integers(0, 4, (20, 30))
    table = overlap.overlap_table(first, second)
    slow = {}
    for pair in zip(first.ravel().tolist(), second.ravel().tolist(), strict=True):
        slow[pair] = slow.get(pair, 0) + 1
    fast = {
        (int(row), int(column)): int(table.pixels[r, c])
        for r, row in enumerate(table.rows)
        for c, column in enumerate(table.columns)
    }
    assert {pair: n for pair, n in fast.items() if n} == slow


def test_maps_of_different_sizes_are_refused_with_both_sizes():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 2\)"):
        overlap.join_runs(np.zeros((3, 2), int), np.zeros((2, 3), int))


def test_negative_and_unknown_labels_are_refused():
    with pytest.raises(ValueError, match="-1"):
        overlap.index_values(np.array([[0, -1]]))
    with pytest.raises(ValueError, match="Category 19 "):
        overlap.unpack_segments(np.array([0, 19 * 256]), label_space=CITYSCAPES)


def test_an_empty_map_is_refused():
    with pytest.raises(ValueError, match="no pixels"):
        overlap.join_runs(np.zeros((0, 4), int))
