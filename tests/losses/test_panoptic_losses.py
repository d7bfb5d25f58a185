import math

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.labels.label_space import LabelSpace
from naive_student_tf.losses.panoptic import (
    PanopticLoss,
    SemanticLoss,
    center_loss,
    cross_entropy,
    offset_loss,
)

TWO = LabelSpace("two", ("a", "b"), (), ((0, 0, 0), (1, 1, 1)), (0, 1))
LN2 = math.log(2)


def semantic(logits, category, *, weight=None, **settings):
    """Loss of one image of one row, and its gradient with respect to the logits."""
    logits = tf.constant([[logits]], tf.float32)  # [1, 1, W, 2]
    category = tf.constant([[category]])
    weight = tf.ones(category.shape) if weight is None else tf.constant([[weight]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = SemanticLoss(TWO, **settings)(
            {"category": category, "semantic_weight": weight}, {"logits": logits}
        )
    assert loss.shape == (1,)
    return float(loss[0]), tape.gradient(loss, logits).numpy()[0, 0]


def logit_of(loss):
    """The logit of class 0, beside 0 for class 1, at which class 0 costs `loss`."""
    return -math.log(math.exp(loss) - 1)


# Pixels whose cross-entropy is 1, 2, 3 and 4.
FOUR = [[logit_of(loss), 0.0] for loss in (1.0, 2.0, 3.0, 4.0)]
ZEROS = [0, 0, 0, 0]


def test_without_bootstrapping_it_is_the_mean_cross_entropy():
    loss, gradient = semantic(FOUR, ZEROS, top_k_fraction=1.0)
    assert loss == pytest.approx(2.5)
    # d/dlogit of class 0 is (probability - 1) / number of pixels
    expected = [(math.exp(-cost) - 1) / 4 for cost in (1, 2, 3, 4)]
    np.testing.assert_allclose(gradient[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "fraction, expected", [(0.01, 4), (0.25, 4), (0.5, 3.5), (0.75, 3), (0.7, 3)]
)
def test_only_the_hardest_pixels_count(fraction, expected):
    loss, gradient = semantic(FOUR, ZEROS, top_k_fraction=fraction)
    assert loss == pytest.approx(expected, rel=1e-5)
    counted = max(1, round(4 * fraction))
    assert (gradient[:, 0] != 0).tolist() == [False] * (4 - counted) + [True] * counted


def test_void_pixels_neither_count_nor_learn():
    loss, gradient = semantic(FOUR, [0, 255, 0, 255], top_k_fraction=1.0)
    assert loss == pytest.approx(2.0)  # of 1 and 3
    assert (gradient[:, 0] != 0).tolist() == [True, False, True, False]


def test_the_share_is_one_of_all_pixels_the_mean_one_of_the_valid_among_them():
    # half of four pixels are two; only one of them is valid
    loss, _ = semantic(FOUR, [0, 255, 255, 255], top_k_fraction=0.5)
    assert loss == pytest.approx(1.0)


def test_pixel_weights_scale_the_loss_and_choose_the_hardest():
    weight = [5.0, 1.0, 1.0, 1.0]
    loss, _ = semantic(FOUR, ZEROS, weight=weight, top_k_fraction=0.5)
    assert loss == pytest.approx((5 + 4) / 2)
    loss, _ = semantic(FOUR, ZEROS, weight=weight, top_k_fraction=1.0)
    assert loss == pytest.approx((5 + 2 + 3 + 4) / 4)


def test_class_weights_scale_the_pixels_of_a_class():
    logits = [[0.0, 0.0]] * 3
    loss, _ = semantic(
        logits,
        [0, 1, 255],
        weight=[1.0, 1, 0],
        top_k_fraction=1.0,
        class_weights=(1, 3),
    )
    assert loss == pytest.approx((LN2 + 3 * LN2) / 2)


def test_an_image_without_valid_pixels_costs_nothing_and_teaches_nothing():
    loss, gradient = semantic(FOUR, [255] * 4)
    assert loss == 0
    assert not gradient.any()


def test_a_network_of_another_class_count_is_refused():
    targets = {"category": tf.zeros([1, 1, 1], tf.int32), "semantic_weight": 1.0}
    outputs = {"logits": tf.zeros([1, 1, 1, 3])}
    with pytest.raises(ValueError, match="predicts 3 classes, two has 2"):
        SemanticLoss(TWO)(targets, outputs)


def test_extreme_logits_stay_finite():
    loss, gradient = semantic([[-1e4, 1e4]], [0], top_k_fraction=1.0)
    assert loss == pytest.approx(2e4)
    assert np.isfinite(gradient).all()


def test_cross_entropy_and_its_gradient_are_those_of_tensorflow():
    rng = np.random.default_rng(0)
    logits = tf.constant(rng.normal(0, 5, (2, 3, 4, 19)), tf.float32)
    category = tf.constant(rng.integers(0, 19, (2, 3, 4)), tf.int32)
    upstream = rng.normal(size=(2, 3, 4)).astype(np.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        ours = cross_entropy(logits, category)
        theirs = tf.nn.sparse_softmax_cross_entropy_with_logits(category, logits)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    ours, theirs = (tape.gradient(x, logits, upstream) for x in (ours, theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_every_image_has_a_loss_of_its_own():
    logits = tf.reshape(tf.constant(FOUR + FOUR[:1] * 4), [2, 2, 2, 2])
    targets = {
        "category": tf.zeros([2, 2, 2], tf.int32),
        "semantic_weight": tf.ones([2, 2, 2]),
    }
    loss = SemanticLoss(TWO, top_k_fraction=1.0)(targets, {"logits": logits})
    np.testing.assert_allclose(loss, [2.5, 1.0], rtol=1e-5)


def test_the_default_counts_15_percent_of_the_pixels():
    assert SemanticLoss(CITYSCAPES).top_k_fraction == 0.15
    costs = np.linspace(0.1, 2, 20)  # 15 % are three
    loss, _ = semantic([[logit_of(cost), 0.0] for cost in costs], [0] * 20)
    assert loss == pytest.approx(costs[-3:].mean(), rel=1e-4)


def center(predicted, wanted, weight):
    def to_map(values):
        return tf.constant([values], tf.float32)[..., None]

    predicted = to_map(predicted)
    targets = {"center_heatmap": to_map(wanted), "center_weight": to_map(weight)}
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = center_loss(targets, {"center_heatmap": predicted})
    assert loss.shape == (1,)
    return float(loss[0]), tape.gradient(loss, predicted).numpy()[0, ..., 0]


def test_the_center_loss_is_the_mean_squared_error_over_valid_pixels():
    loss, gradient = center(
        [[0.5, 0.0], [2.0, 9.0]], [[1, 0], [0, 0]], [[1, 1], [1, 0]]
    )
    assert loss == pytest.approx((0.25 + 0 + 4) / 3)
    np.testing.assert_allclose(gradient, [[-1 / 3, 0], [4 / 3, 0]], rtol=1e-6)


def test_the_center_loss_of_a_void_image_is_zero_with_a_zero_gradient():
    loss, gradient = center([[0.5, 7.0]], [[1, 0]], [[0, 0]])
    assert loss == 0
    assert not gradient.any()


def offset(predicted, wanted, weight):
    predicted = tf.constant([[predicted]], tf.float32)
    targets = {
        "offset": tf.constant([[wanted]], tf.float32),
        "offset_weight": tf.constant([[weight]], tf.float32)[..., None],
    }
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = offset_loss(targets, {"offset": predicted})
    assert loss.shape == (1,)
    return float(loss[0]), tape.gradient(loss, predicted).numpy()[0, 0]


def test_the_offset_loss_is_the_l1_distance_averaged_over_pixels_of_instances():
    loss, gradient = offset(
        [[1.0, -2.0], [0.0, 0.0], [50.0, 50.0]],
        [[0.0, 0.0], [3.0, 0.5], [0.0, 0.0]],
        [1, 1, 0],
    )
    assert loss == pytest.approx(((1 + 2) + (3 + 0.5)) / 2)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [-0.5, -0.5], [0, 0]])


def test_the_offset_loss_of_an_image_without_instances_is_zero_with_zero_gradient():
    loss, gradient = offset([[5.0, 5.0]], [[0.0, 0.0]], [0])
    assert loss == 0
    assert not gradient.any()


TARGETS = {
    "category": tf.constant([[[0, 0]], [[255, 255]]]),
    "semantic_weight": tf.constant([[[1.0, 1.0]], [[0.0, 0.0]]]),
    "center_heatmap": tf.constant([[[[1.0], [0.0]]], [[[0.0], [0.0]]]]),
    "center_weight": tf.constant([[[[1.0], [1.0]]], [[[0.0], [0.0]]]]),
    "offset": tf.zeros([2, 1, 2, 2]),
    "offset_weight": tf.constant([[[[1.0], [0.0]]], [[[0.0], [0.0]]]]),
}
OUTPUTS = {
    "logits": tf.zeros([2, 1, 2, 2]),
    "center_heatmap": tf.zeros([2, 1, 2, 1]),
    "offset": tf.ones([2, 1, 2, 2]),
}


def test_the_total_is_the_weighted_sum_of_parts_that_are_reported_unweighted():
    loss = PanopticLoss(SemanticLoss(TWO, top_k_fraction=1.0))(TARGETS, OUTPUTS)
    np.testing.assert_allclose(loss["semantic_loss"], [LN2, 0], rtol=1e-6)
    np.testing.assert_allclose(loss["center_loss"], [0.5, 0])
    np.testing.assert_allclose(loss["regression_loss"], [2, 0])
    np.testing.assert_array_equal(loss["valid_pixel_share"], [1, 0])
    expected = LN2 + 200 * 0.5 + 0.01 * 2  # the weights of Panoptic-DeepLab
    np.testing.assert_allclose(loss["total_loss"], [expected, 0], rtol=1e-6)


def test_other_weights_can_be_bound():
    loss = PanopticLoss(
        SemanticLoss(TWO, top_k_fraction=1.0),
        semantic_weight=2.0,
        center_weight=30.0,
        offset_weight=0.1,
    )(TARGETS, OUTPUTS)
    expected = 2 * LN2 + 30 * 0.5 + 0.1 * 2
    np.testing.assert_allclose(loss["total_loss"], [expected, 0], rtol=1e-6)


def test_a_model_without_instance_heads_has_only_the_semantic_part():
    loss = PanopticLoss(SemanticLoss(TWO, top_k_fraction=1.0))(
        TARGETS, {"logits": OUTPUTS["logits"]}
    )
    assert set(loss) == {"total_loss", "semantic_loss", "valid_pixel_share"}
    np.testing.assert_array_equal(loss["total_loss"], loss["semantic_loss"])
