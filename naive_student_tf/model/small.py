"""The demo's backbone: a narrow ResNet for images of about 65 x 129.

Not in the paper. It has the same taps, drop path, multi-grid and output strides
as the paper's backbones, and trains on two CPU cores.
"""

import functools

from naive_student_tf.model import layers, residual
from naive_student_tf.model.atrous import multi_grid_rates, strides_and_rates
from naive_student_tf.model.drop_path import plain_sum


def small(
    image,
    *,
    width=16,
    units=1,
    output_stride=16,
    multi_grid=None,
    batch_norm=layers.batch_normalization,
    drop_path=plain_sum,
    last_gamma="ones",
):
    """A stem and three stages of basic blocks, 2, 4 and 8 times `width` wide.

    Args:
        image: float [B, H, W, 3], scaled to -1..1.
        width: int, channels of the stem.
        units: int, basic blocks in each stage.
        output_stride: int, 8 or 16 (32 is accepted; the network ends at 16).
        multi_grid: list of `units` rate factors for the last stage, or None.
        batch_norm: factory of the batch norm layers.
        drop_path: factory of the layer that adds [shortcut, residual].
        last_gamma: initializer of the last gamma of each residual.

    Returns:
        dict: res2 [B, H/4, W/4, 2 width], res3 [B, H/8, W/8, 4 width], res5
        [B, H/output_stride, W/output_stride, 8 width].
    """
    block = functools.partial(
        residual.basic_block,
        batch_norm=batch_norm,
        drop_path=drop_path,
        last_gamma=last_gamma,
    )
    plan = strides_and_rates([2, 2, 2, 2], output_stride=output_stride)
    x = layers.conv_bn_relu(
        image, width, 3, stride=2, name="stem", batch_norm=batch_norm
    )
    taps = {}
    for stage, (tap, (stride, rate, rate_after)) in enumerate(
        zip(("res2", "res3", "res5"), plan[1:], strict=True), start=2
    ):
        factors = multi_grid if tap == "res5" else None
        rates = multi_grid_rates(factors, units=units, rate=rate_after)
        for unit in range(units):
            first = unit == 0
            x = block(
                x,
                (2 ** (stage - 1) * width,) * 2,
                name=f"stage{stage}/unit{unit + 1}",
                strides=(stride, 1) if first else (1, 1),
                rates=(rate if first else rates[unit], rates[unit]),
            )
        taps[tap] = x
    return taps
