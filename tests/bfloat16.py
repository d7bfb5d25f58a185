"""Whether this CPU computes in bfloat16.

oneDNN does with AVX-512 only, and the package keeps it to AVX2 (see the README): there
a convolution ends in an error, and a matrix product on some CPUs in a crash.
"""

import pytest
import tensorflow as tf


def _is_there():
    try:
        one = tf.ones([1, 1, 1, 1], tf.bfloat16)
        tf.nn.conv2d(one, one, 1, "SAME")
    except tf.errors.AbortedError:
        return False
    return True


needed = pytest.mark.skipif(not _is_there(), reason="no bfloat16 on this CPU")
