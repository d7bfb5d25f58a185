"""Learning-rate schedules and optimizers (paper, section 4: Adam, poly)."""

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


class AdamByGroup(keras.optimizers.Adam):
    """Adam with a learning rate per group of variables.

    Adam does not feel the scale of a gradient, so the rate itself is multiplied.
    """

    def __init__(self, learning_rate, *, multipliers, **settings):
        """Args:
        learning_rate: float or schedule.
        multipliers: dict of prefix of variable names -> float.
        """
        self._multipliers, self._multiplier = dict(multipliers), 1.0
        super().__init__(learning_rate, **settings)

    def build(self, var_list):
        names = [variable.name for variable in var_list]
        for prefix in self._multipliers:
            if not any(name.startswith(prefix) for name in names):
                tops = sorted({name.partition("/")[0] for name in names})
                raise ValueError(
                    f"multipliers names {prefix!r}, but no variable starts with it; "
                    f"there are {', '.join(tops)}."
                )
        super().build(var_list)

    def update_step(self, gradient, variable):
        found = (
            factor
            for prefix, factor in self._multipliers.items()
            if variable.name.startswith(prefix)
        )
        self._multiplier = next(found, 1.0)
        super().update_step(gradient, variable)
        self._multiplier = 1.0

    @property
    def learning_rate(self):
        return super().learning_rate * self._multiplier

    @learning_rate.setter
    def learning_rate(self, value):
        keras.optimizers.Adam.learning_rate.fset(self, value)

    def get_config(self):
        return {**super().get_config(), "multipliers": self._multipliers}


def adam(learning_rate, *, clip_norm=None, multipliers=None):
    """Adam without weight decay.

    Args:
        learning_rate: float or schedule.
        clip_norm: float, bound of the global gradient norm, or None.
        multipliers: dict of prefix of variable names -> float, factors of the
            learning rate, for heads that start from scratch on a trained backbone:
            {"semantic/": 10.0, "instance/": 10.0}. None: one rate (the paper).
    """
    if multipliers:
        return AdamByGroup(
            learning_rate, multipliers=multipliers, global_clipnorm=clip_norm
        )
    return keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm)


def momentum(learning_rate, *, clip_norm=None, momentum=0.9, weight_decay=1e-3):
    """SGD with Nesterov momentum, for classification.

    Args:
        learning_rate: float or schedule.
        clip_norm: float, bound of the global gradient norm, or None.
        momentum: float.
        weight_decay: float, share of a kernel that an update of learning rate 1
            takes away; batch norm and biases keep theirs. The usual 1e-4 inside the
            gradient comes to 1e-3 here, because momentum 0.9 adds up ten gradients.
    """
    optimizer = keras.optimizers.SGD(
        learning_rate,
        momentum=momentum,
        nesterov=True,
        global_clipnorm=clip_norm,
        weight_decay=weight_decay,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer
