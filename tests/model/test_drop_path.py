"""A residual branch is dropped for an example, or for a batch, or never."""

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.model.drop_path import (
    DropPath,
    plain_sum,
    tfa_stochastic_depth,
)

SHORTCUT = np.full((1000, 2, 1, 3), 10, np.float32)
RESIDUAL = np.full((1000, 2, 1, 3), 4, np.float32)


def kept(layer):
    """What one training call adds to the shortcut, per example and value."""
    tf.random.set_seed(1)
    return layer([SHORTCUT, RESIDUAL], training=True).numpy() - SHORTCUT


def test_without_drop_path_the_sum_is_plain():
    result = plain_sum()([SHORTCUT, RESIDUAL], training=True)
    np.testing.assert_array_equal(result, SHORTCUT + RESIDUAL)


def test_each_example_keeps_its_whole_residual_divided_by_p_or_nothing():
    residual = kept(DropPath(0.8))
    np.testing.assert_array_equal(np.unique(residual), [0, 5])
    assert (residual == residual[:, :1, :1, :1]).all()


def test_the_expectation_over_many_draws_is_the_plain_sum():
    residual = kept(DropPath(0.8))[:, 0, 0, 0]
    assert abs(residual.mean() - 4) < 0.2  # standard error 0.063
    assert abs((residual > 0).mean() - 0.8) < 0.04


def test_inference_is_a_plain_sum():
    result = DropPath(0.8)([SHORTCUT, RESIDUAL], training=False)
    np.testing.assert_array_equal(result, SHORTCUT + RESIDUAL)


def test_a_call_without_a_training_flag_is_inference():
    result = DropPath(0.8)([SHORTCUT, RESIDUAL])
    np.testing.assert_array_equal(result, SHORTCUT + RESIDUAL)


def test_a_batch_shares_one_draw_and_is_not_divided():
    layer = DropPath(0.5, mode="batch")
    tf.random.set_seed(0)
    draws = [layer([SHORTCUT, RESIDUAL], training=True) - SHORTCUT for _ in range(40)]
    values = [np.unique(draw).tolist() for draw in draws]
    assert {tuple(value) for value in values} == {(0.0,), (4.0,)}


def test_batch_mode_multiplies_by_p_at_inference():
    result = DropPath(0.8, mode="batch")([SHORTCUT, RESIDUAL], training=False)
    np.testing.assert_allclose(result, SHORTCUT + 0.8 * RESIDUAL, rtol=1e-6)


def test_a_dropped_residual_gets_no_gradient():
    residual = tf.Variable(RESIDUAL)
    with tf.GradientTape() as tape:
        added = DropPath(0.5)([SHORTCUT, residual], training=True) - SHORTCUT
    gradient = tape.gradient(added, residual).numpy()
    np.testing.assert_array_equal(gradient, np.where(added.numpy() > 0, 2.0, 0.0))


def test_settings_survive_a_round_trip_through_the_config():
    layer = DropPath(0.7, mode="batch", name="sum")
    copy = DropPath.from_config(layer.get_config())
    assert (copy.keep_probability, copy.mode, copy.name) == (0.7, "batch", "sum")


@pytest.mark.parametrize("probability", [0, -0.1, 1.1])
def test_a_probability_outside_0_to_1_is_refused(probability):
    with pytest.raises(ValueError, match=str(probability)):
        DropPath(probability)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="'replica'"):
        DropPath(0.8, mode="replica")


@pytest.mark.tfa
@pytest.mark.parametrize("training", [False, True])
def test_batch_mode_is_the_layer_of_tensorflow_addons(training):
    pytest.importorskip("tensorflow_addons")
    ours = DropPath(0.8, mode="batch")
    theirs = tfa_stochastic_depth(survival_probability=0.8)

    def values(layer):
        draws = [layer([SHORTCUT, RESIDUAL], training=training) for _ in range(60)]
        return np.unique(np.round(draws, 5))

    np.testing.assert_array_equal(values(ours), values(theirs))
