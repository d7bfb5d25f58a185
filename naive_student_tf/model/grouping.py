"""Turns probabilities, heatmap and offsets into a panoptic map.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3: peaks of the heatmap are instance
centers, a thing pixel joins the center nearest to where its offset points, and the
class of an instance is the majority vote of its pixels. Static shapes throughout, so
that XLA compiles it: on CPU and GPU call it through `tf.function(jit_compile=True)`,
where it costs six to ten times less. On TPU everything is compiled anyway.
"""

import tensorflow as tf

from naive_student_tf.labels import panoptic
from naive_student_tf.model import centers, nearest

_OUTPUTS = {
    "panoptic": tf.int32,
    "instance_category": tf.int32,
    "instance_center": tf.int32,
    "center_score": tf.float32,
    "area": tf.int32,
}


def group(
    probability,
    center_heatmap,
    offset,
    *,
    thing_classes,
    label_divisor,
    ignore_label,
    center_threshold=0.1,
    nms_kernel=7,
    max_centers=200,
    stuff_area_limit=4096,
):
    """Groups pixels into instances.

    Row k of the instance arrays is the center with the k-th highest score (equal
    scores: raster order), and its pixels carry the instance number k + 1. A center
    that no pixel joined has `instance_valid` False; its number is not given again.

    Args:
        probability: float32 [B, H, W, C], static shape.
        center_heatmap: float32 [B, H, W, 1].
        offset: float32 [B, H, W, 2], (dy, dx) to the own center, in pixels.
        thing_classes: sequence of int.
        label_divisor: int, larger than `max_centers`.
        ignore_label: int, category of void pixels.
        center_threshold: float; a center is above it.
        nms_kernel: int, odd, side of the window of which a center is the maximum.
        max_centers: int K, per image.
        stuff_area_limit: int, pixels. A stuff class with fewer pixels in the image
            becomes void (Panoptic-DeepLab on Cityscapes: 4096). 0 keeps all.

    Returns:
        dict of
            panoptic: int32 [B, H, W]. Thing pixels of an image without centers and
                pixels of small stuff are void.
            category: int32 [B, H, W], the plain argmax.
            confidence: float32 [B, H, W], the probability of that category.
            instance_category: int32 [B, K], majority of the pixels' classes (ties:
                the smaller class); `ignore_label` where not valid.
            instance_score: float32 [B, K], center score times the mean probability
                that the pixels give the instance's class; 0 where not valid.
            instance_valid: bool [B, K].
            instance_center: int32 [B, K, 2], (y, x); 0 where there is no center.

    Raises:
        ValueError: if the instance numbers do not fit `label_divisor`.
    """
    if max_centers >= label_divisor:
        raise ValueError(
            f"max_centers is {max_centers}, but instance numbers must be below the "
            f"label divisor {label_divisor}. Lower max_centers."
        )
    category = tf.argmax(probability, axis=-1, output_type=tf.int32)

    def group_image(image):
        category, heatmap, offset = image
        found = centers.find_centers(
            heatmap,
            threshold=center_threshold,
            nms_kernel=nms_kernel,
            max_centers=max_centers,
        )
        return _group_image(
            category,
            offset,
            *found,
            is_thing=[c in thing_classes for c in range(probability.shape[-1])],
            label_divisor=label_divisor,
            ignore_label=ignore_label,
            stuff_area_limit=stuff_area_limit,
        )

    images = (category, center_heatmap[..., 0], offset)
    outputs = tf.map_fn(group_image, images, fn_output_signature=_OUTPUTS)
    center_score, area = (outputs.pop(name) for name in ("center_score", "area"))
    total = _sum_of_classes(probability, outputs["panoptic"], label_divisor, area.shape)
    mean = total / tf.cast(tf.maximum(area, 1), tf.float32)
    return {
        "category": category,
        "confidence": tf.reduce_max(probability, axis=-1),
        **outputs,
        "instance_valid": area > 0,
        "instance_score": center_score * mean,
    }


def _group_image(
    category,
    offset,
    center,
    score,
    count,
    *,
    is_thing,
    label_divisor,
    ignore_label,
    stuff_area_limit,
):
    """_OUTPUTS of one image, from its centers."""
    instance, votes = nearest.join_nearest(
        category, offset, center, count, is_thing=is_thing
    )
    area = tf.reduce_sum(votes, axis=-1)  # [K]
    majority = tf.argmax(votes, axis=-1, output_type=tf.int32)
    majority = tf.where(area > 0, majority, ignore_label)
    stuff = _stuff_categories(category, is_thing, stuff_area_limit, ignore_label)
    category = tf.where(
        instance > 0,
        tf.gather(majority, tf.maximum(instance - 1, 0)),
        tf.gather(stuff, category),
    )
    return {
        "panoptic": panoptic.pack(category, instance, label_divisor=label_divisor),
        "instance_category": majority,
        "instance_center": center,
        "center_score": score,
        "area": area,
    }


def _sum_of_classes(probability, panoptic_map, label_divisor, shape):
    """float32 [B, K]: what the pixels of each instance give its class, summed."""
    category, instance = panoptic.unpack(panoptic_map, label_divisor=label_divisor)
    classes = tf.range(probability.shape[-1])
    # A sum over classes: unlike a gather, XLA needs no copy of the probabilities.
    of_class = tf.where(category[..., None] == classes, probability, 0.0)
    images = (tf.reduce_sum(of_class, axis=-1), instance)
    return tf.map_fn(
        lambda image: nearest.sum_by_instance(*image, shape[-1]),
        images,
        fn_output_signature=tf.TensorSpec(shape[1:], tf.float32),
    )


def _stuff_categories(category, is_thing, area_limit, ignore_label):
    """int32 [C]: what a pixel of each class becomes that is not in an instance."""
    classes = tf.range(len(is_thing))
    area = tf.math.unsorted_segment_sum(
        tf.ones_like(category), category, num_segments=len(is_thing)
    )
    keep = tf.logical_not(is_thing) & (area >= area_limit)
    return tf.where(keep, classes, ignore_label)
