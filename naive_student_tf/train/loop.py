"""Trains one model to `steps`. Knows the strategy; has never heard of gin."""

import time

import numpy as np
import tensorflow as tf

from naive_student_tf import checkpoint, store
from naive_student_tf.compat import keras
from naive_student_tf.progress import Progress
from naive_student_tf.train import schedule, step, strategy
from naive_student_tf.train.summaries import ScalarWriter


def train(
    *,
    work_dir,
    model,
    data,
    targets,
    loss,
    learning_rate,
    steps,
    seed,
    warmup_steps=0,
    clip_norm=None,
    steps_per_loop=100,
    save_every=1000,
    init_from=None,
    init_coverage=1.0,
    optimizer=schedule.adam,
    strategy=strategy.one_device,
    deterministic=True,
):
    """Runs the loop, resuming from the newest checkpoint in `work_dir`.

    Args:
        work_dir: str, where checkpoints, logs and lineage go.
        model: zero-argument builder of a Keras model, image -> dict of outputs.
        data: TrainingData; its records come in an order that depends on `seed`.
        targets: callable, batch -> dict with `image` and what `loss` needs.
        loss: callable, (targets, outputs) -> dict of float32 [B].
        learning_rate: float, at the start of the poly schedule.
        steps: int, updates in all.
        seed: int, of initial weights, data order and dropped paths.
        warmup_steps: int, of a linear warm-up.
        clip_norm: float, bound of the global gradient norm, or None.
        steps_per_loop: int, updates per call of the device loop.
        save_every: int, steps between checkpoints; a multiple of steps_per_loop.
        init_from: str, a training directory whose weights to start from, or None.
        init_coverage: float, share of the model's variables it must have; less than
            1 for a backbone alone, or for another number of classes.
        optimizer: builder of a Keras optimizer, schedule.adam or schedule.momentum.
        strategy: builder of a tf.distribute.Strategy.
        deterministic: bool, equal runs give equal bits, at some cost on GPUs.

    Raises:
        FloatingPointError: a loss is not finite; it names the step and the images.
    """
    if save_every % steps_per_loop:
        raise ValueError(
            f"save_every {save_every} is not a multiple of steps_per_loop "
            f"{steps_per_loop}: checkpoints are saved between two loops."
        )
    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    reader = data.open(seed=seed)
    strategy = strategy()
    with strategy.scope():
        model = model()
        rate = schedule.Poly(learning_rate, steps=steps, warmup_steps=warmup_steps)
        optimizer = optimizer(rate, clip_norm=clip_norm)
        optimizer.build(model.trainable_variables)
        checkpoints = checkpoint.Checkpoints(work_dir, model=model, optimizer=optimizer)
        start = checkpoints.restore_latest()
        if init_from and not start:
            checkpoint.init_model(model, init_from, min_coverage=init_coverage)
    if start >= steps:
        print(f"{work_dir} is trained: {start} of {steps} steps", flush=True)
        return
    run_steps = step.build_run_steps(
        strategy,
        model=model,
        targets=targets,
        loss=loss,
        optimizer=optimizer,
        num_replicas=strategy.num_replicas_in_sync,
        seed=seed,
    )
    batches = _batches(strategy, reader, start, steps)
    log = ScalarWriter(store.join(work_dir, "train"))
    progress = Progress(
        total=steps, start=start, name=store.basename(work_dir), unit="steps"
    )
    while start < steps:
        count = min(steps_per_loop - start % steps_per_loop, steps - start)
        began = time.monotonic()
        losses = run_steps(batches, count)
        _check_finite(losses, start, reader, work_dir)
        seconds = time.monotonic() - began
        start += count
        images_per_s = count * data.global_batch_size / seconds
        log.write(start, losses, learning_rate=rate(start), images_per_s=images_per_s)
        progress.advance(
            count,
            loss=f"{losses['total_loss'].mean():.3f}",
            **{"images/s": f"{images_per_s:.0f}"},
        )
        if start % save_every == 0 or start == steps:
            _check_weights(model, start - 1, reader, work_dir)
            checkpoints.save()
    progress.close()


def _batches(strategy, reader, start, steps):
    """An iterator over the per-replica batches of the remaining steps."""

    def build(context):
        return reader.dataset(
            start_step=start,
            num_steps=steps,
            host=context.input_pipeline_id,
            num_hosts=context.num_input_pipelines,
            num_replicas=context.num_replicas_in_sync,
        )

    return iter(strategy.distribute_datasets_from_function(build))


def _check_finite(losses, first_step, reader, work_dir):
    """Stops a run whose loss is NaN or infinite; nothing was saved since."""
    finite = np.isfinite(losses["total_loss"])
    if not finite.all():
        index = int(np.argmin(finite))
        values = {name: float(value[index]) for name, value in losses.items()}
        bad = first_step + index
        what = f"the loss of step {bad} is not finite: {values}"
        raise FloatingPointError(_diverged(work_dir, what, reader.filenames(bad)))


def _check_weights(model, step, reader, work_dir):
    """Stops a run whose newest gradient was not finite although its loss was."""
    for variable in model.variables:
        finite = not variable.dtype.is_floating or tf.math.is_finite(variable)
        if not tf.reduce_all(finite):
            what = f"after step {step} the weights {variable.name} are not finite"
            raise FloatingPointError(_diverged(work_dir, what, reader.filenames(step)))


def _diverged(work_dir, what, images):
    return (
        f"{work_dir}: {what}. Its images: {', '.join(images)}. The checkpoint before "
        f"it is kept; lower learning_rate, bind clip_norm, or look at those images."
    )
