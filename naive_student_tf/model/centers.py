"""Finds instance centers: peaks of the center heatmap.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3: a pixel is a center if it is above
a threshold and is the maximum of its window. Deviation: where neighbours on a plateau
are equal maxima, only the first in raster order is a center.
"""

import tensorflow as tf


def find_centers(heatmap, *, threshold, nms_kernel, max_centers):
    """Picks the highest peaks of one heatmap.

    Args:
        heatmap: float32 [H, W], static shape.
        threshold: float; a peak is above it.
        nms_kernel: int, odd, side of the window in pixels.
        max_centers: int K.

    Returns:
        centers: int32 [K, 2], (y, x), by score descending, equal scores in raster
            order; rows from `count` on are zero.
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
    width = heatmap.shape[1]
    maximum = heatmap == _window_max(heatmap, nms_kernel)
    peak = _first_of_neighbours(maximum & (heatmap > threshold), nms_kernel)
    none = -float("inf")
    scores, index = _top_k(tf.where(peak, heatmap, none), max_centers, fill=none)
    valid = scores > none
    centers = tf.stack([index // width, index % width], axis=-1)
    count = tf.reduce_sum(tf.cast(valid, tf.int32))
    return tf.where(valid[:, None], centers, 0), tf.where(valid, scores, 0.0), count


def _first_of_neighbours(mask, kernel):
    """Drops a pixel of the mask [H, W] if one before it is in its window.

    Two maxima in one window are equal, so this is all that ties need.
    """
    height, width = mask.shape
    backwards = tf.reshape(tf.range(height * width, 0, -1), [height, width])
    backwards = tf.where(mask, backwards, 0)
    return mask & (backwards == _window_max(backwards, kernel))


def _window_max(values, kernel):
    """Maximum of the kernel x kernel window around each pixel of [H, W]."""
    rows = tf.nn.max_pool2d(values[None, ..., None], (1, kernel), 1, "SAME")
    return tf.nn.max_pool2d(rows, (kernel, 1), 1, "SAME")[0, ..., 0]


def _top_k(scores, k, *, fill):
    """The k highest of [H, W] and their raster positions; `fill` if there are fewer."""
    flat = tf.reshape(scores, [-1])
    missing = max(k - flat.shape[0], 0)
    return tf.math.top_k(tf.pad(flat, [[0, missing]], constant_values=fill), k)
