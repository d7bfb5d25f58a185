"""A square part of a JPEG, of which only that part is decoded.

The random one follows GoogLeNet (Szegedy et al., 2015); the paper does not print
its own. Both are resampled as the crops of segmentation are (augment.py).
"""

import tensorflow as tf

from naive_student_tf.data import augment


def random_crop(jpeg, seed, *, image_size, area, aspect, flip):
    """A random part of a JPEG at a random aspect, perhaps flipped.

    Args:
        jpeg: string [].
        seed: int64 [2], of the stateless draws.
        image_size: int, height and width of the result, in pixels.
        area: (least, most) share of the image to show.
        aspect: (least, most) width / height of what is shown.
        flip: float, probability of a left-right flip.

    Returns:
        uint8 [image_size, image_size, 3].
    """
    seeds = tf.random.split(seed, 2)
    begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.io.extract_jpeg_shape(jpeg),
        tf.zeros([1, 0, 4]),
        seeds[0],
        min_object_covered=0.0,
        aspect_ratio_range=aspect,
        area_range=area,
        max_attempts=10,  # then the whole image
        use_image_if_no_bounding_boxes=True,
    )
    flipped = tf.random.stateless_uniform([], seeds[1]) < flip
    return _decode(jpeg, begin, size, flipped, image_size)


def central_crop(jpeg, *, image_size, share):
    """The middle of a JPEG, for evaluation.

    Args:
        jpeg: string [].
        image_size: int, in pixels.
        share: float in (0, 1], of the shorter side.

    Returns:
        uint8 [image_size, image_size, 3].
    """
    shape = tf.io.extract_jpeg_shape(jpeg)[:2]
    side = tf.cast(
        tf.round(share * tf.cast(tf.reduce_min(shape), tf.float32)), tf.int32
    )
    size = tf.stack([side, side])
    return _decode(jpeg, (shape - size) // 2, size, False, image_size)


def _decode(jpeg, begin, size, flipped, image_size):
    window = tf.concat([begin[:2], size[:2]], 0)
    part = tf.image.decode_and_crop_jpeg(jpeg, window, channels=3)
    last = tf.cast(size[:2] - 1, tf.float32)
    left, right = tf.where(flipped, last[1], 0.0), tf.where(flipped, 0.0, last[1])
    corners = tf.stack([0.0, left, last[0], right])
    return augment.resample_image(part, corners, crop_size=(image_size, image_size))
