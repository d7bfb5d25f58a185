"""Drop path: a residual branch that is sometimes left out (stochastic depth).

Huang et al., Deep Networks with Stochastic Depth, ECCV 2016; the paper trains
WR-38 and WR-41 with a constant keep probability of 0.8. A backbone takes the sum
of shortcut and residual as an argument, a factory, and calls
`drop_path(name=...)([shortcut, residual])`: `plain_sum`, `DropPath` or, on
TensorFlow 2.15, `tfa_stochastic_depth`.
"""

import tensorflow as tf

from naive_student_tf import randomness
from naive_student_tf.compat import keras


def plain_sum(*, name=None):
    """Returns the layer of a residual network without drop path."""
    return keras.layers.Add(name=name)


class DropPath(keras.layers.Layer):
    """Adds a residual to its shortcut, or drops it.

    Args:
        keep_probability: float in (0, 1].
        mode: "sample": every example draws for itself; a kept residual is divided
            by `keep_probability`, so that inference is a plain sum. "batch": one
            draw for the whole batch of a replica, no division, and inference
            multiplies by `keep_probability` (as in tensorflow-addons).

    Call arguments:
        inputs: [shortcut, residual], both [B, H, W, C].

    Raises:
        ValueError: keep_probability or mode is none of the above.
    """

    def __init__(self, keep_probability, mode="sample", **kwargs):
        super().__init__(**kwargs)
        if not 0 < keep_probability <= 1:
            raise ValueError(f"keep_probability is {keep_probability}: not in (0, 1].")
        if mode not in ("sample", "batch"):
            raise ValueError(f"mode is {mode!r}: neither 'sample' nor 'batch'.")
        self.keep_probability = keep_probability
        self.mode = mode

    def call(self, inputs, training=None):
        shortcut, residual = inputs
        if training:
            return shortcut + residual * self._draw(residual)
        if self.mode == "batch":
            return shortcut + residual * self.keep_probability
        return shortcut + residual

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        settings = {"keep_probability": self.keep_probability, "mode": self.mode}
        return super().get_config() | settings

    def _draw(self, residual):
        """The factor of the residual: [B, 1, 1, 1] or [1, 1, 1, 1]."""
        batch = tf.shape(residual)[0] if self.mode == "sample" else 1
        uniform = randomness.uniform([batch, 1, 1, 1], salt=self.name)
        kept = tf.cast(uniform < self.keep_probability, residual.dtype)
        return kept / self.keep_probability if self.mode == "sample" else kept


def tfa_stochastic_depth(*, survival_probability, name=None):
    """The layer of tensorflow-addons, where that is installed (TensorFlow 2.15)."""
    from tensorflow_addons.layers import StochasticDepth

    return StochasticDepth(survival_probability, name=name)
