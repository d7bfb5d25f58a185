"""Draws inside a step depend on its seed and the layer's name, on nothing else."""

import threading

import numpy as np
import tensorflow as tf

from naive_student_tf import randomness
from naive_student_tf.model.dropout import Dropout


def draw(seed, salt="a", shape=(4,)):
    with randomness.step_seed(tf.constant(seed, tf.int64)):
        return randomness.uniform(shape, salt=salt).numpy()


def test_the_same_seed_and_salt_give_the_same_draws():
    np.testing.assert_array_equal(draw([1, 2]), draw([1, 2]))


def test_another_step_replica_or_layer_draws_something_else():
    draws = [draw([1, 2]), draw([2, 2]), draw([1, 3]), draw([1, 2], salt="b")]
    assert len({tuple(values) for values in draws}) == 4


def test_draws_are_uniform_in_0_to_1():
    values = draw([5, 6], shape=(10_000,))
    assert values.min() >= 0 and values.max() < 1
    assert abs(values.mean() - 0.5) < 0.015  # 5 standard errors


def test_outside_of_a_step_draws_differ_from_call_to_call():
    first = randomness.uniform([4], salt="a").numpy()
    assert not np.array_equal(first, randomness.uniform([4], salt="a").numpy())


def test_the_step_before_is_back_after_an_inner_one():
    with randomness.step_seed(tf.constant([1, 2], tf.int64)):
        inner = draw([3, 4])
        outer = randomness.uniform([4], salt="a").numpy()
    np.testing.assert_array_equal(outer, draw([1, 2]))
    assert not np.array_equal(inner, outer)


def test_each_thread_has_its_own_step():
    drawn = {}

    def work():
        drawn["other"] = draw([3, 4])

    with randomness.step_seed(tf.constant([1, 2], tf.int64)):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        drawn["here"] = randomness.uniform([4], salt="a").numpy()
    np.testing.assert_array_equal(drawn["here"], draw([1, 2]))
    np.testing.assert_array_equal(drawn["other"], draw([3, 4]))


def test_dropout_keeps_its_rate_and_its_expectation():
    layer = Dropout(0.25, name="dropout")
    with randomness.step_seed(tf.constant([1, 2], tf.int64)):
        dropped = layer(np.ones((100, 100), np.float32), training=True).numpy()
    assert set(np.unique(dropped.round(5))) == {0, np.float32(1 / 0.75).round(5)}
    assert abs((dropped == 0).mean() - 0.25) < 0.025
    np.testing.assert_array_equal(layer(np.ones((2, 2))), np.ones((2, 2)))
