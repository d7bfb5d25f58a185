"""Bilinear resizing with aligned corners, as two matrix products.

Corners aligned means that the first and the last row of input and output lie on
each other, as the odd sizes of DeepLab ask for (1025 = 4 * 256 + 1). Written as
rows @ x @ columns it is the same program on CPU and TPU, exact in both
directions, and needs less TPU memory than ResizeBilinear and its gradient.

XLA multiplies float32 matrices on a TPU in bfloat16 unless told otherwise
(tf.config.experimental.enable_tensor_float_32_execution(False)). The weights of
a resize by 2, 4 or 8 are exact in bfloat16; an offset of 100 pixels is then
known to a quarter of a pixel.
"""

import functools

import numpy as np
import tensorflow as tf

from naive_student_tf.compat import keras

# Larger matrices are computed where they are needed, from their indices: as constants
# the 14 passes of test-time augmentation would be gigabytes of graph.
LARGEST_CONSTANT = 2**19  # numbers, 2 MiB


def resize_bilinear(x, height, width):
    """Resizes with corners aligned.

    Args:
        x: float [B, h, w, C].
        height: int or int32 scalar tensor, of the output, in pixels.
        width: int or int32 scalar tensor, of the output, in pixels.

    Returns:
        [B, height, width, C], dtype of x.
    """
    columns = _matrix(x, axis=2, size=width)  # [width, w]
    if columns is not None:  # first: the transposes inside are of few rows
        x = tf.einsum("ow,bhwc->bhoc", columns, x)
    rows = _matrix(x, axis=1, size=height)  # [height, h]
    if rows is not None:
        shape = tf.shape(x)
        flat = tf.reshape(x, [shape[0], shape[1], shape[2] * shape[3]])
        flat = tf.matmul(rows, flat)  # [B, height, width * C], no transpose
        x = tf.reshape(flat, [shape[0], height, shape[2], shape[3]])
    return x


def interpolation_matrix(in_size, out_size):
    """The weights of linear interpolation along one axis.

    Args:
        in_size: int, or an int32 scalar tensor if only the running graph knows it.
        out_size: int, or an int32 scalar tensor.

    Returns:
        float32 [out_size, in_size]; an array, or a tensor if a size is a tensor or
        the matrix is large. Every row sums to 1.
    """
    is_known = isinstance(in_size, int) and isinstance(out_size, int)
    if is_known and in_size * out_size <= LARGEST_CONSTANT:
        return _constant_matrix(in_size, out_size)
    rows, columns = tf.range(out_size)[:, None], tf.range(in_size)[None]
    steps = tf.maximum(out_size - 1, 1)
    twice = _twice_nearness(rows, columns, in_size - 1, steps)
    return tf.cast(twice, tf.float32) / tf.cast(2 * steps, tf.float32)


@functools.cache
def _constant_matrix(in_size, out_size):
    rows, columns = np.arange(out_size)[:, None], np.arange(in_size)[None]
    steps = max(out_size - 1, 1)
    twice = _twice_nearness(rows, columns, in_size - 1, steps)
    return twice.astype(np.float32) / np.float32(2 * steps)


def _twice_nearness(rows, columns, in_steps, steps):
    """2 steps (1 - distance), or 0. Row o lies at o * in_steps / steps: whole numbers,
    and exact in float32 up to sizes of a million."""
    nearness = steps - abs(rows * in_steps - columns * steps)
    return nearness + abs(nearness)


def _matrix(x, *, axis, size):
    """The matrix that brings `axis` of x to `size`, or None if it has that size."""
    in_size = x.shape[axis] or tf.shape(x)[axis]
    if isinstance(in_size, int) and isinstance(size, int) and in_size == size:
        return None
    return tf.cast(interpolation_matrix(in_size, size), x.dtype)


class ResizeLike(keras.layers.Layer):
    """Resizes the first tensor to height and width of the second."""

    def call(self, inputs):
        x, reference = inputs
        dynamic = tf.shape(reference)
        height, width = (
            reference.shape[axis] or dynamic[axis]  # static where it is known
            for axis in (1, 2)
        )
        return resize_bilinear(x, height, width)

    def compute_output_shape(self, input_shape):
        x, reference = (tuple(shape) for shape in input_shape)
        return tf.TensorShape((x[0], reference[1], reference[2], x[3]))
