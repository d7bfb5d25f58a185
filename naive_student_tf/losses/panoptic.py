"""Losses of Panoptic-DeepLab (arXiv:1911.10194): one float per example, [B].

The train step averages over examples. Normalisation as in deeplab2: the
semantic loss over the non-zero terms among the hardest pixels, the center loss
over valid pixels, the offset loss over thing pixels.
"""

import dataclasses

import tensorflow as tf

from naive_student_tf.labels.label_space import LabelSpace


@dataclasses.dataclass(frozen=True)
class SemanticLoss:
    """Bootstrapped cross-entropy over the hardest pixels.

    Attributes:
        label_space: LabelSpace; void pixels have no loss and no vote.
        top_k_fraction: float in (0, 1], share of all pixels that count
            (Panoptic-DeepLab: 0.15).
        class_weights: tuple of float per class, or None for 1.
    """

    label_space: LabelSpace
    top_k_fraction: float = 0.15
    class_weights: tuple | None = None

    def __call__(self, targets, outputs):
        classes = outputs["logits"].shape[-1]
        if classes != self.label_space.num_classes:
            raise ValueError(
                f"The network predicts {classes} classes, {self.label_space.name} has "
                f"{self.label_space.num_classes}. Check NUM_CLASSES."
            )
        category = targets["category"]
        valid = category != self.label_space.ignore_label
        safe = tf.where(valid, category, 0)
        weight = tf.where(valid, targets["semantic_weight"], 0.0)
        if self.class_weights is not None:
            weight *= tf.gather(tf.constant(self.class_weights, tf.float32), safe)
        loss = weight * cross_entropy(outputs["logits"], safe)
        loss = tf.reshape(loss, [-1, loss.shape[1] * loss.shape[2]])  # [B, H*W]
        k = max(1, round(self.top_k_fraction * loss.shape[1]))
        hardest = tf.math.top_k(loss, k, sorted=False)[0] if k < loss.shape[1] else loss
        count = tf.math.count_nonzero(hardest, 1, dtype=tf.float32)
        return tf.math.divide_no_nan(tf.reduce_sum(hardest, 1), count)


def cross_entropy(logits, category):
    """Softmax cross-entropy of every pixel.

    TensorFlow's own operation keeps a gradient as large as the logits from the
    forward pass on, and on TPU a map of one-hot vectors beside it: 0.9 GiB at full
    size with 19 classes. This one keeps the logits alone.

    Args:
        logits: float32 [B, H, W, C].
        category: int32 [B, H, W], in 0..C-1.

    Returns:
        float32 [B, H, W].
    """
    is_own = category[..., None] == tf.range(logits.shape[-1])
    own = tf.reduce_sum(tf.where(is_own, logits, 0.0), -1)
    return tf.reduce_logsumexp(logits, -1) - own


def center_loss(targets, outputs):
    """Mean squared error of the center heatmap over valid pixels, [B]."""
    weight = targets["center_weight"]
    error = tf.square(outputs["center_heatmap"] - targets["center_heatmap"]) * weight
    return _mean_where(error, weight)


def offset_loss(targets, outputs):
    """L1 distance of the offsets over pixels of instances, [B]."""
    weight = targets["offset_weight"]
    error = tf.abs(outputs["offset"] - targets["offset"]) * weight
    return _mean_where(error, weight)


@dataclasses.dataclass(frozen=True)
class PanopticLoss:
    """Weighted sum; weights as in Panoptic-DeepLab: 1, 200, 0.01.

    A model without instance heads has only the semantic part.
    """

    semantic: SemanticLoss
    semantic_weight: float = 1.0
    center_weight: float = 200.0
    offset_weight: float = 0.01

    def __call__(self, targets, outputs):
        """Dicts of targets.py and of the model -> dict of float32 [B] with
        total_loss, its unweighted parts semantic_loss, center_loss,
        regression_loss, and valid_pixel_share, to look at."""
        parts = {"semantic_loss": self.semantic(targets, outputs)}
        total = self.semantic_weight * parts["semantic_loss"]
        if "offset" in outputs:
            parts["center_loss"] = center_loss(targets, outputs)
            parts["regression_loss"] = offset_loss(targets, outputs)
            total += self.center_weight * parts["center_loss"]
            total += self.offset_weight * parts["regression_loss"]
        valid = targets["category"] != self.semantic.label_space.ignore_label
        share = tf.reduce_mean(tf.cast(valid, tf.float32), [1, 2])
        return {"total_loss": total, **parts, "valid_pixel_share": share}


def _mean_where(error, weight):
    axes = [1, 2, 3]
    return tf.math.divide_no_nan(
        tf.reduce_sum(error, axes), tf.reduce_sum(weight, axes)
    )
