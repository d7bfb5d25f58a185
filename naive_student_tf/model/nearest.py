"""Joins each thing pixel to the nearest instance center.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3, equation (1). Things cover about a
tenth of a street scene, so only tiles (runs of pixels in raster order) with a thing
pixel are looked at. Their number is a value, not a shape: a loop takes them in blocks.
"""

import tensorflow as tf

TILE = 64  # pixels
BLOCK = 1024  # tiles per turn of the loop
CHUNK = 8  # centers per turn of the inner loop; they are written out in the graph
FAR = 1e9  # pixels; where rows that are not a center are put


def join_nearest(category, confidence, offset, centers, count, *, is_thing):
    """Numbers the thing pixels of one image and counts what joined each center.

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
    (height, width), size = category.shape, centers.shape[0] * len(is_thing)
    thing = tf.gather(is_thing, category) & (count > 0)
    tiles, num_tiles = _busy_tiles(thing)
    flat = [tf.reshape(x, [-1]) for x in (thing, category, confidence)]
    offset = tf.reshape(offset, [-1, 2])

    def join_block(block, instance, votes, confidence_sum):
        rows = tf.slice(tiles, [block * BLOCK], [BLOCK])
        index = tf.reshape(rows[:, None] * TILE + tf.range(TILE), [-1])
        pixel = tf.minimum(index, height * width - 1)
        thing, category, confidence = (tf.gather(x, pixel) for x in flat)
        thing &= index == pixel  # the last tile may run over the end
        target = tf.gather(offset, pixel)
        y = tf.cast(pixel // width, tf.float32) + target[:, 0]
        x = tf.cast(pixel % width, tf.float32) + target[:, 1]
        nearest = nearest_center(y, x, centers, count)
        vote = tf.where(thing, nearest * len(is_thing) + category, -1)
        votes += _sum_by(vote, tf.ones_like(vote), size)
        joined = tf.where(thing, nearest, -1)
        confidence_sum += _sum_by(joined, confidence, centers.shape[0])
        number = tf.reshape(joined + 1, [BLOCK, TILE])
        instance = tf.tensor_scatter_nd_update(instance, rows[:, None], number)
        return block + 1, instance, votes, confidence_sum

    _, instance, votes, confidence_sum = tf.while_loop(
        lambda block, *_: block * BLOCK < num_tiles,
        join_block,
        (
            0,
            tf.zeros([tiles.shape[0], TILE], tf.int32),
            tf.zeros([size], tf.int32),
            tf.zeros([centers.shape[0]]),
        ),
    )
    instance = tf.reshape(tf.reshape(instance, [-1])[: height * width], thing.shape)
    return instance, tf.reshape(votes, [-1, len(is_thing)]), confidence_sum


def nearest_center(y, x, centers, count):
    """Row of the nearest of the first `count` centers; the first of equals.

    Distances are differences, not a matrix product: accelerators round the factors of
    a float32 product (to 8 bits on TPU, 11 on GPU), too coarse for pixel positions.

    Args:
        y, x: float32 [P], positions in pixels.
        centers: int32 [K, 2], (y, x).
        count: int32 [].

    Returns:
        int32 [P]; 0 if there are no centers.
    """
    size = centers.shape[0]
    valid = tf.range(size)[:, None] < count
    centers = tf.where(valid, tf.cast(centers, tf.float32), FAR)
    centers = tf.pad(centers, [[0, -size % CHUNK], [0, 0]], constant_values=FAR)

    def distance(center):
        return tf.square(y - center[..., 0]) + tf.square(x - center[..., 1])

    def look_at_chunk(first, nearest):
        # Only the row is carried. To find its distance again is cheaper on CPU, where
        # XLA does not vectorise the loop if the least distance is carried too.
        least = distance(tf.gather(centers, nearest))
        chunk = tf.slice(centers, [first, 0], [CHUNK, 2])
        for row in range(CHUNK):
            other = distance(chunk[row])
            nearest = tf.where(other < least, first + row, nearest)
            least = tf.minimum(other, least)
        return first + CHUNK, nearest

    start = (0, tf.zeros(y.shape, tf.int32))
    return tf.while_loop(lambda first, _: first < count, look_at_chunk, start)[1]


def _busy_tiles(mask):
    """Which tiles of a mask [H, W] hold a pixel.

    Returns:
        int32 [T], the busy tiles in raster order, then the others; T is a multiple
            of BLOCK, and T * TILE at least H * W.
        int32 [], how many are busy.
    """
    flat = tf.reshape(mask, [-1])
    flat = tf.pad(flat, [[0, -flat.shape[0] % (TILE * BLOCK)]])
    busy = tf.cast(tf.reduce_any(tf.reshape(flat, [-1, TILE]), axis=-1), tf.int32)
    number = tf.reduce_sum(busy)
    place = tf.where(busy > 0, tf.cumsum(busy), number + tf.cumsum(1 - busy)) - 1
    size = busy.shape[0]
    return tf.scatter_nd(place[:, None], tf.range(size), [size]), number


def _sum_by(segment, values, num_segments):
    """Sums values by segment; segment -1 is left out."""
    return tf.math.unsorted_segment_sum(values, segment, num_segments)
