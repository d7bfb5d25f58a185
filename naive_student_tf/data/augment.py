"""Random scale, crop and flip, as one resampling of the source image.

Only the pixels of the crop are computed: the crop window is mapped back into the
source image, with the corners aligned as the networks align theirs. Flipping
swaps the left and right edge of the window. No colour noise (paper, section 4).
"""

import tensorflow as tf

PAD_VALUE = 127.5  # of images outside the frame: 0 after scaling to [-1, 1]


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
    extent = tf.cast(tf.shape(image)[:2] - 1, tf.float32)
    box = window / tf.tile(extent, [2])
    crop = tf.image.crop_and_resize(
        image[None], box[None], [0], crop_size, extrapolation_value=PAD_VALUE
    )[0]
    return tf.ensure_shape(tf.cast(tf.round(crop), tf.uint8), [*crop_size, 3])


def resample_label(label, window, *, crop_size, void):
    """Nearest neighbour. int32 [H, W] -> int32 [h, w], `void` outside."""
    rows, rows_inside = _nearest(window[0], window[2], crop_size[0], tf.shape(label)[0])
    cols, cols_inside = _nearest(window[1], window[3], crop_size[1], tf.shape(label)[1])
    crop = tf.gather(tf.gather(label, rows), cols, axis=1)
    crop = tf.where(rows_inside[:, None] & cols_inside[None, :], crop, void)
    return tf.ensure_shape(crop, crop_size)


def _nearest(first, last, count, length):
    """Source indices of `count` pixels from first to last, and which exist."""
    steps = tf.range(count, dtype=tf.float32) / max(count - 1, 1)
    position = tf.cast(tf.floor(first + (last - first) * steps + 0.5), tf.int32)
    return tf.clip_by_value(position, 0, length - 1), (position >= 0) & (
        position < length
    )
