"""Turns probabilities, heatmap and offsets into a panoptic map.

Panoptic-DeepLab (arXiv:1911.10194), section 3.3: peaks of the heatmap are instance
centers, a thing pixel joins the center nearest to where its offset points, and the
class of an instance is the majority vote of its pixels. Static shapes throughout, so
that XLA compiles it; wrap it in `tf.function(jit_compile=True)` on CPU and GPU.
"""

import tensorflow as tf

from naive_student_tf.labels import panoptic
from naive_student_tf.model import centers, nearest


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
            instance_category: int32 [B, K], majority of the pixels' classes (ties:
                the smaller class); `ignore_label` where not valid.
            instance_score: float32 [B, K], center score times the mean probability
                of the pixels' own classes; 0 where not valid.
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
    is_thing = [c in set(thing_classes) for c in range(probability.shape[-1])]
    category = tf.argmax(probability, axis=-1, output_type=tf.int32)

    def group_one(image):
        category, confidence, heatmap, offset = image
        center, score, count = centers.find_centers(
            heatmap,
            threshold=center_threshold,
            nms_kernel=nms_kernel,
            max_centers=max_centers,
        )
        instance, votes, confidence_sum = nearest.join_nearest(
            category, confidence, offset, center, count, is_thing=is_thing
        )
        result = _instances(
            center, score, votes, confidence_sum, is_thing, ignore_label
        )
        void = panoptic.pack(ignore_label, 0, label_divisor=label_divisor)
        stuff = _stuff_table(category, is_thing, stuff_area_limit, label_divisor, void)
        things = panoptic.pack(
            result["instance_category"],
            tf.range(1, max_centers + 1),
            label_divisor=label_divisor,
        )
        things = tf.concat([[void], things], axis=0)
        result["panoptic"] = tf.where(
            tf.gather(is_thing, category),
            tf.gather(things, instance),
            tf.gather(stuff, category),
        )
        return result

    outputs = tf.map_fn(
        group_one,
        (category, tf.reduce_max(probability, -1), center_heatmap[..., 0], offset),
        fn_output_signature={
            "instance_category": tf.int32,
            "instance_score": tf.float32,
            "instance_valid": tf.bool,
            "instance_center": tf.int32,
            "panoptic": tf.int32,
        },
    )
    return {"category": category, **outputs}


def _instances(center, score, votes, confidence_sum, is_thing, ignore_label):
    """The per-instance outputs of `group` for one image."""
    area = tf.reduce_sum(votes, axis=-1)  # [K]
    valid = area > 0
    majority = tf.argmax(tf.where(is_thing, votes, -1), axis=-1, output_type=tf.int32)
    mean = confidence_sum / tf.cast(tf.maximum(area, 1), tf.float32)
    return {
        "instance_category": tf.where(valid, majority, ignore_label),
        "instance_score": tf.where(valid, score * mean, 0.0),
        "instance_valid": valid,
        "instance_center": tf.where(score[:, None] > 0, center, 0),
    }


def _stuff_table(category, is_thing, area_limit, label_divisor, void):
    """int32 [C]: panoptic value of a pixel of each class that is not in an instance."""
    classes = tf.range(len(is_thing))
    area = tf.math.unsorted_segment_sum(
        tf.ones_like(category), category, num_segments=len(is_thing)
    )
    keep = tf.logical_not(is_thing) & (area >= area_limit)
    return tf.where(keep, panoptic.pack(classes, 0, label_divisor=label_divisor), void)
