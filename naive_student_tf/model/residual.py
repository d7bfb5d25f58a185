"""Residual blocks, ResNet-v1: y = relu(shortcut(x) + F(x)), x already rectified.

Zagoruyko & Komodakis, Wide Residual Networks; Wu et al., Wider or Deeper. Where
the channels change the shortcut is a 1 x 1 convolution with batch norm.
"""

from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.drop_path import plain_sum


def basic_block(
    x,
    filters,
    *,
    name,
    strides=(1, 1),
    rates=(1, 1),
    batch_norm=layers.batch_normalization,
    drop_path=plain_sum,
    last_gamma="zeros",
):
    """Two 3 x 3 convolutions.

    Args:
        x: [B, H, W, C].
        filters: pair of ints, channels of the first and of the second.
        name: str, prefix of the layers.
        strides: pair of ints.
        rates: pair of ints, atrous.
        batch_norm: factory of the batch norm layers.
        drop_path: factory of the layer that adds [shortcut, residual].
        last_gamma: initializer of the residual's last gamma; "zeros" lets the
            block start as its shortcut (deeplab2).

    Returns:
        [B, H', W', filters[1]], not negative.
    """
    y = layers.conv_bn_relu(
        x,
        filters[0],
        3,
        name=f"{name}/conv1",
        stride=strides[0],
        rate=rates[0],
        batch_norm=batch_norm,
    )
    y = layers.conv_bn(
        y,
        filters[1],
        3,
        name=f"{name}/conv2",
        stride=strides[1],
        rate=rates[1],
        gamma_initializer=last_gamma,
        batch_norm=batch_norm,
    )
    x = _shortcut(x, filters[1], strides[0] * strides[1], name, batch_norm)
    x = drop_path(name=f"{name}/sum")([x, y])
    return keras.layers.ReLU(name=f"{name}/relu")(x)


def bottleneck_block(
    x,
    filters,
    *,
    name,
    rate=1,
    batch_norm=layers.batch_normalization,
    drop_path=plain_sum,
    last_gamma="zeros",
):
    """1 x 1, 3 x 3 and 1 x 1 convolutions, never strided.

    Args:
        filters: three ints, channels of the three.
        rate: int, of the 3 x 3. The others are as in `basic_block`.

    Returns:
        [B, H, W, filters[2]], not negative.
    """
    conv1, conv2, conv3 = (f"{name}/conv{i}" for i in (1, 2, 3))
    y = layers.conv_bn_relu(x, filters[0], 1, name=conv1, batch_norm=batch_norm)
    y = layers.conv_bn_relu(
        y, filters[1], 3, name=conv2, rate=rate, batch_norm=batch_norm
    )
    y = layers.conv_bn(
        y,
        filters[2],
        1,
        name=conv3,
        gamma_initializer=last_gamma,
        batch_norm=batch_norm,
    )
    x = _shortcut(x, filters[2], 1, name, batch_norm)
    x = drop_path(name=f"{name}/sum")([x, y])
    return keras.layers.ReLU(name=f"{name}/relu")(x)


def _shortcut(x, filters, stride, name, batch_norm):
    name = f"{name}/shortcut"
    if x.shape[-1] != filters:
        return layers.conv_bn(
            x, filters, 1, name=name, stride=stride, batch_norm=batch_norm
        )
    if stride > 1:
        return layers.max_pool(x, size=1, stride=stride, name=name)  # x[:, ::2, ::2]
    return x
