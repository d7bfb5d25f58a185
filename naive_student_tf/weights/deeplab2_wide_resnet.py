"""wide_resnet41 of google-research/deeplab2, a TF2 checkpoint of its Panoptic-DeepLab.

It has the kernels of our WR-41, tensor for tensor, but was trained with other
strides: in the first convolution of the first block of a stage, where the paper's
are in the last of the last, and without the pooling layer.
"""

from naive_student_tf.weights.release import Release

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_BASIC = {"conv1": "_conv1_bn_act", "conv2": "_conv2_bn"}
_BOTTLENECK = {"conv1": "_conv1_bn_act", "conv2": "_conv2_bn_act", "conv3": "_conv3_bn"}


def wide_resnet41():
    """The Release: the `encoder` of a deeplab2 checkpoint."""
    return Release(
        title="deeplab2 wide_resnet41",
        key=key,
        note=(
            "A warm start, not the same network: deeplab2 strides in the first block "
            "of a stage, the paper in the last, so outputs differ until fine-tuned."
        ),
    )


def key(name):
    """ "b3/unit2/conv1/bn/gamma" -> "encoder/_stage2/_block2/_conv1_bn_act/
    _batch_norm/gamma/.ATTRIBUTES/VARIABLE_VALUE"."""
    layer, _, variable = name.rpartition("/")
    convolution = layer.removesuffix("/bn")
    kind = "_conv" if convolution == layer else "_batch_norm"
    return f"encoder/{_scope(convolution)}/{kind}/{variable}{_SUFFIX}"


def _scope(convolution):
    """ "b6/unit1/shortcut" -> "_stage5/_block1/_shortcut"."""
    if convolution == "conv1":
        return "_stem"
    stage, unit, layer = convolution.split("/")
    number = int(stage.removeprefix("b"))
    layers = _BOTTLENECK if number == 6 else _BASIC
    block = unit.replace("unit", "_block")
    return f"_stage{number - 1}/{block}/{layers.get(layer, '_shortcut')}"
