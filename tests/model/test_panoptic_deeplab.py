"""The whole network: what it returns and in which type."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.model import decoder, layers
from naive_student_tf.model.classifier import classifier
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab, scale_image
from naive_student_tf.model.small import small
from naive_student_tf.model.wide_resnet import wide_resnet41
from tests import bfloat16

BRANCH = {
    "aspp_channels": 8,
    "low_level_channels": (4, 4),
    "decoder_channels": (8, 8),
    "head_channels": 4,
}
SMALL = functools.partial(small, width=4)
WIDE = functools.partial(wide_resnet41, width=4, multi_grid=(1, 2, 4))
SEMANTIC = functools.partial(decoder.semantic_branch, **BRANCH)
INSTANCE = functools.partial(decoder.instance_branch, **BRANCH)


@functools.cache
def build(*, instance=INSTANCE, **settings):
    keras.utils.set_random_seed(0)
    return panoptic_deeplab(
        backbone=SMALL,
        num_classes=5,
        semantic=SEMANTIC,
        instance=instance,
        **settings,
    )


def images(height, width, batch=2):
    shape = (batch, height, width, 3)
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)


def shapes(outputs):
    return {name: tuple(value.shape) for name, value in outputs.items()}


def loss(outputs):
    """Classes are a checkerboard, heatmaps 0.5, offsets 3 pixels."""
    logits = outputs["logits"]
    labels = (
        tf.zeros(logits.shape[:-1], tf.int32)
        + (tf.range(logits.shape[1])[:, None] + tf.range(logits.shape[2])) % 2
    )
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    heatmap = tf.square(outputs["center_heatmap"] - 0.5)
    offset = tf.abs(outputs["offset"] - 3)
    return sum(tf.reduce_mean(term) for term in (entropy, heatmap, offset))


def test_without_an_instance_branch_there_are_only_logits():
    model = build(instance=None)
    assert shapes(model(images(33, 33))) == {"logits": (2, 33, 33, 5)}
    assert not any("instance" in weight.name for weight in model.weights)


def test_one_model_takes_images_of_any_size_in_one_graph():
    model = build()
    unknown = tf.TensorSpec((None, None, None, 3), tf.float32)
    graph = tf.function(model, input_signature=[unknown])
    for size in ((33, 65), (48, 32)):
        np.testing.assert_allclose(
            graph(images(*size))["logits"], model(images(*size))["logits"], atol=1e-5
        )


def test_the_image_is_scaled_to_minus_one_and_one():
    grey = tf.constant([0.0, 127.5, 255.0]) * tf.ones((1, 1, 1, 3))
    np.testing.assert_allclose(scale_image(grey)[0, 0, 0], [-1, 0, 1], atol=1e-6)


def test_the_branches_share_nothing_but_the_backbone():
    model = build()
    with tf.GradientTape() as tape:
        logits = model(images(33, 33))["logits"]
        value = tf.reduce_sum(tf.square(logits))
    gradients = tape.gradient(value, model.trainable_variables)
    touched = {
        variable.name
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
        if gradient is not None
    }
    instance = ("instance/", "center_heatmap/", "offset/")
    assert not any(name.startswith(instance) for name in touched)
    assert any(name.startswith("stem") for name in touched)


@pytest.mark.parametrize("conv", [layers.conv_bn_relu, layers.separable_conv_bn_relu])
def test_the_block_decides_about_the_fusing_convolution(conv):
    model = build(conv=conv)
    separable = any("depthwise" in layer.name for layer in model.layers)
    assert separable == (conv is layers.separable_conv_bn_relu)


def test_weights_and_outputs_are_float32_under_mixed_bfloat16():
    model = build(precision="mixed_bfloat16")
    assert model.get_layer("stage2/unit1/conv1").compute_dtype == "bfloat16"
    assert {weight.dtype for weight in model.weights} == {tf.float32}
    assert {output.dtype for output in model.outputs} == {tf.float32}


@bfloat16.needed
def test_a_network_of_bfloat16_has_finite_gradients():
    model = build(precision="mixed_bfloat16")
    with tf.GradientTape() as tape:
        outputs = model(images(17, 33), training=True)
        value = loss(outputs)
    assert {output.dtype for output in outputs.values()} == {tf.float32}
    gradients = tape.gradient(value, model.trainable_variables)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_the_precision_of_one_network_is_not_that_of_the_next():
    build(precision="mixed_bfloat16")
    assert keras.layers.ReLU().compute_dtype == "float32"


def test_a_precision_that_needs_loss_scaling_is_refused():
    with pytest.raises(ValueError, match="'mixed_float16': not in"):
        build(precision="mixed_float16")


def test_a_classifier_computes_in_bfloat16_and_answers_in_float32():
    model = classifier(backbone=SMALL, num_classes=7, precision="mixed_bfloat16")
    assert model.get_layer("stage2/unit1/conv1").compute_dtype == "bfloat16"
    assert [output.dtype for output in model.outputs] == [tf.float32]


def test_a_classifier_returns_one_vector_of_logits_per_image():
    model = classifier(backbone=WIDE, num_classes=7)
    assert shapes(model(images(32, 32))) == {"logits": (2, 7)}


def test_a_classifier_neither_dilates_nor_uses_the_multi_grid():
    model = classifier(backbone=WIDE, num_classes=7)
    convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    rates = {layer.dilation_rate for layer in convolutions}
    assert rates == {(1, 1)}
