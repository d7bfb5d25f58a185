"""Cross-entropy by hand, with and without label smoothing."""

import math

import numpy as np
import tensorflow as tf

from naive_student_tf.losses.classification import ClassificationLoss

LOGITS = tf.constant([[0.0, math.log(3.0)], [math.log(3.0), 0.0]])  # 1/4 and 3/4
LABEL = tf.constant([1, 1])


def values(**settings):
    found = ClassificationLoss(**settings)({"label": LABEL}, {"logits": LOGITS})
    return {name: value.numpy() for name, value in found.items()}


def test_the_loss_is_minus_the_log_of_the_right_probability():
    expected = [-math.log(3 / 4), -math.log(1 / 4)]
    np.testing.assert_allclose(values()["total_loss"], expected, rtol=1e-6)


def test_smoothing_spreads_a_share_of_the_target_over_all_classes():
    right, other = -math.log(3 / 4), -math.log(1 / 4)
    expected = [0.9 * right + 0.1 * other, 0.9 * other + 0.1 * right]
    found = values(label_smoothing=0.2)["total_loss"]  # 0.2 over two classes
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_error_counts_what_is_not_the_best_class():
    np.testing.assert_array_equal(values()["top1_error"], [0, 1])
