"""A deeplab2 wide_resnet41 becomes a start for our WR-41."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import checkpoint
from naive_student_tf.compat import keras
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41
from naive_student_tf.weights import convert, deeplab2_wide_resnet

# stage: blocks, channels of its convolutions, input channels; 1/16 of the original's
STAGES = {
    1: (3, (8, 8), 4),
    2: (3, (16, 16), 8),
    3: (6, (32, 32), 16),
    4: (3, (64, 64), 32),
    5: (3, (32, 64, 128), 64),
}
backbone = functools.partial(wide_resnet41, width=4)


def variable(value):
    return tf.Variable(value.astype(np.float32))


def unit(random, size, before, after):
    """A Conv2DSame of deeplab2: _conv and _batch_norm."""
    block = tf.Module()
    block._conv, block._batch_norm = tf.Module(), tf.Module()
    block._conv.kernel = variable(random.normal(size=[size, size, before, after]))
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        setattr(block._batch_norm, name, variable(random.uniform(size=[after])))
    return block


def encoder():
    random = np.random.default_rng(0)
    root = tf.Module()
    root._stem = unit(random, 3, 3, 4)
    for number, (blocks, channels, before) in STAGES.items():
        stage = tf.Module()
        setattr(root, f"_stage{number}", stage)
        for index in range(1, blocks + 1):
            block = tf.Module()
            setattr(stage, f"_block{index}", block)
            if len(channels) == 2:
                block._conv1_bn_act = unit(random, 3, before, channels[0])
                block._conv2_bn = unit(random, 3, *channels)
            else:
                block._conv1_bn_act = unit(random, 1, before, channels[0])
                block._conv2_bn_act = unit(random, 3, *channels[:2])
                block._conv3_bn = unit(random, 1, *channels[1:])
            if before != channels[-1]:
                block._shortcut = unit(random, 1, before, channels[-1])
            before = channels[-1]
    return root


@pytest.fixture(scope="module")
def theirs():
    return encoder()


@pytest.fixture(scope="module")
def source(theirs, tmp_path_factory):
    decoder = tf.Module()
    decoder._aspp = unit(np.random.default_rng(1), 1, 128, 256)
    saved = tf.train.Checkpoint(encoder=theirs, decoder=decoder)
    return saved.save(str(tmp_path_factory.mktemp("deeplab2") / "ckpt"))


def run(source, work_dir, backbone=backbone):
    release = deeplab2_wide_resnet.wide_resnet41()
    convert.convert(
        source=source,
        release=release,
        trained_on=("imagenet", "train_fine"),
        backbone=backbone,
        work_dir=str(work_dir),
    )


def test_every_variable_of_the_backbone_is_loaded(theirs, source, tmp_path, capsys):
    run(source, tmp_path)
    printed = capsys.readouterr().out
    assert "coverage: 1.0000" in printed and "mismatched: 0" in printed
    image = keras.Input((None, None, 3))
    model = keras.Model(image, backbone(image), name="backbone")
    checkpoint.restore_model(model, str(tmp_path))
    for layer, block in [
        ("conv1", theirs._stem),
        ("b2/unit1/shortcut", theirs._stage1._block1._shortcut),
        ("b4/unit6/conv2", theirs._stage3._block6._conv2_bn),
        ("b6/unit3/conv2", theirs._stage5._block3._conv2_bn_act),
        ("b6/unit3/conv3", theirs._stage5._block3._conv3_bn),
    ]:
        np.testing.assert_array_equal(model.get_layer(layer).kernel, block._conv.kernel)
        variance = model.get_layer(f"{layer}/bn").moving_variance
        np.testing.assert_array_equal(variance, block._batch_norm.moving_variance)


def normalized(unit, x):
    """Convolution and batch norm of one pixel: the middle of the kernel counts."""
    kernel, norm = unit._conv.kernel.numpy(), unit._batch_norm
    middle = kernel[kernel.shape[0] // 2, kernel.shape[1] // 2]
    scale = norm.gamma / np.sqrt(norm.moving_variance + 1e-3)
    return (x @ middle - norm.moving_mean) * scale + norm.beta


def one_pixel(theirs, x):
    """What deeplab2's encoder computes of an image [1, 3] of a single pixel."""
    x = np.maximum(normalized(theirs._stem, x), 0)
    for number, (blocks, channels, _) in STAGES.items():
        for index in range(1, blocks + 1):
            block = getattr(getattr(theirs, f"_stage{number}"), f"_block{index}")
            shortcut = getattr(block, "_shortcut", None)
            y = np.maximum(normalized(block._conv1_bn_act, x), 0)
            if len(channels) == 2:
                y = normalized(block._conv2_bn, y)
            else:
                y = np.maximum(normalized(block._conv2_bn_act, y), 0)
                y = normalized(block._conv3_bn, y)
            x = np.maximum(y + (x if shortcut is None else normalized(shortcut, x)), 0)
    return x


def test_on_one_pixel_it_computes_what_deeplab2_computes(theirs, source, tmp_path):
    """There strides and rates, which differ, mean nothing."""
    run(source, tmp_path)
    image = keras.Input((1, 1, 3))
    model = keras.Model(image, backbone(image), name="backbone")
    checkpoint.restore_model(model, str(tmp_path))
    pixel = np.array([[0.3, -0.6, 0.9]], np.float32)
    expected = one_pixel(theirs, pixel)
    result = model(pixel[None, None])["res5"][:, 0, 0]
    assert (expected > 0).sum() > 10
    np.testing.assert_allclose(result, expected, rtol=1e-3)


def test_it_is_called_a_warm_start_and_the_decoder_is_left(source, tmp_path, capsys):
    run(source, tmp_path)
    assert "A warm start, not the same network" in capsys.readouterr().out
    assert "decoder/_aspp/_conv/kernel" in (tmp_path / "variables.txt").read_text()


def test_wr_38_does_not_take_the_weights_of_wr_41(source, tmp_path):
    with pytest.raises(ValueError, match="covers 0"):
        run(source, tmp_path, backbone=functools.partial(wide_resnet38, width=4))


@pytest.mark.parametrize(
    ("name", "what"),
    [("ilsvrc-cls_rna-a_cls1000_ep-0001.params", "MXNet"), ("wr38.pth", "PyTorch")],
)
def test_a_pre_activation_release_is_refused_with_the_reason(name, what, tmp_path):
    with pytest.raises(ValueError, match=f"{what}.*pre-activation"):
        run(name, tmp_path)
