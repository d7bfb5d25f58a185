"""One update, and many of them on the device in one call."""

import tensorflow as tf

from naive_student_tf import randomness


def replica_step(batch, *, model, targets, loss, optimizer, num_replicas, seed):
    """One update from one replica's share of the batch.

    Args:
        batch: dict of tensors, [B, ...], what `targets` takes.
        model: Keras model, image -> dict of outputs.
        targets: callable, batch -> dict with `image` and what `loss` needs.
        loss: callable, (targets, outputs) -> dict of float32 [B], `total_loss` and
            parts to report.
        optimizer: Keras optimizer.
        num_replicas: int; gradients are summed over replicas.
        seed: int, of the run.

    Returns:
        dict of float32 [], the replica's mean losses.
    """
    wanted = targets(batch)
    with randomness.step_seed(_seed(seed, optimizer.iterations)):
        with tf.GradientTape() as tape:
            outputs = model(wanted["image"], training=True)
            losses = {
                name: tf.reduce_mean(value)
                for name, value in loss(wanted, outputs).items()
            }
            # apply_gradients sums over replicas; divide so that the sum is the mean.
            scaled = losses["total_loss"] / num_replicas
        variables = model.trainable_variables
        gradients = tape.gradient(scaled, variables)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return losses


def build_run_steps(strategy, **settings):
    """Returns run_steps(batches, steps) -> dict of float32 [steps] arrays, mean losses.

    Args:
        strategy: tf.distribute.Strategy.
        settings: the keyword arguments of `replica_step`.
    """

    names = []

    @tf.function
    def run_steps(batches, steps):
        history = tf.TensorArray(tf.float32, steps)
        for index in tf.range(steps):  # a loop of the graph, not of Python
            losses = one_step(next(batches))
            names[:] = sorted(losses)
            history = history.write(index, tf.stack([losses[name] for name in names]))
        return history.stack()

    def one_step(batch):
        losses = strategy.run(lambda part: replica_step(part, **settings), (batch,))
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in losses.items()
        }

    def named(batches, steps):
        history = run_steps(batches, tf.constant(steps)).numpy()
        return {name: history[:, column] for column, name in enumerate(names)}

    return named


def _seed(seed, step):
    """int64 [2], differs between runs, steps and replicas."""
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return tf.stack(
        [
            tf.cast(step, tf.int64),
            tf.cast(replica, tf.int64) + tf.constant(seed, tf.int64) * 4096,
        ]
    )
