"""How many pixels two label maps share, segment by segment.

All metrics of this room are functions of such a table. Label maps are constant
over long stretches of a row, so the maps are first cut into runs over which none of
them changes: some 30,000 runs instead of 2 million pixels for a Cityscapes image.
Everything after that cut is small. Memory beside the maps: about 1 byte a pixel plus
the runs.
"""

from typing import NamedTuple

import numpy as np

from naive_student_tf.labels import panoptic


class Overlap(NamedTuple):
    """Joint histogram of two maps.

    Attributes:
        rows: int64 [R], the values of the first map, ascending.
        columns: int64 [C], the values of the second map, ascending.
        pixels: int64 [R, C], pixels with that pair of values.
    """

    rows: np.ndarray
    columns: np.ndarray
    pixels: np.ndarray


def join_runs(*maps):
    """Cuts maps of one shape into runs over which none of them changes.

    Args:
        *maps: integer arrays of one shape, read in row order.

    Returns:
        (values, pixels): a list of one [N] array per map, and int64 [N], the length of
        each run. A run may continue on the next row.

    Raises:
        ValueError: if the shapes differ or a map has no pixels.
    """
    check_same_shape(*maps)
    flat = [np.ravel(values) for values in maps]
    if not flat[0].size:
        raise ValueError(f"A label map of shape {np.shape(maps[0])} has no pixels.")
    starts_run = np.zeros(flat[0].size, bool)
    starts_run[0] = True
    for values in flat:
        starts_run[1:] |= values[1:] != values[:-1]
    starts = np.flatnonzero(starts_run)
    return [values[starts] for values in flat], np.diff(starts, append=flat[0].size)


def check_same_shape(ground_truth, *predictions):
    """Raises ValueError unless every prediction has the ground truth's shape."""
    for prediction in predictions:
        if np.shape(prediction) != np.shape(ground_truth):
            raise ValueError(
                f"The prediction has shape {np.shape(prediction)}, the ground truth "
                f"{np.shape(ground_truth)}. Resize the prediction to the size of the "
                "ground truth; the metrics are defined on its pixels."
            )


def overlap_table(first, second, *, pixels=None):
    """Counts the pixels of every pair of values of two maps.

    Args:
        first: integers >= 0, of any shape.
        second: integers >= 0, same shape.
        pixels: int64, same shape, how many pixels each entry stands for (from
            `join_runs`); None counts every entry as one.

    Returns:
        Overlap.
    """
    if pixels is None:
        (first, second), pixels = join_runs(first, second)
    rows, row_of = index_values(first)
    columns, column_of = index_values(second)
    joint = np.bincount(
        row_of * len(columns) + column_of,
        weights=pixels,  # sums of integers below 2**53: exact in float64
        minlength=len(rows) * len(columns),
    )
    return Overlap(
        rows, columns, joint.reshape(len(rows), len(columns)).astype(np.int64)
    )


def index_values(values):
    """Numbers the values of a map, by look-up instead of sorting.

    Args:
        values: integers >= 0 of any shape; packed labels are below 65536.

    Returns:
        (present, index): int64 [N], the values that occur, ascending, and int64 of
        the map's shape such that `present[index] == values`.

    Raises:
        ValueError: for a negative value.
    """
    values = np.asarray(values).astype(np.int64)
    if values.min() < 0:
        raise ValueError(f"Label maps hold values >= 0, got {values.min()}.")
    present = np.flatnonzero(np.bincount(values.ravel()))
    number_of = np.zeros(present[-1] + 1, np.int64)
    number_of[present] = np.arange(len(present))
    return present, number_of[values]


def unpack_segments(values, *, label_space):
    """Category and instance of packed segment values.

    Args:
        values: int64 [N], category * label_divisor + instance.
        label_space: LabelSpace.

    Returns:
        (category, instance), int64 [N] each.

    Raises:
        ValueError: for a category that is neither a class nor void.
    """
    category, instance = panoptic.unpack(
        values, label_divisor=label_space.label_divisor
    )
    check_categories(category, label_space=label_space)
    return category, instance


def check_categories(category, *, label_space):
    """Raises ValueError for values that are neither a class nor the ignore label."""
    wrong = (category >= label_space.num_classes) & (
        category != label_space.ignore_label
    )
    if np.any(wrong):
        raise ValueError(
            f"Category {np.asarray(category)[wrong][0]} is neither one of the "
            f"{label_space.num_classes} classes of {label_space.name} nor void "
            f"({label_space.ignore_label}). Convert data set ids to categories first."
        )
