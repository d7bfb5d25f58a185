"""Joins each thing pixel to the nearest instance center.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3, equation (1). Things cover about a
tenth of a street scene, so only tiles (runs of pixels in raster order) with a thing
pixel are looked at. Their number is a value, not a shape: a loop takes them in blocks.
"""

import tensorflow as tf

TILE = 64  # pixels
BLOCK = 256  # tiles per turn of the loop; bounds memory at TILE * BLOCK * centers


def join_nearest(category, confidence, offset, centers, count, *, is_thing):
    """Numbers the thing pixels of one image and counts what joined each center.

    Distances are differences, not a matrix product: devices round the factors of a
    float32 product (TPU: 8 bits, GPU: 11), too coarse for pixel positions.

    Args:
        category: int32 [H, W], static shape.
        confidence: float32 [H, W].
        offset: float32 [H, W, 2], (dy, dx) in pixels.
        centers: int32 [K, 2], (y, x); the first `count` rows are centers.
        count: int32 [].
        is_thing: sequence of bool, one per class (C).

    Returns:
        instance: int32 [H, W], 1 + row of the nearest center (ties: the first row);
            0 for stuff pixels, and everywhere if there are no centers.
        votes: int32 [K, C], thing pixels that joined a center, by their class.
        confidence_sum: float32 [K], over the same pixels.
    """
    height, width = category.shape
    centers = tf.where(
        tf.range(centers.shape[0])[:, None] < count, tf.cast(centers, tf.float32), 1e9
    )
    thing = tf.gather(is_thing, category) & (count > 0)
    tiled = [
        _tile(x) for x in (thing, category, confidence, offset[..., 0], offset[..., 1])
    ]
    thing = tiled[0]
    busy = tf.reduce_any(thing, axis=-1)
    order = tf.argsort(tf.cast(~busy, tf.int32), stable=True)
    blocks = (tf.reduce_sum(tf.cast(busy, tf.int32)) + BLOCK - 1) // BLOCK

    def body(i, instance, votes, confidence_sum):
        tiles = tf.slice(order, [i * BLOCK], [BLOCK])
        thing, category, confidence, dy, dx = (tf.gather(x, tiles) for x in tiled)
        position = tiles[:, None] * TILE + tf.range(TILE)
        y = tf.cast(position // width, tf.float32) + dy
        x = tf.cast(position % width, tf.float32) + dx
        row = _nearest(y, x, centers)
        shape = votes.shape
        segment = tf.where(thing, row * shape[1] + category, -1)
        votes += tf.reshape(
            tf.math.unsorted_segment_sum(
                tf.ones_like(segment), segment, shape[0] * shape[1]
            ),
            shape,
        )
        confidence_sum += tf.math.unsorted_segment_sum(
            confidence, tf.where(thing, row, -1), shape[0]
        )
        instance = tf.tensor_scatter_nd_update(
            instance, tiles[:, None], tf.where(thing, row + 1, 0)
        )
        return i + 1, instance, votes, confidence_sum

    zeros = (
        tf.zeros(thing.shape, tf.int32),
        tf.zeros([centers.shape[0], len(is_thing)], tf.int32),
        tf.zeros([centers.shape[0]]),
    )
    _, instance, votes, confidence_sum = tf.while_loop(
        lambda i, *_: i < blocks, body, (0, *zeros)
    )
    instance = tf.reshape(tf.reshape(instance, [-1])[: height * width], [height, width])
    return instance, votes, confidence_sum


def _nearest(y, x, centers):
    """Row of the nearest center of each position [...]; the first of equals."""
    distance = tf.square(y[..., None] - centers[:, 0])
    distance += tf.square(x[..., None] - centers[:, 1])  # [..., K]
    return tf.argmin(distance, axis=-1, output_type=tf.int32)


def _tile(values):
    """Cuts [H, W] in raster order into [tiles, TILE]; fills the last block with 0."""
    flat = tf.reshape(values, [-1])
    flat = tf.pad(flat, [[0, -flat.shape[0] % (TILE * BLOCK)]])
    return tf.reshape(flat, [-1, TILE])
