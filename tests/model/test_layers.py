"""Blocks pad symmetrically, stride, dilate and normalize as they say."""

import numpy as np
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.model import layers


def kinds(x, y):
    """The layer types between two tensors, in order."""
    return [type(layer).__name__ for layer in keras.Model(x, y).layers[1:]]


def test_a_stride_of_two_samples_the_even_pixels_of_an_even_image():
    x = keras.Input((4, 4, 1))
    y = layers.conv_bn(x, 1, 3, stride=2, name="conv")
    model = keras.Model(x, y)
    only_the_middle = np.zeros((3, 3, 1, 1))
    only_the_middle[1, 1] = 1
    model.get_layer("conv").set_weights([only_the_middle])
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    normalized = model(image).numpy()[0, :, :, 0]
    expected = np.array([[0, 2], [8, 10]]) / np.sqrt(1 + 1e-3)
    np.testing.assert_allclose(normalized, expected, rtol=1e-6)


def test_odd_sizes_are_halved_as_1025_becomes_513():
    for kernel_size in (1, 3, 5):
        x = keras.Input((1025, 9, 1))
        y = layers.conv_bn(x, 1, kernel_size, stride=2, name=f"conv{kernel_size}")
        assert y.shape[1:3] == (513, 5)


def test_max_pooling_by_three_is_centred_on_the_even_pixels():
    x = keras.Input((4, 4, 1))
    pooled = keras.Model(x, layers.max_pool(x, name="pool"))
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(pooled(image)[0, :, :, 0], [[5, 7], [13, 15]])


def test_a_separable_block_has_one_batch_norm_behind_the_pointwise_half():
    x = keras.Input((8, 8, 4))
    y = layers.separable_conv_bn_relu(x, 6, 5, rate=2, name="block")
    expected = ["DepthwiseConv2D", "Conv2D", "BatchNormalization", "ReLU"]
    assert kinds(x, y) == expected


def test_a_separable_block_of_one_pixel_is_a_plain_convolution():
    x = keras.Input((8, 8, 4))
    y = layers.separable_conv_bn_relu(x, 6, 1, name="block")
    assert kinds(x, y) == ["Conv2D", "BatchNormalization", "ReLU"]


def test_a_bare_block_ends_in_batch_norm():
    x = keras.Input((8, 8, 4))
    y = layers.conv_bn(x, 6, 3, name="block")
    assert kinds(x, y) == ["Conv2D", "BatchNormalization"]


def test_batch_norm_is_synchronized_only_where_there_are_replicas():
    assert not getattr(layers.batch_normalization(), "synchronized", False)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        assert layers.batch_normalization().synchronized


def test_momentum_and_epsilon_reach_the_layer():
    layer = layers.batch_normalization(momentum=0.95, epsilon=1e-5)
    assert (layer.momentum, layer.epsilon) == (0.95, 1e-5)
