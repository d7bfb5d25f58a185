"""A TF-Slim xception_71 becomes our backbone, and computes what it computed."""

import functools

import numpy as np
import pytest
import slim_xception_graph as slim
import tensorflow as tf

from naive_student_tf import checkpoint
from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.model.xception import xception71
from naive_student_tf.weights import convert, slim_xception

backbone = functools.partial(xception71, width=4)


def run(source, work_dir, **settings):
    release = slim_xception.xception_71()
    known = {"release": release, "backbone": backbone, "trained_on": ("imagenet",)}
    convert.convert(source=str(source), work_dir=str(work_dir), **known | settings)


@pytest.fixture(scope="module")
def values():
    return slim.variables()


@pytest.fixture(scope="module")
def source(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("slim") / "model.ckpt"
    return slim.save(str(path), values | slim.LEFT)


@pytest.fixture(scope="module")
def work_dir(source, tmp_path_factory):
    directory = tmp_path_factory.mktemp("converted")
    run(source, directory)
    return directory


@pytest.fixture(scope="module")
def model():
    image = keras.Input((None, None, 3))
    return keras.Model(image, backbone(image), name="backbone")


def test_the_imported_backbone_computes_what_slim_computes(values, work_dir, model):
    checkpoint.restore_model(model, str(work_dir))
    pixels = tf.random.stateless_uniform([1, 65, 97, 3], [1, 2], -1, 1)
    wanted, outputs = slim.features(pixels, values), model(pixels)
    assert wanted.keys() == outputs.keys()
    for name, value in wanted.items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(outputs[name] / scale, value / scale, atol=2e-5)


def test_every_variable_of_the_graph_is_loaded_and_the_rest_is_named(work_dir, values):
    text = (work_dir / "variables.txt").read_text()
    assert f"loaded: {len(values)} variables" in text
    assert "coverage: 1.0000" in text
    assert f"not used here: {len(slim.LEFT)} variables" in text
    assert all(f"    {name} " in text for name in slim.LEFT)
    assert (
        "    entry3/sep2/depthwise/depthwise_kernel <- xception_71/entry_flow/block3/"
        "unit_1/xception_module/separable_conv2_depthwise/depthwise_weights\n" in text
    )


def test_training_starts_from_it(work_dir, values, capsys):
    conv = layers.separable_conv_bn_relu
    model = panoptic_deeplab(backbone=backbone, num_classes=3, conv=conv)
    checkpoint.init_model(model, str(work_dir), min_coverage=0.844)
    share = len(values) / len(model.variables)  # as gin_configs/jobs/train.gin says
    assert 0.844 <= share < 0.844 + 1 / len(model.variables)
    name = "xception_71/exit_flow/block2/unit_1/xception_module/"
    kernel = values[name + "separable_conv3_pointwise/weights"]
    np.testing.assert_array_equal(model.get_layer("exit2/sep3").kernel, kernel)
    assert f"loaded: {len(values)} variables" in capsys.readouterr().out


def test_what_is_missing_or_of_another_shape_stops_the_import(values, tmp_path):
    gone = "xception_71/middle_flow/block1/unit_16/xception_module/"
    gone += "separable_conv3_pointwise/BatchNorm/moving_variance"
    wider = {"xception_71/entry_flow/conv1_2/weights": np.zeros([3, 3, 4, 9])}
    broken = {key: value for key, value in values.items() if key != gone} | wider
    path = slim.save(str(tmp_path / "model.ckpt"), broken)
    with pytest.raises(ValueError, match=r"covers 0\.99") as caught:
        run(path, tmp_path / "out")
    text = str(caught.value)
    assert "missing there: 1 variables\n    middle16/sep3/bn/moving_variance" in text
    assert "conv2/kernel [3, 3, 4, 9] there, [3, 3, 4, 8] here" in text
    assert not (tmp_path / "out").exists()


def test_a_slim_checkpoint_is_not_taken_for_one_of_ours(source, model):
    with pytest.raises(ValueError, match=r"jobs/convert\.gin"):
        checkpoint.init_model(model, source)
