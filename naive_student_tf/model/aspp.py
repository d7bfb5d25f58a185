"""Atrous spatial pyramid pooling (DeepLabv3, arXiv:1706.05587, section 3.3)."""

from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.dropout import Dropout
from naive_student_tf.model.resize import ResizeLike


def aspp(x, channels, *, name, rates, conv, batch_norm, dropout=0.1):
    """A 1 x 1 and three 3 x 3 convolutions and the image mean, projected.

    Args:
        x: [B, H, W, C].
        channels: int, of each branch and of the output.
        name: str, prefix of the layers.
        rates: atrous rates of the 3 x 3 convolutions.
        conv: block of the 3 x 3 convolutions, e.g. `layers.conv_bn_relu`.
        batch_norm: factory of the batch norm layers.
        dropout: float, rate after the projection.

    Returns:
        [B, H, W, channels].
    """
    branches = [
        layers.conv_bn_relu(x, channels, 1, name=f"{name}/1x1", batch_norm=batch_norm)
    ]
    for rate in rates:
        branches.append(
            conv(
                x,
                channels,
                3,
                rate=rate,
                name=f"{name}/rate{rate}",
                batch_norm=batch_norm,
            )
        )
    branches.append(
        _image_mean(x, channels, name=f"{name}/pool", batch_norm=batch_norm)
    )
    y = keras.layers.Concatenate(name=f"{name}/concat")(branches)
    y = layers.conv_bn_relu(
        y, channels, 1, name=f"{name}/projection", batch_norm=batch_norm
    )
    return Dropout(dropout, name=f"{name}/dropout")(y)


def _image_mean(x, channels, *, name, batch_norm):
    # A mean over thousands of pixels needs float32 also under mixed_bfloat16.
    mean = keras.layers.GlobalAveragePooling2D(
        keepdims=True, dtype="float32", name=name
    )(x)
    mean = layers.conv_bn_relu(
        mean, channels, 1, name=f"{name}/conv", batch_norm=batch_norm
    )
    return ResizeLike(name=f"{name}/resize")([mean, x])
