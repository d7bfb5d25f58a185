"""What has to hold for every network of gin_configs/models/, whichever it is."""

import numpy as np
import pytest
import tensorflow as tf
from narrow import MULTI_GRID, NETWORKS, classification, images, panoptic

from naive_student_tf import randomness
from naive_student_tf.compat import keras

# Root mean square, in standard deviations of the map; twice what these show.
BFLOAT16_DRIFT = 0.05
CLASSES = (19, 65, 124)  # Cityscapes, Mapillary Vistas, all of Mapillary's labels
networks = pytest.mark.parametrize("network", NETWORKS)


def shapes(outputs):
    return {name: tuple(value.shape) for name, value in outputs.items()}


def maps(height, width, *, num_classes=5):
    """The shapes that a network owes for two images."""
    channels = {"logits": num_classes, "center_heatmap": 1, "offset": 2}
    return {name: (2, height, width, count) for name, count in channels.items()}


def trace(model, *, height, width):
    """The graph of one forward pass in training, and its outputs."""

    @tf.function(input_signature=[tf.TensorSpec((2, height, width, 3))])
    def forward(image):
        return model(image, training=True)

    function = forward.get_concrete_function()
    return function.graph, function.structured_outputs


@networks
def test_a_training_step_lowers_the_loss_and_moves_every_variable(network):
    model, image = panoptic(network), images(33, 33)
    rows, columns = np.indices((33, 33))
    labels = np.stack([(rows + columns) % 2] * 2)

    def loss():
        outputs = model(image, training=True)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels, outputs["logits"]
        )
        heatmap = tf.square(outputs["center_heatmap"] - 0.5)
        offset = tf.abs(outputs["offset"] - 3)
        return sum(tf.reduce_mean(term) for term in (entropy, heatmap, offset))

    check_that_a_step_helps(model, loss)


def test_a_training_step_of_a_classifier_lowers_the_loss():
    model, image = classification("wide_resnet_41"), images(32, 32, batch=4)

    def loss():
        logits = model(image, training=True)["logits"]
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2, 3], logits)
        return tf.reduce_mean(entropy)

    check_that_a_step_helps(model, loss)


def check_that_a_step_helps(model, loss):
    def same_draws():
        with randomness.step_seed(tf.constant([0, 0])):  # drops the same paths twice
            return loss()

    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        before = same_draws()
    gradients = tape.gradient(before, variables)
    assert not any(gradient is None for gradient in gradients)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(0.01 * tf.clip_by_norm(gradient, 1.0))
    assert same_draws() < before


@networks
def test_maps_have_the_size_of_the_image_and_every_shape_is_known(network):
    """XLA compiles for one shape; a TPU takes nothing else."""
    graph, outputs = trace(panoptic(network), height=37, width=50)
    assert shapes(outputs) == maps(37, 50)
    unknown = {
        tensor.name: tensor.shape
        for operation in graph.get_operations()
        for tensor in operation.outputs[:1]  # batch norm has others, for cuDNN
        if tensor.dtype.is_floating and not tensor.shape.is_fully_defined()
    }
    assert unknown == {}


@pytest.mark.parametrize(("height", "width"), [(33, 65), (32, 48), (17, 90)])
def test_sizes_may_be_odd_or_even(height, width):
    _, outputs = trace(panoptic("small"), height=height, width=width)
    assert shapes(outputs) == maps(height, width)


@pytest.mark.parametrize("num_classes", CLASSES)
def test_the_class_count_changes_the_last_layer_alone(num_classes):
    model, other = panoptic("small", num_classes=num_classes), panoptic("small")
    assert model.output["logits"].shape[-1] == num_classes
    last = model.get_layer("logits/predict").count_params()
    assert last == (4 + 1) * num_classes  # the head of these has four channels
    assert model.count_params() - other.count_params() == last - (4 + 1) * 5


def test_output_stride_8_keeps_the_variables_and_doubles_the_last_map():
    model = panoptic("wide_resnet_41")
    finer = panoptic("wide_resnet_41", "output_stride = 8")
    assert [v.name for v in finer.weights] == [v.name for v in model.weights]
    assert [v.shape for v in finer.weights] == [v.shape for v in model.weights]
    sizes = [last_size(m, height=65, width=129) for m in (model, finer)]
    assert sizes == [(5, 9), (9, 17)]
    _, outputs = trace(finer, height=33, width=65)
    assert shapes(outputs) == maps(33, 65)


def last_size(model, *, height, width):
    """(height, width) of the map that the branches start from."""
    last = keras.Model(model.input, model.get_layer("semantic/aspp/1x1").input)
    return tuple(last.compute_output_shape((1, height, width, 3))[1:3])


@pytest.mark.parametrize("network", MULTI_GRID)
def test_the_graph_samples_at_the_rates_of_the_multi_grid(network):
    """Off a TPU, TensorFlow folds an atrous convolution's pixels into the batch."""
    graph, _ = trace(panoptic(network), height=65, width=129)
    rates = [
        tf.get_static_value(operation.inputs[1]).tolist()
        for operation in graph.get_operations()
        if operation.type == "SpaceToBatchND" and "/b6/" in f"/{operation.name}"
    ]
    assert rates == [[rate, rate] for rate in MULTI_GRID[network]]


@pytest.mark.parametrize("network", ["small", "wide_resnet_41"])
def test_bfloat16_drifts_little_from_float32(network):
    """Compiled by XLA: oneDNN has no bfloat16 convolutions on every CPU."""
    full, half = panoptic(network), panoptic(network, precision="mixed_bfloat16")
    for layer in full.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(tf.ones_like(layer.gamma))  # no residual is silent
    half.set_weights(full.get_weights())
    expected = full(images(65, 65))
    result = tf.function(half, jit_compile=True)(images(65, 65))
    for name, value in expected.items():
        drift = np.sqrt(np.mean((result[name] - value) ** 2)) / np.std(value)
        print("DRIFT", network, name, drift)
        assert 0 < drift < BFLOAT16_DRIFT
