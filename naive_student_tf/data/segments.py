"""From a packed label to a compact form: an index map and a table of segments.

The host sends 1 byte per pixel and one small table; the targets (targets.py) are
made from them on the device, with static shapes.
"""

import tensorflow as tf

from naive_student_tf.labels import panoptic as arithmetic

_NUM_VALUES = 1 << 16  # labels are stored in 16 bits
_UNIT = 1 << 20  # more than a line has pixels
COLUMNS = ("category", "instance", "area", "center_y", "center_x")


def index_segments(panoptic, *, label_space, max_segments):
    """Numbers the segments of a label; instances come first.

    Args:
        panoptic: integers [H, W] of at most 16 bits, packed.
        label_space: LabelSpace.
        max_segments: int <= 256, static rows of the table.

    Returns:
        segment: uint8 [H, W], row of the table for every pixel.
        table: float32 [max_segments, 5], see COLUMNS: category (ignore_label for
            void and for unused rows), instance (0 for stuff, crowd, void), area in
            pixels, center (y, x) in pixels, the mean of the pixel coordinates.

    Raises:
        ValueError: max_segments above 256, more than a uint8 can number.
        tf.errors.InvalidArgumentError: more segments than rows, or a category
            that the label space does not have.
    """
    if max_segments > 256:
        raise ValueError(f"max_segments is {max_segments}; 8 bits number at most 256.")
    panoptic = tf.cast(panoptic, tf.int32)
    values = _values(panoptic, max_segments)
    count = tf.size(values)
    category, instance = arithmetic.unpack(
        values, label_divisor=label_space.label_divisor
    )
    _check_categories(category, label_space)
    # Instances first, then by value: the order does not depend on the pixels.
    order = tf.argsort(tf.where(instance > 0, 0, 1), stable=True)
    rows = tf.range(count)
    numbers = tf.scatter_nd(
        tf.gather(values, order)[:, None], tf.cast(rows, tf.uint8), [_NUM_VALUES]
    )
    segment = tf.gather_nd(numbers, panoptic[..., None])  # quicker than tf.gather
    area, center_y, center_x = _moments(segment, max_segments)
    pad = [[0, max_segments - count]]
    void = label_space.ignore_label
    columns = [
        tf.pad(tf.gather(category, order), pad, constant_values=void),
        tf.pad(tf.gather(instance, order), pad),
        area,
        center_y,
        center_x,
    ]
    table = tf.stack([tf.cast(column, tf.float32) for column in columns], 1)
    return segment, tf.ensure_shape(table, [max_segments, 5])


def _values(panoptic, max_segments):
    """The different values of a map, ascending, int32 [N <= max_segments]."""
    present = tf.math.bincount(panoptic, minlength=_NUM_VALUES, maxlength=_NUM_VALUES)
    values = tf.cast(tf.where(present > 0)[:, 0], tf.int32)
    bound = tf.debugging.assert_less_equal(
        tf.size(values),
        max_segments,
        "A crop has more segments than max_segments; raise that binding.",
    )
    # A graph orders nothing by itself: what needs the bound must wait for its check.
    with tf.control_dependencies([bound]):
        return tf.identity(values)


def _check_categories(category, label_space):
    known = (category < label_space.num_classes) | (
        category == label_space.ignore_label
    )
    tf.debugging.Assert(
        tf.reduce_all(known),
        [
            f"A label has categories that {label_space.name} does not have:",
            tf.boolean_mask(category, ~known),
        ],
    )


def _moments(segment, rows):
    """Area and mean coordinates per segment, each float32 [rows]; 0 where none is."""
    height, width = tf.shape(segment)[0], tf.shape(segment)[1]
    # One pass over the pixels: per line, how many, and the sum of their x above it.
    weight = tf.cast(tf.range(width), tf.int64) * _UNIT + 1
    lines = tf.math.bincount(
        tf.cast(segment, tf.int32),
        weights=tf.broadcast_to(weight, [height, width]),
        minlength=rows,
        maxlength=rows,
        axis=-1,
    )  # [H, rows]
    counts, sums_of_x = lines % _UNIT, lines // _UNIT
    sums_of_y = counts * tf.cast(tf.range(height), tf.int64)[:, None]
    area = tf.cast(tf.reduce_sum(counts, 0), tf.float32)

    def mean(sums):
        total = tf.cast(tf.reduce_sum(sums, 0), tf.float32)
        return tf.math.divide_no_nan(total, area)

    return area, mean(sums_of_y), mean(sums_of_x)
