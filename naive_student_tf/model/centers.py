"""Finds instance centers: peaks of the center heatmap.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3: a pixel is a center if it is above
a threshold and is the maximum of its window. Deviation: where a plateau gives
several equal maxima, only the earliest in raster order is one.
"""

import tensorflow as tf


def find_centers(heatmap, *, threshold, nms_kernel, max_centers):
    """Picks the highest peaks of one heatmap.

    A peak is above `threshold`, strictly higher than every pixel of its window that
    comes earlier in raster order, and not lower than any that comes later.

    Args:
        heatmap: float32 [H, W], static shape.
        threshold: float.
        nms_kernel: int, odd, side of the window in pixels.
        max_centers: int K.

    Returns:
        centers: int32 [K, 2], (y, x), by score descending, equal scores in raster
            order; rows from `count` on have no meaning.
        scores: float32 [K], the heatmap at the centers; 0 from `count` on.
        count: int32 [], how many centers there are.

    Raises:
        ValueError: if `nms_kernel` is even.
    """
    if nms_kernel % 2 == 0:
        raise ValueError(
            f"nms_kernel is {nms_kernel}; give an odd number, so that the window has "
            "a middle pixel."
        )
    height, width = heatmap.shape
    peak = is_peak(heatmap, radius=nms_kernel // 2) & (heatmap > threshold)
    scores, index = _top_k(tf.where(peak, heatmap, -1.0), k=max_centers)
    valid = index < height * width
    valid &= scores > threshold
    centers = tf.stack([index // width, index % width], axis=-1)
    count = tf.reduce_sum(tf.cast(valid, tf.int32))
    return centers, tf.where(valid, scores, 0.0), count


def is_peak(heatmap, *, radius):
    """Bool [H, W]: maxima of the (2 radius + 1)^2 window, the earliest of equals."""
    rows = _window_max(heatmap, axis=1, before=radius, after=radius)
    earlier = tf.maximum(
        _window_max(rows, axis=0, before=radius, after=-1),
        _window_max(heatmap, axis=1, before=radius, after=-1),
    )
    later = tf.maximum(
        _window_max(rows, axis=0, before=-1, after=radius),
        _window_max(heatmap, axis=1, before=-1, after=radius),
    )
    return (heatmap > earlier) & (heatmap >= later)


def _window_max(values, *, axis, before, after):
    """Maximum over positions -before..after along an axis; -inf outside."""
    size = values.shape[axis]
    padding = [[0, 0], [0, 0]]
    padding[axis] = [max(before, 0), max(after, 0)]
    padded = tf.pad(values, padding, constant_values=-float("inf"))
    begin = [0, 0]
    result = tf.fill(values.shape, -float("inf"))
    for shift in range(-before, after + 1):
        begin[axis] = shift + max(before, 0)
        extent = [-1, -1]
        extent[axis] = size
        result = tf.maximum(result, tf.slice(padded, begin, extent))
    return result


def _top_k(scores, *, k):
    """The k highest of [H, W] and their raster positions; -inf where there are none."""
    flat = tf.reshape(scores, [-1])
    missing = max(k - flat.shape[0], 0)
    return tf.math.top_k(tf.pad(flat, [[0, missing]], constant_values=-1.0), k)
