"""Dilation instead of stride: the same network, sampled more finely."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.model import atrous
from naive_student_tf.model.small import small
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41
from naive_student_tf.model.xception import xception71

IMAGE = np.random.default_rng(0).uniform(-1, 1, (1, 65, 65, 3)).astype(np.float32)
NARROW = {
    "small": (small, {"width": 4, "units": 2}),
    "wide_resnet38": (wide_resnet38, {"width": 2, "last_gamma": "ones"}),
    "wide_resnet41": (wide_resnet41, {"width": 2, "last_gamma": "ones"}),
    "xception71": (xception71, {"width": 4}),
}


@functools.cache
def build(name, **settings):
    backbone, narrow = NARROW[name]
    image = keras.Input((None, None, 3))
    return keras.Model(image, backbone(image, **narrow, **settings))


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("output_stride", [16, 8])
def test_the_finer_network_agrees_with_the_coarse_one_where_both_sample(
    name, output_stride
):
    coarsest = 16 if name == "small" else 32
    coarse = build(name, output_stride=32)
    fine = build(name, output_stride=output_stride)
    fine.set_weights(coarse.get_weights())
    expected, result = coarse(IMAGE), fine(IMAGE)
    step = coarsest // output_stride
    assert np.std(expected["res5"]) > 1e-4
    np.testing.assert_allclose(
        result["res5"][:, ::step, ::step], expected["res5"], rtol=1e-3, atol=1e-4
    )
    for tap in ("res2", "res3"):
        np.testing.assert_allclose(result[tap], expected[tap], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("output_stride", [16, 8])
def test_taps_are_at_strides_4_and_8_whatever_the_output_stride(name, output_stride):
    model = build(name, output_stride=output_stride)
    shapes = model.compute_output_shape((1, 65, 129, 3))
    sizes = {tap: tuple(shape[1:3]) for tap, shape in shapes.items()}
    last = {16: (5, 9), 8: (9, 17)}[output_stride]
    assert sizes == {"res2": (17, 33), "res3": (9, 17), "res5": last}


def test_a_suppressed_stride_doubles_the_rate_of_what_follows():
    plan = atrous.strides_and_rates([2, 2, 2, 2, 2, 1], output_stride=8)
    reached = [(2, 1, 1), (2, 1, 1), (2, 1, 1)]
    assert plan == [*reached, (1, 1, 2), (1, 2, 4), (1, 4, 4)]


def test_an_output_stride_of_32_dilates_nothing():
    plan = atrous.strides_and_rates([2, 2, 2, 2, 2, 1], output_stride=32)
    assert plan == [(2, 1, 1)] * 5 + [(1, 1, 1)]


def test_an_output_stride_that_deeplab_does_not_know_is_refused():
    with pytest.raises(ValueError, match="12"):
        atrous.strides_and_rates([2, 2], output_stride=12)


def test_multi_grid_multiplies_the_rate_of_each_unit():
    assert atrous.multi_grid_rates((1, 2, 4), units=3, rate=2) == [2, 4, 8]
    assert atrous.multi_grid_rates(None, units=3, rate=2) == [2, 2, 2]


def test_multi_grid_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 factors for 3 units"):
        atrous.multi_grid_rates((1, 2), units=3, rate=2)


def test_the_graph_of_an_unknown_size_is_the_graph_of_a_known_one():
    model = build("small")
    unknown = tf.TensorSpec((None, None, None, 3), tf.float32)
    graph = tf.function(lambda x: model(x)["res5"], input_signature=[unknown])
    np.testing.assert_allclose(graph(IMAGE), model(IMAGE)["res5"], atol=1e-5)
