"""Weights find their variables by name, and what does not fit is said."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import checkpoint, named_weights
from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41
from naive_student_tf.train import schedule

BACKBONE = ["stem/kernel", "stem/bn/gamma", "stem/bn/beta"]
BACKBONE += ["stem/bn/moving_mean", "stem/bn/moving_variance"]


def network(classes, *, stem="stem"):
    """Five variables of a backbone, two of a head."""
    image = keras.Input((None, None, 3))
    x = layers.conv_bn_relu(image, 4, 3, name=stem)
    x = keras.layers.Conv2D(classes, 1, name="logits/predict")(x)
    return keras.Model(image, {"logits": x}, name="network")


def randomized(model):
    for variable in model.variables:
        variable.assign(tf.random.uniform(variable.shape))
    return model


@pytest.fixture
def source(tmp_path):
    """A training directory of a network of 3 classes, and its weights."""
    model = randomized(network(3))
    optimizer = schedule.adam(0.1)
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(str(tmp_path), model=model, optimizer=optimizer)
    run.save()
    return str(tmp_path), numbers(model)


def numbers(model):
    return {name: v.numpy() for name, v in named_weights.of_model(model).items()}


def test_the_names_in_a_checkpoint_are_those_of_the_model_alone(source):
    path, values = source
    assert named_weights.of_checkpoint(checkpoint.find(path)).keys() == values.keys()
    assert {*BACKBONE, "logits/predict/kernel", "logits/predict/bias"} == set(values)


def test_a_network_with_other_classes_takes_all_but_its_last_layer(source, capsys):
    path, values = source
    model = network(5)
    before = numbers(model)
    checkpoint.init_model(model, path, min_coverage=0.7)
    after = numbers(model)
    for name in BACKBONE:
        np.testing.assert_array_equal(after[name], values[name])
    for name in ("logits/predict/kernel", "logits/predict/bias"):
        np.testing.assert_array_equal(after[name], before[name])
    printed = capsys.readouterr().out
    assert "loaded: 5 variables" in printed
    assert "mismatched: 2 variables\n    logits/predict/bias [3] there, [5] here" in (
        printed
    )
    assert "coverage: 0.7143" in printed


def test_too_little_is_refused_and_nothing_is_loaded(source):
    model = network(5)
    before = numbers(model)
    with pytest.raises(ValueError, match=r"covers 0\.7143 .* 0\.72 are asked"):
        checkpoint.init_model(model, source[0], min_coverage=0.72)
    after = numbers(model)
    assert all((after[name] == before[name]).all() for name in before)


def test_everything_is_asked_for_unless_said_otherwise(source):
    checkpoint.init_model(network(3), source[0])
    with pytest.raises(ValueError, match=r"1\.0 are asked"):
        checkpoint.init_model(network(4), source[0])


def test_a_layer_of_another_name_is_missing_here_and_unused_there(source, capsys):
    checkpoint.init_model(network(3, stem="root"), source[0], min_coverage=0.2)
    printed = capsys.readouterr().out
    assert "missing there: 5 variables\n    root/bn/beta [4]" in printed
    assert "not used here: 5 variables\n    stem/bn/beta [4]" in printed


def test_evaluation_says_by_name_what_differs(source):
    with pytest.raises(ValueError, match=r"logits/predict/bias \[3\] there, \[4\] he"):
        checkpoint.restore_model(network(4), source[0])


def test_two_variables_of_one_name_are_refused():
    image = keras.Input((None, None, 3))
    twins = [keras.layers.Conv2D(2, 1, name=name) for name in ("a", "b")]
    model = keras.Model(image, [twin(image) for twin in twins])
    twins[1].kernel._handle_name = "a/kernel:0"
    with pytest.raises(ValueError, match="'a/kernel'"):
        named_weights.of_model(model)


def test_replicas_load_what_one_device_saved(source):
    path, values = source
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = network(3)
        checkpoint.init_model(model, path)
    for name, variable in named_weights.of_model(model).items():
        for copy in variable.values:
            np.testing.assert_array_equal(copy.numpy(), values[name])


def test_one_device_loads_what_replicas_saved(tmp_path):
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        source = randomized(network(3))
        checkpoint.save_model(source, str(tmp_path))
    model = network(3)
    checkpoint.init_model(model, str(tmp_path))
    saved = numbers(source)
    for name, value in numbers(model).items():
        np.testing.assert_array_equal(value, saved[name])


@pytest.mark.parametrize(
    ("backbone", "share"), [(wide_resnet38, 0.639), (wide_resnet41, 0.65)]
)
def test_the_shares_of_the_wide_backbones_are_as_train_gin_says(
    backbone, share, tmp_path
):
    narrow = functools.partial(backbone, width=4)
    image = keras.Input((None, None, 3))
    alone = keras.Model(image, narrow(image))
    checkpoint.save_model(alone, str(tmp_path))
    model = panoptic_deeplab(backbone=narrow, num_classes=19)
    found = checkpoint.compare(model, checkpoint.find(str(tmp_path)))
    assert len(found.loaded) == len(alone.variables)
    assert share <= found.coverage < share + 1 / len(model.variables)
