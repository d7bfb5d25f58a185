"""Learning-rate schedules and the optimizer (paper, section 4: Adam, poly)."""

import tensorflow as tf

from naive_student_tf.compat import keras


class Poly(keras.optimizers.schedules.LearningRateSchedule):
    """base * (1 - step / steps) ** power, after a linear warm-up."""

    def __init__(self, base, *, steps, power=0.9, warmup_steps=0):
        """Args: base: float; steps, warmup_steps: int; power: float (paper: 0.9)."""
        self.base, self.steps = base, steps
        self.power, self.warmup_steps = power, warmup_steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        left = tf.maximum(1.0 - step / self.steps, 0.0)
        warm = tf.minimum((step + 1.0) / max(self.warmup_steps, 1), 1.0)
        return self.base * left**self.power * warm

    def get_config(self):
        return {
            "base": self.base,
            "steps": self.steps,
            "power": self.power,
            "warmup_steps": self.warmup_steps,
        }


def adam(learning_rate, *, clip_norm=None):
    """Adam without weight decay; `clip_norm` bounds the global gradient norm."""
    return keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm)
