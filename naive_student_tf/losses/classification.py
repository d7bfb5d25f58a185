"""Loss of ImageNet classification: one float per example, [B]."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class ClassificationLoss:
    """Softmax cross-entropy.

    Attributes:
        label_smoothing: float in 0..1, of the target probability that is spread
            over all classes (Szegedy et al., 2016: 0.1).
    """

    label_smoothing: float = 0.0

    def __call__(self, targets, outputs):
        """dict(label=int32 [B], ...), dict(logits=float32 [B, C]) -> dict of float32
        [B]: total_loss, and top1_error, 1 where the best class is the wrong one."""
        label, logits = targets["label"], outputs["logits"]
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
        if self.label_smoothing:
            anything = -tf.reduce_mean(tf.nn.log_softmax(logits), -1)
            loss += self.label_smoothing * (anything - loss)
        wrong = tf.argmax(logits, -1, output_type=tf.int32) != label
        return {"total_loss": loss, "top1_error": tf.cast(wrong, tf.float32)}
