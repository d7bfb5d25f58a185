"""The arithmetic of a network: float32, or bfloat16 where that is enough.

Under mixed_bfloat16 convolutions, ReLUs and resizes inside the network run in
bfloat16 (half the memory; the matrix units of a TPU multiply in nothing else).
Weights, their gradients and updates, the statistics of batch norm, the last layer of
every head and the outputs stay float32. bfloat16 has the exponents of float32, so
losses need no scaling; float16 would, and is not offered.
"""

import contextlib

from naive_student_tf.compat import keras

POLICIES = ("float32", "mixed_bfloat16")


@contextlib.contextmanager
def policy(name):
    """Layers that are built within compute as `name` says, one of POLICIES.

    Raises:
        ValueError: the name is none of them.
    """
    if name not in POLICIES:
        raise ValueError(f"precision is {name!r}: not in {POLICIES}.")
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
