"""Wide ResNets WR-38 and WR-41 (the paper, section 3.3 and Table 11).

Wu et al., Wider or Deeper (WR-38); the paper trades its widest block for more of
the narrower ones (WR-41). Each stage strides in the last 3 x 3 of its last block,
and the network is ResNet-v1. Parameters and multiply-adds pin this layout.

Table 11 prints 512, 1024 for B5 of WR-41; only 1024, 1024 gives the paper's own
111 M / 147.27 M parameters and 49.3 B / 3238.81 B multiply-adds.
"""

import dataclasses
import functools

from naive_student_tf.model import layers, residual
from naive_student_tf.model.atrous import multi_grid_rates, strides_and_rates
from naive_student_tf.model.drop_path import plain_sum


@dataclasses.dataclass(frozen=True)
class Layout:
    """What tells one wide ResNet from another.

    Attributes:
        b5: pair of channels of the basic blocks of B5.
        bottlenecks: three channels per bottleneck block (B6 and B7).
    """

    b5: tuple
    bottlenecks: tuple


WR_38 = Layout(b5=(512, 1024), bottlenecks=((512, 1024, 2048), (1024, 2048, 4096)))
WR_41 = Layout(b5=(1024, 1024), bottlenecks=((512, 1024, 2048),) * 3)


def wide_resnet38(image, **settings):
    """WR-38, 105.1 M parameters; res5 has 4096 channels. See `wide_resnet`."""
    return wide_resnet(image, layout=WR_38, **settings)


def wide_resnet41(image, **settings):
    """WR-41, 109.0 M parameters; res5 has 2048 channels. See `wide_resnet`."""
    return wide_resnet(image, layout=WR_41, **settings)


def wide_resnet(
    image,
    *,
    layout,
    output_stride=16,
    multi_grid=None,
    batch_norm=layers.batch_normalization,
    drop_path=plain_sum,
    last_gamma="zeros",
    width=64,
):
    """Builds a wide ResNet.

    Args:
        image: float [B, H, W, 3], scaled to -1..1.
        layout: `Layout`.
        output_stride: int, 8, 16 or 32 (classification).
        multi_grid: one rate factor per bottleneck block, or None.
        batch_norm: factory of the batch norm layers.
        drop_path: factory of the layer that adds [shortcut, residual], of every
            block: the paper says "constant" and names no exception.
        last_gamma: initializer of the last gamma of each residual.
        width: int, channels of the stem; 64 is the paper's, everything else scales
            with it (for tests).

    Returns:
        dict: res2 [B, H/4, W/4, 256], res3 [B, H/8, W/8, 512], res5
        [B, H/output_stride, W/output_stride, 2048 or 4096].
    """
    block = dict(batch_norm=batch_norm, drop_path=drop_path, last_gamma=last_gamma)
    basic = functools.partial(_basic_stage, **block)
    channels = functools.partial(_scaled, width=width)
    strides = [2, 2, 2, 2, 2, 1]  # conv1, pool behind B2, B3, B4, B5, B6 with B7
    plan = strides_and_rates(strides, output_stride=output_stride)
    stage3, stage4, stage5, tail = plan[2:]

    x = layers.conv_bn_relu(
        image, width, 3, stride=2, name="conv1", batch_norm=batch_norm
    )
    _, x = basic(x, channels(128, 128), units=3, plan=(1, 1), name="b2")
    x = layers.max_pool(x, name="b2/pool")
    res2, x = basic(x, channels(256, 256), units=3, plan=stage3[:2], name="b3")
    res3, x = basic(x, channels(512, 512), units=6, plan=stage4[:2], name="b4")
    _, x = basic(x, channels(*layout.b5), units=3, plan=stage5[:2], name="b5")

    rates = multi_grid_rates(multi_grid, units=len(layout.bottlenecks), rate=tail[1])
    filters = [channels(*three) for three in layout.bottlenecks]
    res5 = _bottlenecks(x, filters, rates=rates, name="b6", **block)
    return {"res2": res2, "res3": res3, "res5": res5}


def _basic_stage(x, filters, *, units, plan, name, **block):
    """Basic blocks, the last one strided.

    Returns:
        The output of the last block but one, which is the finest of the stage, and
        the output of the stage.
    """
    stride, rate = plan
    for unit in range(1, units + 1):
        finest = x
        x = residual.basic_block(
            x,
            filters,
            name=f"{name}/unit{unit}",
            strides=(1, stride if unit == units else 1),
            rates=(rate, rate),
            **block,
        )
    return finest, x


def _bottlenecks(x, filters, *, rates, name, **block):
    for unit, (three, rate) in enumerate(zip(filters, rates, strict=True), start=1):
        x = residual.bottleneck_block(
            x, three, rate=rate, name=f"{name}/unit{unit}", **block
        )
    return x


def _scaled(*filters, width):
    return tuple(channels * width // 64 for channels in filters)
