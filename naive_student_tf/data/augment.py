"""Random scale, crop and flip, as one resampling of the source image.

Only the pixels of the crop are computed: the crop window is mapped back into the
source image, with the corners aligned as the networks align theirs. Flipping
swaps the left and right edge of the window. No colour noise (paper, section 4).
"""

import tensorflow as tf

PAD_VALUE = 128  # of images outside the frame: about 0 after scaling to [-1, 1]
_BORDER = 1e-3  # pixels; what float32 may carry a position past the border


def random_window(size, *, crop_size, scales, flip, seed):
    """Draws where in the source image the crop's corner pixels lie.

    Args:
        size: int32 [2], (height, width) of the source image, in pixels.
        crop_size: (height, width) of the crop.
        scales: tuple of float, the magnifications to choose from.
        flip: float, probability of a left-right flip.
        seed: int32 [2], of the stateless draws.

    Returns:
        float32 [4]: y and x of the first, then y and x of the last pixel of the
        crop, in source pixels. They may lie outside of the image; where the
        scaled image is smaller than the crop, it is placed at random inside it.
    """
    seeds = tf.random.split(seed, 4)
    choice = tf.random.stateless_uniform([], seeds[0], 0, len(scales), tf.int32)
    scale = tf.gather(tf.constant(scales, tf.float32), choice)
    crop = tf.constant(crop_size, tf.int32)
    scaled = 1 + tf.cast(scale * tf.cast(size - 1, tf.float32), tf.int32)
    room = scaled - crop
    low, high = tf.minimum(room, 0), tf.maximum(room, 0)
    draw = tf.random.stateless_uniform([2], seeds[1])
    start = low + tf.cast(draw * tf.cast(high - low + 1, tf.float32), tf.int32)
    first = tf.cast(start, tf.float32) / scale
    last = tf.cast(start + crop - 1, tf.float32) / scale
    flipped = tf.random.stateless_uniform([], seeds[2]) < flip
    left = tf.where(flipped, last[1], first[1])
    right = tf.where(flipped, first[1], last[1])
    return tf.stack([first[0], left, last[0], right])


def center_window(size, *, crop_size):
    """The window that shows the image unscaled, padded at the bottom and right."""
    del size
    return tf.constant([0, 0, crop_size[0] - 1, crop_size[1] - 1], tf.float32)


def resample_image(image, window, *, crop_size):
    """Bilinear. uint8 [H, W, 3], window float32 [4] -> uint8 [h, w, 3]."""
    (rows, above_below), (cols, left_right) = _inside(window, image, crop_size)
    extent = tf.cast(tf.shape(image)[:2] - 1, tf.float32)
    corners = tf.cast([[rows[0], cols[0]], [rows[-1], cols[-1]]], tf.float32)
    # Not on the border itself: one rounding past it and the pixel counts as outside.
    box = tf.reshape(
        tf.clip_by_value(corners, _BORDER, extent - _BORDER) / extent, [1, 4]
    )
    size = [tf.size(rows), tf.size(cols)]
    crop = tf.image.crop_and_resize(image[None], box, [0], size)[0]
    crop = tf.cast(tf.round(crop), tf.uint8)
    crop = tf.pad(crop, [above_below, left_right, [0, 0]], constant_values=PAD_VALUE)
    return tf.ensure_shape(crop, [*crop_size, 3])


def resample_label(label, window, *, crop_size, void):
    """Nearest neighbour. Integers [H, W] -> [h, w] of their type, `void` where the
    image is padded."""
    (rows, above_below), (cols, left_right) = _inside(window, label, crop_size)
    crop = tf.gather(label, _nearest(rows, tf.shape(label)[0]))
    # Whole lines are copied; single pixels, as by axis=1, take twice as long.
    crop = tf.gather(tf.transpose(crop), _nearest(cols, tf.shape(label)[1]))
    crop = tf.pad(tf.transpose(crop), [above_below, left_right], constant_values=void)
    return tf.ensure_shape(crop, crop_size)


def _inside(window, source, crop_size):
    """For rows and columns: what `_line` says of them."""
    lengths = tf.shape(source)
    return [
        _line(window[axis], window[axis + 2], count, lengths[axis])
        for axis, count in enumerate(crop_size)
    ]


def _line(first, last, count, length):
    """Which of `count` pixels from first to last show the source.

    Returns:
        float64 [n], source coordinates of those between the centers of the first and
        the last source pixel. Half pixels are exact, so that a flip rounds as the
        unflipped crop does.
        [int32, int32], how many pixels lie before and after those.
    """
    first, last = tf.cast(first, tf.float64), tf.cast(last, tf.float64)
    steps = tf.range(count, dtype=tf.float64)
    positions = first + (last - first) * steps / max(count - 1, 1)
    end = tf.cast(length - 1, tf.float64)
    inside = (positions > -_BORDER) & (positions < end + _BORDER)
    before = tf.argmax(inside, output_type=tf.int32)
    number = tf.math.count_nonzero(inside, dtype=tf.int32)
    margins = [before, count - before - number]
    return positions[before : before + number], margins


def _nearest(positions, length):
    """Source indices, int32."""
    index = tf.cast(tf.floor(positions + 0.5), tf.int32)
    return tf.clip_by_value(index, 0, length - 1)
