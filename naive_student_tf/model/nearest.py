"""Joins each thing pixel to the nearest instance center.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3, equation (1). Things cover about a
tenth of a street scene, so only tiles (runs of pixels in raster order) with a thing
pixel are looked at. Their number is a value, not a shape: a loop takes them in blocks.
Where a pixel points to, one center is often plainly the nearest (cells.py); only tiles
with a pixel that points elsewhere are compared with all centers.
"""

import tensorflow as tf

from naive_student_tf.model import cells

TILE = 16  # pixels
BLOCK = 2048  # tiles per turn of the loop
PART = 1024  # tiles of a block that are compared with all centers at a time


def join_nearest(category, offset, centers, count, *, is_thing):
    """Numbers the thing pixels of one image and counts what joined each center.

    Args:
        category: int32 [H, W], static shape.
        offset: float32 [H, W, 2], (dy, dx) in pixels.
        centers: int32 [K, 2], (y, x); the first `count` rows are centers.
        count: int32 [].
        is_thing: sequence of bool, one per class (C).

    Returns:
        instance: int32 [H, W], 1 + row of the nearest center (ties: the first row);
            0 for stuff pixels, and everywhere if there are no centers.
        votes: int32 [K, C], thing pixels that joined a center, by their class.
    """
    (height, width), size = category.shape, centers.shape[0] * len(is_thing)
    thing = tf.gather(is_thing, category) & (count > 0)
    tiles, num_tiles = _busy_tiles(thing)
    flat = [tf.reshape(x, [-1]) for x in (thing, category)]
    offset = tf.reshape(offset, [-1, 2])
    plain = cells.plain_centers(centers, count, height=height, width=width)

    def join_block(block, instance, votes):
        rows, pixel, inside = _block(tiles, block, height * width)
        thing, category = (tf.gather(x, pixel) for x in flat)
        thing &= inside
        target = tf.gather(offset, pixel)
        y = tf.cast(pixel // width, tf.float32) + target[..., 0]
        x = tf.cast(pixel % width, tf.float32) + target[..., 1]
        nearest = _nearest(y, x, thing, plain, centers, count)
        vote = tf.where(thing, nearest * len(is_thing) + category, -1)
        votes += _sum_by(vote, tf.ones_like(vote), size)
        joined = tf.where(thing, nearest, -1)
        instance = tf.tensor_scatter_nd_update(instance, rows[:, None], joined + 1)
        return block + 1, instance, votes

    unjoined = tf.zeros([tiles.shape[0], TILE], tf.int32)
    _, instance, votes = tf.while_loop(
        lambda block, *_: block * BLOCK < num_tiles,
        join_block,
        (0, unjoined, tf.zeros([size], tf.int32)),
    )
    instance = tf.reshape(tf.reshape(instance, [-1])[: height * width], thing.shape)
    return instance, tf.reshape(votes, [-1, len(is_thing)])


def sum_by_instance(values, instance, num_instances):
    """Sums a map over each instance, looking only at tiles that hold instances.

    Args:
        values: float32 [H, W].
        instance: int32 [H, W], static shape; 0 is no instance.
        num_instances: int K.

    Returns:
        float32 [K], of instances 1 to K.
    """
    tiles, num_tiles = _busy_tiles(instance > 0)
    values, instance = (tf.reshape(x, [-1]) for x in (values, instance))

    def add_block(block, total):
        _, pixel, inside = _block(tiles, block, instance.shape[0])
        row = tf.where(inside, tf.gather(instance, pixel) - 1, -1)
        total += _sum_by(row, tf.gather(values, pixel), num_instances)
        return block + 1, total

    return tf.while_loop(
        lambda block, _: block * BLOCK < num_tiles,
        add_block,
        (0, tf.zeros([num_instances])),
    )[1]


def _block(tiles, block, num_pixels):
    """Tiles [BLOCK] of a turn, their pixels [BLOCK, TILE], and which of them exist."""
    rows = tf.slice(tiles, [block * BLOCK], [BLOCK])
    pixel = rows[:, None] * TILE + tf.range(TILE)
    inside = pixel < num_pixels  # the last tile may run over the end
    return rows, tf.minimum(pixel, num_pixels - 1), inside


def _nearest(y, x, thing, plain, centers, count):
    """int32 [BLOCK, TILE]: rows of the nearest centers; of what is no thing, any."""
    nearest = plain(y, x)
    doubtful, number = _first(tf.reduce_any(thing & (nearest < 0), axis=-1))

    def compare(part, nearest):
        rows = tf.slice(doubtful, [part * PART], [PART])
        y_part, x_part = (tf.reshape(tf.gather(v, rows), [-1]) for v in (y, x))
        found = cells.nearest_center(y_part, x_part, centers, count)
        found = tf.reshape(found, [PART, TILE])
        return part + 1, tf.tensor_scatter_nd_update(nearest, rows[:, None], found)

    start = (0, nearest)
    return tf.while_loop(lambda part, _: part * PART < number, compare, start)[1]


def _busy_tiles(mask):
    """Which tiles of a mask [H, W] hold a pixel.

    Returns:
        int32 [T], the busy tiles in raster order, then the others; T is a multiple
            of BLOCK, and T * TILE at least H * W.
        int32 [], how many are busy.
    """
    flat = tf.reshape(mask, [-1])
    flat = tf.pad(flat, [[0, -flat.shape[0] % (TILE * BLOCK)]])
    return _first(tf.reduce_any(tf.reshape(flat, [-1, TILE]), axis=-1))


def _first(mask):
    """Indices of a mask [T], the true ones first, and how many are true."""
    true = tf.cast(mask, tf.int32)
    number, size = tf.reduce_sum(true), mask.shape[0]
    place = tf.where(mask, tf.cumsum(true), number + tf.cumsum(1 - true)) - 1
    return tf.scatter_nd(place[:, None], tf.range(size), [size]), number


def _sum_by(segment, values, num_segments):
    """Sums values by segment; segment -1 is left out."""
    return tf.math.unsorted_segment_sum(values, segment, num_segments)
