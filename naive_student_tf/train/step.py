"""One update, and many of them on the device in one call.

An update is made of parts: every replica takes `accumulation` small batches after
each other and adds up their gradients, so that a machine of any size learns from
the same global batch. Only batch norm tells the difference: it sees one part, of
all replicas, at a time.
"""

import dataclasses
import time

import numpy as np
import tensorflow as tf

from naive_student_tf import randomness
from naive_student_tf.train import cluster, finite


def replica_step(batch, *, optimizer, **settings):
    """One update from one replica's share of the batch.

    Args:
        batch: dict of tensors, [B, ...], what `targets` takes.
        optimizer: Keras optimizer.
        settings: the other keyword arguments of `replica_gradients`, save `part`.

    Returns:
        dict of float32 [], the replica's mean losses.
    """
    gradients, losses = replica_gradients(batch, optimizer=optimizer, **settings)
    variables = settings["model"].trainable_variables
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return losses


def replica_gradients(
    batch,
    *,
    model,
    targets,
    loss,
    optimizer,
    num_replicas,
    seed,
    part=0,
    accumulation=1,
):
    """What one part of one replica adds to the gradient of the global batch.

    Args:
        batch: dict of tensors, [B, ...], what `targets` takes.
        model: Keras model, image -> dict of outputs.
        targets: callable, batch -> dict with `image` and what `loss` needs.
        loss: callable, (targets, outputs) -> dict of float32 [B], `total_loss` and
            parts to report.
        optimizer: Keras optimizer; only its count of updates is read.
        num_replicas: int; gradients are summed over replicas.
        seed: int, of the run.
        part: int32 [], which of the parts of an update this is.
        accumulation: int, parts per update.

    Returns:
        List of gradients, one per trainable variable, and dict of float32 [], the
        mean losses of these examples.
    """
    wanted = targets(batch)
    index = _replica() + num_replicas * tf.cast(part, tf.int64)
    with randomness.step_seed(_seed(seed, optimizer.iterations, index)):
        with tf.GradientTape() as tape:
            outputs = model(wanted["image"], training=True)
            losses = {
                name: tf.reduce_mean(value)
                for name, value in loss(wanted, outputs).items()
            }
            # Sums over replicas and parts follow; divided, the sum is the mean.
            scaled = losses["total_loss"] / (num_replicas * accumulation)
        return tape.gradient(scaled, model.trainable_variables), losses


@dataclasses.dataclass(frozen=True)
class History:
    """What a call of the device loop has seen.

    Attributes:
        losses: dict of float32 [n], one value per step.
        wait_s: float32 [n], seconds per step in which the loop waited for input.
        broken: list of str, names of variables, of the model and then of the optimizer,
            that are not finite at its end.
    """

    losses: dict
    wait_s: np.ndarray
    broken: list


def build_run_steps(strategy, **settings):
    """Returns run_steps(batches, steps) -> (int n, bool, builder of a History).

    It runs 1 <= n <= steps updates, says whether it was interrupted after the last of
    them, and may return before the device is done; the builder waits for it.

    Args:
        strategy: tf.distribute.Strategy.
        settings: the keyword arguments of `build_device_loop`.
    """
    names, variables = [], finite.numbers(settings["model"], settings["optimizer"])
    device_loop = build_device_loop(strategy, names, **settings)

    def run_steps(batches, steps):
        table, done, stopped, whole = device_loop(batches, tf.constant(steps))

        def history():
            *losses, wait_s = table.numpy().T
            found = zip(variables, whole.numpy() == 1, strict=True)
            broken = [variable.name for variable, good in found if not good]
            return History(dict(zip(names, losses, strict=True)), wait_s, broken)

        return int(done), bool(stopped), history

    return run_steps


def build_device_loop(
    strategy, names, *, accumulation=1, interrupted=lambda: False, **settings
):
    """Returns a tf.function, (batches, int32 steps) -> tensors of n <= steps updates.

    These are float32 [n, losses + 1], mean losses and the seconds waited for input;
    int32 n; bool, whether it was interrupted after the last of them; float32
    [variables], 1 where a variable is finite.

    Args:
        strategy: tf.distribute.Strategy.
        names: list that gets the names of the losses when the loop is traced.
        accumulation: int, batches of every replica per update.
        interrupted: zero-argument function -> bool tensor, asked after every step:
            whether to end early.
        settings: the other keyword arguments of `replica_step`.
    """
    build = _build_update if accumulation == 1 else _build_accumulated_update
    update = build(strategy, names, accumulation=accumulation, **settings)
    variables = finite.numbers(settings["model"], settings["optimizer"])

    @tf.function
    def device_loop(batches, steps):
        history, done, stopped = tf.TensorArray(tf.float32, steps), 0, False
        for index in tf.range(steps):  # a loop of the graph, not of Python
            history, done = history.write(index, update(batches)), index + 1
            stopped = interrupted()
            if stopped:
                break
        whole = finite.check(strategy, variables)
        return history.gather(tf.range(done)), done, stopped, whole

    return device_loop


def _build_update(strategy, names, **settings):
    """update(batches) -> float32 [losses + 1]: their means, and seconds waited."""

    def update(batches):
        batch, wait_s = _timed_next(strategy, batches)
        losses = strategy.run(
            lambda part: _stacked(names, replica_step(part, **settings)), (batch,)
        )
        return _row(strategy, losses, wait_s)

    return update


def _build_accumulated_update(strategy, names, *, accumulation, optimizer, **settings):
    """The same from several batches: gradients add up in variables of the replica."""
    variables = settings["model"].trainable_variables
    settings |= {"optimizer": optimizer, "accumulation": accumulation}
    with strategy.scope():
        sums = [
            tf.Variable(
                tf.zeros(variable.shape, variable.dtype),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )
            for variable in variables
        ]

    def add(batch, part):
        gradients, losses = replica_gradients(batch, part=part, **settings)
        for total, gradient in zip(sums, gradients, strict=True):
            total.assign_add(gradient)
        return _stacked(names, losses)

    def apply():
        gradients = [total.read_value() for total in sums]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for total in sums:
            total.assign(tf.zeros_like(total))

    def update(batches):
        rows = tf.TensorArray(tf.float32, accumulation)
        for part in tf.range(accumulation):
            batch, wait_s = _timed_next(strategy, batches)
            losses = strategy.run(add, (batch, part))
            rows = rows.write(part, _row(strategy, losses, wait_s))
        strategy.run(apply)
        rows = rows.stack()
        return tf.concat(
            [tf.reduce_mean(rows[:, :-1], 0), tf.reduce_sum(rows[:, -1:], 0)], 0
        )

    return update


def _stacked(names, losses):
    """The losses as one vector, which leaves a device in one go."""
    names[:] = sorted(losses)
    return tf.stack([losses[name] for name in names])


def _row(strategy, losses, wait_s):
    mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, losses, axis=None)
    return tf.concat([mean, [wait_s]], 0)


def _timed_next(strategy, batches):
    """The next batch, and the seconds until it was there, float32 []."""
    now = tf.timestamp if cluster.is_tpu(strategy) else _now
    began = now()
    with tf.control_dependencies([began]):
        batch = next(batches)
    parts = tf.nest.flatten(strategy.experimental_local_results(batch))
    with tf.control_dependencies(parts):
        return batch, tf.cast(now() - began, tf.float32)


def _now():
    """Seconds, float64 []. tf.timestamp refuses to work in deterministic runs, which
    those on TPUs are not in this sense; their hosts cannot call into Python."""
    return tf.ensure_shape(tf.numpy_function(time.monotonic, [], tf.float64), [])


def _replica():
    context = tf.distribute.get_replica_context()
    return tf.cast(context.replica_id_in_sync_group, tf.int64)


def _seed(seed, step, index):
    """int64 [2], differs between runs, steps, replicas and parts of an update."""
    return tf.stack(
        [tf.cast(step, tf.int64), index + tf.constant(seed, tf.int64) * 4096]
    )
