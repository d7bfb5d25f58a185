"""The backbones are the ones of the tables: taps, rates, blocks, names."""

import functools

import pytest

from naive_student_tf.compat import keras
from naive_student_tf.model.drop_path import DropPath
from naive_student_tf.model.small import small
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41
from naive_student_tf.model.xception import xception71

DROP_PATH = functools.partial(DropPath, 0.8)


@functools.cache
def build(backbone, **settings):
    image = keras.Input((None, None, 3))
    return keras.Model(image, backbone(image, **settings))


def narrow(backbone, **settings):
    return build(backbone, width=4, drop_path=DROP_PATH, **settings)


def rates(model, pattern):
    """The atrous rates of the layers with `pattern` in their name, in order."""
    return [
        layer.dilation_rate[0]
        for layer in model.layers
        if pattern in layer.name and hasattr(layer, "dilation_rate")
    ]


def channels(model):
    shapes = model.compute_output_shape((1, 65, 129, 3))
    return {tap: shape[-1] for tap, shape in shapes.items()}


def dropped(model):
    return sum(isinstance(layer, DropPath) for layer in model.layers)


def test_multi_grid_of_wr_41_samples_at_rates_2_4_8():
    model = narrow(wide_resnet41, multi_grid=(1, 2, 4))
    assert [rates(model, f"b6/unit{u}/conv2") for u in (1, 2, 3)] == [[2], [4], [8]]


def test_multi_grid_of_wr_38_samples_at_rates_2_4():
    model = narrow(wide_resnet38, multi_grid=(1, 2))
    assert [rates(model, f"b6/unit{u}/conv2") for u in (1, 2)] == [[2], [4]]


def test_b5_keeps_rate_1_at_output_stride_16_in_its_unstrided_convolution_too():
    assert set(rates(narrow(wide_resnet41, multi_grid=(1, 2, 4)), "b5/")) == {1}


def test_at_output_stride_8_b5_has_rate_2_and_the_tail_starts_at_4():
    model = narrow(wide_resnet41, output_stride=8)
    assert [rates(model, f"b5/unit{u}/conv2") for u in (1, 2, 3)] == [[2], [2], [2]]
    assert [rates(model, f"b6/unit{u}/conv2") for u in (1, 2, 3)] == [[4], [4], [4]]


def test_xception_dilates_its_last_three_convolutions_only():
    model = narrow(xception71)
    assert [rates(model, f"exit2/sep{i}/depthwise") for i in (1, 2, 3)] == [[2]] * 3
    assert set(rates(model, "exit1/") + rates(model, "middle")) == {1}


def test_the_small_backbone_dilates_its_last_stage_by_multi_grid():
    model = build(small, width=4, units=2, multi_grid=(1, 2))
    assert [rates(model, f"stage4/unit{u}/conv2") for u in (1, 2)] == [[1], [2]]


def test_drop_path_is_on_every_residual_block():
    assert dropped(narrow(wide_resnet41, multi_grid=(1, 2, 4))) == 18
    assert dropped(narrow(wide_resnet38, multi_grid=(1, 2))) == 17
    assert dropped(narrow(xception71)) == 22
    assert dropped(narrow(small)) == 3


def test_without_a_factory_nothing_is_dropped():
    assert dropped(build(small, width=4)) == 0


def test_a_zero_gamma_starts_every_wide_residual_as_its_shortcut():
    model = narrow(wide_resnet41, multi_grid=(1, 2, 4))
    last = ["b3/unit2/conv2/bn", "b6/unit3/conv3/bn"]
    assert all((model.get_layer(name).gamma.numpy() == 0).all() for name in last)
    assert (model.get_layer("b3/unit2/conv1/bn").gamma.numpy() == 1).all()


def test_widths_scale_from_the_table():
    sixteenth = {"res2": 16, "res3": 32, "res5": 128}
    assert channels(narrow(wide_resnet41, multi_grid=(1, 2, 4))) == sixteenth
    assert channels(narrow(wide_resnet38, multi_grid=(1, 2)))["res5"] == 256
    assert channels(narrow(xception71)) == {"res2": 32, "res3": 91, "res5": 256}
    assert channels(narrow(small)) == {"res2": 8, "res3": 16, "res5": 32}


@pytest.mark.parametrize("backbone", [small, wide_resnet38, wide_resnet41, xception71])
def test_every_variable_has_a_name_of_its_own_without_a_counter(backbone):
    settings = {
        wide_resnet38: {"multi_grid": (1, 2)},
        wide_resnet41: {"multi_grid": (1, 2, 4)},
    }
    names = [v.name for v in narrow(backbone, **settings.get(backbone, {})).weights]
    assert len(set(names)) == len(names)
    assert all("/" in name and "conv2d" not in name for name in names)
