"""Convolution blocks: convolution, batch norm, ReLU.

A block is a function from tensor to tensor. Where a network can be built of
plain or of separable convolutions it takes the block as an argument, so a gin
file chooses with `conv = @layers.separable_conv_bn_relu`. Batch norm comes in
the same way, as a factory.

Convolutions pad symmetrically, (k - 1) / 2 pixels on each side, for stride 2
too: with "same" the sampling grid would shift by a pixel on even sizes. Kernels
start from he_normal (deeplab2).
"""

import tensorflow as tf

from naive_student_tf.compat import keras


def batch_normalization(
    *, momentum=0.99, epsilon=1e-3, gamma_initializer="ones", name=None
):
    """Returns a batch norm layer; it averages over the replicas if there are some.

    Args:
        momentum: float, of the moving averages. deeplab2 uses 0.99;
            tensorflow/models uses 0.9997 for Xception.
        epsilon: float, added to the variance.
        gamma_initializer: "zeros" makes a residual branch start as nothing.
        name: str, of the layer.
    """
    settings = {}
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        settings["synchronized"] = True
    return keras.layers.BatchNormalization(
        momentum=momentum,
        epsilon=epsilon,
        gamma_initializer=gamma_initializer,
        name=name,
        **settings,
    )


def conv_bn(
    x,
    filters,
    kernel_size,
    *,
    name,
    stride=1,
    rate=1,
    gamma_initializer="ones",
    batch_norm=batch_normalization,
):
    """Convolution and batch norm.

    Args:
        x: [B, H, W, C].
        filters: int, output channels.
        kernel_size: int, odd.
        name: str, of the convolution; the others are named after it.
        stride: int. Sizes become ceil(H / stride), ceil(W / stride).
        rate: int, atrous rate.
        gamma_initializer: of the batch norm.
        batch_norm: factory of the batch norm layer.

    Returns:
        [B, H', W', filters].
    """
    x, padding = pad_for_stride(x, kernel_size, stride=stride, name=name)
    x = keras.layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        dilation_rate=rate,
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return batch_norm(gamma_initializer=gamma_initializer, name=f"{name}/bn")(x)


def conv_bn_relu(x, filters, kernel_size, *, name, **settings):
    """Convolution, batch norm, ReLU. Arguments as in `conv_bn`."""
    x = conv_bn(x, filters, kernel_size, name=name, **settings)
    return keras.layers.ReLU(name=f"{name}/relu")(x)


def separable_conv_bn_relu(
    x, filters, kernel_size, *, name, rate=1, batch_norm=batch_normalization
):
    """Depthwise k x k, pointwise 1 x 1, then one batch norm and ReLU.

    This is Panoptic-DeepLab's separable convolution: nothing between depthwise
    and pointwise (Xception's own, which normalizes both, is in xception.py).
    Arguments as in `conv_bn`; a kernel of size 1 is a plain convolution.
    """
    if kernel_size > 1:
        x = depthwise_conv(x, kernel_size, rate=rate, name=f"{name}/depthwise")
    return conv_bn_relu(x, filters, 1, name=name, batch_norm=batch_norm)


def depthwise_conv(x, kernel_size, *, name, stride=1, rate=1):
    """One k x k filter per channel, without bias: [B, H, W, C] -> [B, H', W', C]."""
    x, padding = pad_for_stride(x, kernel_size, stride=stride, name=name)
    return keras.layers.DepthwiseConv2D(
        kernel_size,
        strides=stride,
        dilation_rate=rate,
        padding=padding,
        use_bias=False,
        depthwise_initializer="he_normal",
        name=name,
    )(x)


def max_pool(x, *, name, size=3, stride=2):
    """Symmetrically padded max pooling of a tensor without negative values."""
    x, padding = pad_for_stride(x, size, stride=stride, name=name)
    return keras.layers.MaxPooling2D(size, stride, padding=padding, name=name)(x)


def pad_for_stride(x, kernel_size, *, stride, name):
    """Pads with zeros if a strided window needs it.

    Returns:
        The tensor, and the `padding` that the layer after it has to use.
    """
    if stride == 1 or kernel_size == 1:
        return x, "same"
    margin = (kernel_size - 1) // 2
    return keras.layers.ZeroPadding2D(margin, name=f"{name}/pad")(x), "valid"
