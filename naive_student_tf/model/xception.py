"""Xception-71, the paper's first teacher and student (its section 4.1).

Chollet, arXiv:1610.02357, as deepened and dilated in DeepLabv3+
(arXiv:1802.02611): pooling became striding, and batch norm follows both halves of
a separable convolution. Layout as in tensorflow/models, research/deeplab.
"""

import dataclasses
import functools

from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.atrous import multi_grid_rates, strides_and_rates
from naive_student_tf.model.drop_path import plain_sum


@dataclasses.dataclass(frozen=True)
class Module:
    """Three separable convolutions; the third one strides, the shortcut with it."""

    name: str
    filters: tuple
    stride: int = 1


MODULES = (
    Module("entry1", (128, 128, 128), stride=2),
    Module("entry2", (256, 256, 256)),
    Module("entry3", (256, 256, 256), stride=2),
    Module("entry4", (728, 728, 728)),
    Module("entry5", (728, 728, 728), stride=2),
    *(Module(f"middle{unit}", (728, 728, 728)) for unit in range(1, 17)),
    Module("exit1", (728, 1024, 1024), stride=2),
)
EXIT2 = (1536, 1536, 2048)
TAPS = {"entry3": "res2", "entry5": "res3"}  # the second convolution, not rectified


def xception71(
    image,
    *,
    output_stride=16,
    multi_grid=None,
    batch_norm=layers.batch_normalization,
    drop_path=plain_sum,
    width=32,
):
    """Builds Xception-71, 40.3 M parameters.

    Args:
        image: float [B, H, W, 3], scaled to -1..1.
        output_stride: int, 8, 16 or 32 (classification).
        multi_grid: three rate factors for the last three convolutions, or None.
        batch_norm: factory of the batch norm layers.
        drop_path: factory of the layer that adds [shortcut, residual].
        width: int, channels of the stem; 32 is the paper's, everything else scales
            with it (for tests).

    Returns:
        dict: res2 [B, H/4, W/4, 256], res3 [B, H/8, W/8, 728], res5
        [B, H/output_stride, W/output_stride, 2048].
    """
    strides = [2, *(module.stride for module in MODULES), 1]
    plan = strides_and_rates(strides, output_stride=output_stride)
    conv = functools.partial(layers.conv_bn_relu, batch_norm=batch_norm)
    x = conv(image, width, 3, stride=2, name="conv1")
    x = conv(x, 2 * width, 3, name="conv2")
    taps = {}
    for module, (stride, rate, _) in zip(MODULES, plan[1:-1], strict=True):
        second, x = _module(
            x,
            module,
            filters=_scaled(module.filters, width),
            stride=stride,
            rate=rate,
            batch_norm=batch_norm,
            drop_path=drop_path,
        )
        if module.name in TAPS:
            taps[TAPS[module.name]] = second
    rates = multi_grid_rates(multi_grid, units=3, rate=plan[-1][1])
    taps["res5"] = _exit2(x, _scaled(EXIT2, width), rates, batch_norm)
    return taps


def _module(x, module, *, filters, stride, rate, batch_norm, drop_path):
    """ReLU and separable convolution, three times, plus the shortcut.

    Returns:
        The output of the second convolution and that of the module.
    """
    names = [f"{module.name}/sep{i}" for i in (1, 2, 3)]
    separable = functools.partial(_separable, rate=rate, batch_norm=batch_norm)
    y = separable(_relu(x, names[0]), filters[0], name=names[0])
    second = separable(_relu(y, names[1]), filters[1], name=names[1])
    y = separable(_relu(second, names[2]), filters[2], stride=stride, name=names[2])
    # A module that has lost its stride to `output_stride` keeps its projection.
    if module.stride > 1 or x.shape[-1] != filters[2]:
        x = layers.conv_bn(
            x,
            filters[2],
            1,
            stride=stride,
            name=f"{module.name}/shortcut",
            batch_norm=batch_norm,
        )
    return second, drop_path(name=f"{module.name}/sum")([x, y])


def _exit2(x, filters, rates, batch_norm):
    """The last three: no shortcut, rectified behind both halves instead of before."""
    for i, (channels, rate) in enumerate(zip(filters, rates, strict=True), start=1):
        name = f"exit2/sep{i}"
        x = layers.depthwise_conv(x, 3, rate=rate, name=f"{name}/depthwise")
        x = _relu(batch_norm(name=f"{name}/depthwise/bn")(x), f"{name}/depthwise")
        x = layers.conv_bn_relu(x, channels, 1, name=name, batch_norm=batch_norm)
    return x


def _separable(x, filters, *, name, rate, batch_norm, stride=1):
    x = layers.depthwise_conv(x, 3, stride=stride, rate=rate, name=f"{name}/depthwise")
    x = batch_norm(name=f"{name}/depthwise/bn")(x)
    return layers.conv_bn(x, filters, 1, name=name, batch_norm=batch_norm)


def _relu(x, name):
    return keras.layers.ReLU(name=f"{name}/relu")(x)


def _scaled(filters, width):
    return tuple(channels * width // 32 for channels in filters)
