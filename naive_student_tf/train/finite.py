"""Whether the variables of a training are numbers, on the device."""

import tensorflow as tf


def numbers(model, optimizer):
    """All their variables that may become NaN or infinite."""
    variables = [*model.variables, *optimizer.variables]
    return [variable for variable in variables if variable.dtype.is_floating]


def check(strategy, variables):
    """float32 [variables], 1 where a variable is finite on every replica."""

    def here():
        sums = [tf.reduce_sum(variable) for variable in variables]
        return tf.cast(tf.math.is_finite(tf.stack(sums)), tf.float32)

    return strategy.reduce(tf.distribute.ReduceOp.MEAN, strategy.run(here), axis=None)
