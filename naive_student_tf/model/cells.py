"""Which instance center is nearest to a point.

Distances are differences, not a matrix product: accelerators round the factors of a
float32 product (to 8 bits on TPU, 11 on GPU), too coarse for pixel positions.
"""

import tensorflow as tf

CHUNK = 20  # centers per turn of a loop; they are written out in the graph
FAR = 1e9  # pixels; where rows that are not a center are put
CELL = 16  # pixels, side of a cell
MARGIN = 1.0  # pixels; far more than the rounding of distances


def nearest_center(y, x, centers, count):
    """Row of the nearest of the first `count` centers; the first of equals.

    Args:
        y, x: float32 [P], positions in pixels.
        centers: int32 [K, 2], (y, x).
        count: int32 [].

    Returns:
        int32 [P]; 0 if there are no centers.
    """

    def look_at_chunk(first, chunk, rows, nearest):
        # Only the row is carried. To find its distance again is cheaper on CPU, where
        # XLA does not vectorise the loop if the least distance is carried too.
        least = _distance(y, x, tf.gather(rows, nearest))
        for row in range(CHUNK):
            other = _distance(y, x, chunk[row])
            nearest = tf.where(other < least, first + row, nearest)
            least = tf.minimum(other, least)
        return nearest

    return _over_chunks(look_at_chunk, tf.zeros(y.shape, tf.int32), centers, count)


def plain_centers(centers, count, *, height, width):
    """Finds where one center is plainly the nearest, cell by cell of the image.

    From the middle of a cell to its points it is half a diagonal at most. So a center
    that is a diagonal farther from the middle than the nearest one is farther from
    every point of the cell too.

    Args:
        centers: int32 [K, 2], (y, x); the first `count` rows are centers.
        count: int32 [].
        height, width: ints, of the image.

    Returns:
        callable (y, x), float32 of any shape -> int32 of that shape: the row of the
        nearest center, or -1: several are about as near, or it is out of the image.
    """
    rows, columns = -(-height // CELL), -(-width // CELL)
    index = tf.range(rows * columns)
    y, x = (
        tf.cast(place * CELL, tf.float32) + CELL / 2
        for place in (index // columns, index % columns)
    )
    nearest = nearest_center(y, x, centers, count)
    place = tf.cast(tf.gather(centers, nearest), tf.float32)
    reach = tf.sqrt(_distance(y, x, place)) + CELL * 2**0.5 + MARGIN
    reach = tf.square(reach)

    def count_chunk(first, chunk, rows, found):
        for row in range(CHUNK):
            found += tf.cast(_distance(y, x, chunk[row]) <= reach, tf.int32)
        return found

    near = _over_chunks(count_chunk, tf.zeros_like(index), centers, count)
    table = tf.where(near == 1, nearest, -1)

    def look_up(y, x):
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        row, column = (
            tf.cast(tf.clip_by_value(v, 0.0, side - 1.0), tf.int32) // CELL
            for v, side in ((y, height), (x, width))
        )
        return tf.where(inside, tf.gather(table, row * columns + column), -1)

    return look_up


def _over_chunks(look, state, centers, count):
    """Calls `look(first row, chunk [CHUNK, 2], all rows, state) -> state` in turn."""
    valid = tf.range(centers.shape[0])[:, None] < count
    centers = tf.where(valid, tf.cast(centers, tf.float32), FAR)
    padding = [[0, -centers.shape[0] % CHUNK], [0, 0]]
    centers = tf.pad(centers, padding, constant_values=FAR)

    def turn(first, state):
        chunk = tf.slice(centers, [first, 0], [CHUNK, 2])
        return first + CHUNK, look(first, chunk, centers, state)

    return tf.while_loop(lambda first, _: first < count, turn, (0, state))[1]


def _distance(y, x, center):
    """Squared."""
    return tf.square(y - center[..., 0]) + tf.square(x - center[..., 1])
