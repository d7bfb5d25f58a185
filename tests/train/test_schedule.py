"""The poly schedule, by hand."""

import gin
import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import config
from naive_student_tf.compat import keras
from naive_student_tf.train import schedule


def test_poly_is_the_base_times_what_is_left_to_the_power_of_0_9():
    rate = schedule.Poly(0.001, steps=100)
    assert rate(0).numpy() == pytest.approx(0.001)
    assert rate(50).numpy() == pytest.approx(0.001 * 0.5**0.9)
    assert rate(90).numpy() == pytest.approx(0.001 * 0.1**0.9)
    assert rate(100).numpy() == 0
    assert rate(101).numpy() == 0


def test_a_power_of_1_falls_in_a_straight_line():
    rate = schedule.Poly(8.0, steps=8, power=1.0)
    np.testing.assert_allclose([rate(step) for step in range(9)], range(8, -1, -1))


def test_a_warm_up_of_4_steps_rises_by_quarters():
    rate = schedule.Poly(1.0, steps=1_000_000, warmup_steps=4)
    values = [rate(step).numpy() for step in range(6)]
    np.testing.assert_allclose(values, [0.25, 0.5, 0.75, 1, 1, 1], atol=1e-5)


def test_the_schedule_survives_a_round_trip_through_its_config():
    rate = schedule.Poly(0.5, steps=10, power=2.0, warmup_steps=3)
    copy = schedule.Poly.from_config(rate.get_config())
    assert [copy(step).numpy() for step in range(9)] == [
        rate(step).numpy() for step in range(9)
    ]


def test_the_optimizer_is_adam_without_weight_decay():
    optimizer = schedule.adam(schedule.Poly(0.1, steps=10), clip_norm=2.0)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert not optimizer.weight_decay
    assert optimizer.global_clipnorm == 2.0


def test_the_first_step_of_adam_is_as_long_as_the_rate():
    variable = keras.backend.variable([1.0, -1.0])
    optimizer = schedule.adam(schedule.Poly(0.25, steps=10))
    optimizer.apply_gradients([(np.float32([3.0, -5.0]), variable)])
    np.testing.assert_allclose(variable.numpy(), [0.75, -0.75], rtol=1e-5)


def test_a_multiplied_group_moves_so_much_farther_and_the_rest_as_ever():
    gradients = [np.float32([3.0]), np.float32([-5.0]), np.float32([0.5])]

    def moved(**settings):
        names = ["stem/kernel", "semantic/logits/kernel", "instance/kernel"]
        variables = [tf.Variable([1.0], name=name) for name in names]
        optimizer = schedule.adam(schedule.Poly(0.125, steps=10), **settings)
        optimizer.build(variables)
        for _ in range(2):
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return [variable.numpy()[0] - 1 for variable in variables]

    plain = moved()
    grouped = moved(multipliers={"semantic/": 4.0, "instance/": 0.0})
    np.testing.assert_allclose(grouped, np.multiply(plain, [1, 4, 0]), rtol=1e-5)


def test_a_group_without_variables_is_refused():
    optimizer = schedule.adam(0.1, multipliers={"semantics/": 4.0})
    with pytest.raises(ValueError, match=r"'semantics/'.*there are semantic, stem"):
        optimizer.build(
            [tf.Variable(1.0, name=n) for n in ("stem/kernel", "semantic/kernel")]
        )


def test_momentum_decays_kernels_but_neither_batch_norm_nor_biases():
    names = ["conv/kernel", "conv/bn/gamma", "conv/bn/beta", "logits/bias"]
    variables = [tf.Variable([8.0], name=name) for name in names]
    optimizer = schedule.momentum(schedule.Poly(0.5, steps=10), weight_decay=0.25)
    optimizer.apply_gradients([(tf.zeros([1]), variable) for variable in variables])
    found = [variable.numpy()[0] for variable in variables]
    np.testing.assert_allclose(found, [8 * (1 - 0.5 * 0.25), 8, 8, 8])


def test_fresh_heads_are_all_that_is_not_the_backbone():
    files = ("jobs/train", "models/small", "optimizer/fresh_heads")
    config.load([f"gin_configs/{name}.gin" for name in files])
    settings = {
        name: gin.query_parameter(f"loop.train.{name}").scoped_configurable_fn
        for name in ("model", "optimizer")
    }
    variables = settings["model"]().trainable_variables
    optimizer = settings["optimizer"](0.1)
    optimizer.build(variables)  # every prefix has variables
    groups = tuple(optimizer.get_config()["multipliers"])
    rest = {
        v.name.partition("/")[0] for v in variables if not v.name.startswith(groups)
    }
    assert rest == {"stem", "stage2", "stage3", "stage4"}
