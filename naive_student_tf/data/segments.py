"""From a packed label to a compact form: an index map and a table of segments.

The host sends 1 byte per pixel and one small table; the targets (targets.py) are
made from them on the device, with static shapes.
"""

import tensorflow as tf

from naive_student_tf.labels import panoptic as arithmetic

COLUMNS = ("category", "instance", "area", "center_y", "center_x")


def index_segments(panoptic, *, label_space, max_segments):
    """Numbers the segments of a label; instances come first.

    Args:
        panoptic: int32 [H, W], packed.
        label_space: LabelSpace.
        max_segments: int <= 256, static rows of the table.

    Returns:
        segment: uint8 [H, W], row of the table for every pixel.
        table: float32 [max_segments, 5], see COLUMNS: category (ignore_label for
            void and for unused rows), instance (0 for stuff, crowd, void), area in
            pixels, center (y, x) in pixels, the mean of the pixel coordinates.

    Raises:
        ValueError: max_segments above 256, more than a uint8 can number.
        tf.errors.InvalidArgumentError: more segments than rows.
    """
    if max_segments > 256:
        raise ValueError(f"max_segments is {max_segments}; 8 bits number at most 256.")
    values, index = tf.unique(tf.reshape(panoptic, [-1]))
    count = tf.size(values)
    tf.debugging.assert_less_equal(
        count,
        max_segments,
        "A crop has more segments than max_segments; raise that binding.",
    )
    category, instance = arithmetic.unpack(
        values, label_divisor=label_space.label_divisor
    )
    # Instances first, then by value: the order does not depend on the pixels.
    key = tf.where(instance > 0, values, values + label_space.void + 1)
    order = tf.argsort(key)
    rank = tf.argsort(order)  # inverse permutation
    segment = tf.reshape(tf.gather(rank, index), tf.shape(panoptic))
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
    return tf.cast(segment, tf.uint8), tf.ensure_shape(table, [max_segments, 5])


def _moments(segment, rows):
    """Area and mean coordinates per segment, each float32 [rows]."""
    height, width = tf.shape(segment)[0], tf.shape(segment)[1]
    flat = tf.reshape(segment, [-1])
    pixels = tf.range(height * width)
    area = tf.math.bincount(flat, minlength=rows, maxlength=rows, dtype=tf.float32)

    def mean(values):
        weights = tf.cast(values, tf.float64)  # sums of millions of coordinates
        total = tf.math.bincount(flat, weights, minlength=rows, maxlength=rows)
        return tf.math.divide_no_nan(tf.cast(total, tf.float32), area)

    return area, mean(pixels // width), mean(pixels % width)
