"""Parameters and multiply-adds of a model, counted without running it.

The paper's M-Adds are half the FLOPs of TensorFlow 1's profiler. It counted an
atrous convolution on the grid that space-to-batch pads to a multiple of the rate,
so multi-grid, which is free, costs 7.59 B there; and it counted weight decay,
initializers, batch norm and pooling. `Complexity` gives the plain count, the padded
count and the profiler's.
"""

import dataclasses
import math

from naive_student_tf.compat import keras

WEIGHTED = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
COUNTED = (
    *WEIGHTED,
    keras.layers.BatchNormalization,
    keras.layers.MaxPooling2D,
    keras.layers.GlobalAveragePooling2D,
)
# What is left of the paper's five totals, the same for three networks: operations
# of the authors' graph outside the network, about 272 FLOPs per pixel of the input.
PROFILER_REST = 0.2858e9


@dataclasses.dataclass(frozen=True)
class Complexity:
    """The size of a model; multiply-adds are for one image.

    Attributes:
        trainable: int, trainable parameters.
        parameters: int, all parameters, as `model.count_params()`.
        macs: int, multiply-adds of convolutions and dense layers.
        space_to_batch_macs: int, the same on grids padded to the atrous rate.
        profiler_macs: float, as the paper prints them.
    """

    trainable: int
    parameters: int
    macs: int
    space_to_batch_macs: int
    profiler_macs: float


def complexity(model, *, height, width):
    """Counts a model.

    Args:
        model: keras.Model of one image [B, H, W, 3].
        height: int, of the input image.
        width: int, of the input image.

    Returns:
        `Complexity`.
    """
    shapes = layer_shapes(model, height=height, width=width)
    padded = sum(_macs(*shape, grid=_padded) for shape in shapes)
    return Complexity(
        trainable=sum(math.prod(w.shape) for w in model.trainable_weights),
        parameters=model.count_params(),
        macs=sum(_macs(*shape, grid=_plain) for shape in shapes),
        space_to_batch_macs=padded,
        profiler_macs=padded + _profiler_extras(shapes) / 2 + PROFILER_REST,
    )


def layer_shapes(model, *, height, width):
    """Shapes at a given input size, of the layers that cost something.

    Returns:
        list of (layer, input shape, output shape), the shapes without the batch.
    """
    counted = [layer for layer in model.layers if isinstance(layer, COUNTED)]
    probe = keras.Model(model.inputs, [(x.input, x.output) for x in counted])
    shapes = probe.compute_output_shape((1, height, width, 3))
    return [
        (layer, tuple(before[1:]), tuple(after[1:]))
        for layer, (before, after) in zip(counted, shapes, strict=True)
    ]


def _macs(layer, _, out_shape, *, grid):
    if not isinstance(layer, WEIGHTED):
        return 0
    rates = getattr(layer, "dilation_rate", ())  # a dense layer has one position
    positions = [grid(size, rate) for size, rate in zip(out_shape, rates, strict=False)]
    return math.prod(positions) * _kernel_size(layer)


def _kernel_size(layer):
    return math.prod(layer.weights[0].shape)


def _plain(size, rate):
    del rate
    return size


def _padded(size, rate):
    return math.ceil(size / rate) * rate


def _profiler_extras(shapes):
    """FLOPs beside the convolutions: weights, batch norm elements, pooled elements."""
    flops = 0
    for layer, in_shape, out_shape in shapes:
        if isinstance(layer, WEIGHTED):
            flops += 5 * _kernel_size(layer)  # 3 L2 loss, 2 initializer
        elif isinstance(layer, keras.layers.BatchNormalization):
            flops += math.prod(out_shape)
        elif isinstance(layer, keras.layers.MaxPooling2D):
            flops += math.prod(out_shape) * math.prod(layer.pool_size)
        else:  # global average: one window, as large as the input
            flops += math.prod(in_shape)
    return flops
