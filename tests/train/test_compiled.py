"""XLA compiles the train step, so that no shape in it is dynamic, and it is equal."""

import numpy as np
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.train import schedule, step
from tests.train import tiny_training


def learn(*, jit_compile):
    """Three steps of one replica: the losses and the weights after them."""
    keras.utils.set_random_seed(3)
    model = tiny_training.model()  # XLA draws other random numbers: nothing dropped
    optimizer = schedule.adam(0.01, clip_norm=0.1)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=jit_compile)
    def one_step(batch):
        return step.replica_step(
            batch,
            model=model,
            targets=tiny_training.targets,
            loss=tiny_training.loss,
            optimizer=optimizer,
            num_replicas=1,
            seed=1,
        )

    reader = tiny_training.Images().open(seed=1)
    batches = reader.dataset(
        start_step=0, num_steps=3, host=0, num_hosts=1, num_replicas=1
    )
    losses = [one_step(batch)["total_loss"].numpy() for batch in batches]
    return losses, [variable.numpy() for variable in model.variables]


def test_a_compiled_step_learns_what_a_plain_one_learns():
    losses, weights = learn(jit_compile=False)
    compiled_losses, compiled_weights = learn(jit_compile=True)
    np.testing.assert_allclose(compiled_losses, losses, rtol=1e-4)
    for compiled, plain in zip(compiled_weights, weights, strict=True):
        np.testing.assert_allclose(compiled, plain, atol=1e-4)
