"""Random numbers inside a network that depend on nothing but the training step.

Layers that drop things draw from here. The train step opens `step_seed`, so that
a run resumed at step s draws exactly what the undisturbed run drew at step s, and
every replica draws its own.
"""

import contextlib
import threading
import zlib

import tensorflow as tf

_local = threading.local()  # MirroredStrategy traces each replica in a thread


@contextlib.contextmanager
def step_seed(seed):
    """Within it, `uniform` is a function of `seed` (int [2] tensor) and its salt."""
    before = getattr(_local, "seed", None)
    _local.seed = seed
    try:
        yield
    finally:
        _local.seed = before


def uniform(shape, *, salt, dtype=tf.float32):
    """Uniform draws in [0, 1).

    Args:
        shape: int32 tensor or list.
        salt: str, the name of the layer: two layers draw different numbers.
        dtype: of the result.

    Outside of `step_seed` the draws are TensorFlow's own stateful ones.
    """
    seed = getattr(_local, "seed", None)
    if seed is None:
        return tf.random.uniform(shape, dtype=dtype)
    number = zlib.crc32(salt.encode()) & 0x7FFFFFFF
    folded = tf.random.experimental.stateless_fold_in(seed, number)
    return tf.random.stateless_uniform(shape, folded, dtype=dtype)
