"""Dropout whose mask depends on the training step alone (see randomness.py)."""

import tensorflow as tf

from naive_student_tf import randomness
from naive_student_tf.compat import keras


class Dropout(keras.layers.Layer):
    """Sets a share `rate` of the values to 0 and scales the rest by 1 / (1 - rate)."""

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"rate is {rate}: not in [0, 1).")
        self.rate = rate

    def call(self, inputs, training=None):
        if not training or not self.rate:
            return inputs
        draws = randomness.uniform(tf.shape(inputs), salt=self.name)
        kept = tf.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1 - self.rate)

    def get_config(self):
        return super().get_config() | {"rate": self.rate}
