"""Trains one model to `steps`. Knows the strategy; has never heard of gin."""

import functools
import time

import tensorflow as tf

from naive_student_tf import checkpoint, lineage
from naive_student_tf.compat import keras
from naive_student_tf.train import (
    cluster,
    example_picture,
    interrupt,
    schedule,
    step,
    strategy,
)
from naive_student_tf.train.recorder import Recorder


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
    accumulation=1,
    steps_per_loop=100,
    save_every=1000,
    init_from=None,
    init_coverage=1.0,
    held_out=(),
    optimizer=schedule.adam,
    strategy=strategy.one_device,
    deterministic=True,
    pictures=None,
):
    """Runs the loop, resuming from the newest whole checkpoint in `work_dir`.

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
        accumulation: int, parts in which every replica takes its share of a batch,
            where memory is too small for all of it.
        steps_per_loop: int, updates per call of the device loop.
        save_every: int, steps between checkpoints; a multiple of steps_per_loop.
        init_from: str, a training directory whose weights to start from, or None.
        init_coverage: float, share of the model's variables it must have; less than
            1 for a backbone alone, or for another number of classes.
        held_out: tuple of str, splits that neither the data nor the initial weights
            may have seen; see lineage.check.
        optimizer: builder of a Keras optimizer, schedule.adam or schedule.momentum.
        strategy: builder of a tf.distribute.Strategy.
        deterministic: bool, equal runs give equal bits, at some cost on GPUs. TPUs
            do without being asked; asked, XLA would refuse to pool.
        pictures: callable, (targets, outputs) of the first example as NumPy -> uint8
            [H, W, 3] for TensorBoard, drawn with every checkpoint, or None.

    Raises:
        FloatingPointError: a loss is not finite; it names the step and the images.
        ValueError: it would learn from a split that is held out, or a record cannot
            be trained on; it names the file.
        interrupt.Preempted: SIGTERM or SIGHUP came; all that was done is saved.
    """
    strategy = strategy()  # first: one of several machines must not have used any
    keras.utils.set_random_seed(seed)
    if deterministic and not cluster.is_tpu(strategy):
        tf.config.experimental.enable_op_determinism()
    _check_numbers(data, strategy, accumulation, steps_per_loop, save_every)
    reader = data.open(seed=seed)
    origin = lineage.of_training(reader.sources, init_from, held_out=held_out)
    rate = schedule.Poly(learning_rate, steps=steps, warmup_steps=warmup_steps)
    model, optimizer, checkpoints, start = _restored(
        strategy,
        work_dir,
        origin,
        model=model,
        optimizer=functools.partial(optimizer, rate, clip_norm=clip_norm),
        init_from=init_from,
        init_coverage=init_coverage,
    )
    if start >= steps:
        print(f"{work_dir} is trained: {start} of {steps} steps", flush=True)
        return
    recorder = Recorder(
        work_dir if cluster.is_chief(strategy) else None,
        reader=reader,
        learning_rate=rate,
        batch_size=data.global_batch_size,
        start=start,
        steps=steps,
    )
    shown = {"strategy": strategy, "model": model, "targets": targets}
    with interrupt.on_request() as request, checkpoints, recorder:
        run_steps = step.build_run_steps(
            **shown,
            accumulation=accumulation,
            interrupted=cluster.agreed(strategy, request.is_set),
            loss=loss,
            optimizer=optimizer,
            num_replicas=strategy.num_replicas_in_sync,
            seed=seed,
        )
        draw = pictures and example_picture.build_draw(pictures, data, reader, **shown)
        batches = _batches(strategy, reader, start, steps, accumulation)
        while start < steps:
            count = min(steps_per_loop - start % steps_per_loop, steps - start)
            began = time.monotonic()
            done, stopped, history = _run(run_steps, batches, reader, start, count)
            recorder.loop(start, history, began=began)
            start += done
            if stopped or start % save_every == 0 or start == steps:
                recorder.wait()  # nothing is saved that is not finite
                checkpoints.save()
            if stopped and start < steps:
                checkpoints.wait()
                raise interrupt.Preempted(f"{work_dir} is saved at step {start}.")
            if draw and start % save_every == 0:
                recorder.picture(start, draw())


def _restored(
    strategy, work_dir, origin, *, model, optimizer, init_from, init_coverage
):
    """Model and optimizer as they were saved last, else as `init_from` has them, else
    new; with the Checkpoints of the run, and the step it goes on from."""
    saved_origin = lineage.variable(origin)  # one for all replicas
    with strategy.scope():
        model, optimizer = model(), optimizer()
        optimizer.build(model.trainable_variables)
        saved = {"model": model, "optimizer": optimizer, "lineage": saved_origin}
        checkpoints = checkpoint.Checkpoints(
            work_dir, **saved, **cluster.saving(strategy, model)
        )
        start = checkpoints.restore_latest()
        if start:
            lineage.check_resumed(saved_origin, origin, work_dir)
        elif cluster.is_chief(strategy):
            lineage.write(work_dir, origin)
        if init_from and not start:
            checkpoint.init_model(model, init_from, min_coverage=init_coverage)
    cluster.check_agreement(strategy, start, work_dir)
    return model, optimizer, checkpoints, start


def _check_numbers(data, strategy, accumulation, steps_per_loop, save_every):
    if save_every % steps_per_loop:
        raise ValueError(
            f"save_every {save_every} is not a multiple of steps_per_loop "
            f"{steps_per_loop}: checkpoints are saved between two loops."
        )
    parts = strategy.num_replicas_in_sync * accumulation
    if data.global_batch_size % parts:
        raise ValueError(
            f"global_batch_size {data.global_batch_size} does not divide by {parts}: "
            f"{strategy.num_replicas_in_sync} replicas, accumulation {accumulation}. "
            f"Bind another accumulation."
        )


def _batches(strategy, reader, start, steps, accumulation):
    """An iterator over the parts, per replica, of the batches of the steps left."""

    def build(context):
        return reader.dataset(
            start_step=start,
            num_steps=steps,
            host=context.input_pipeline_id,
            num_hosts=context.num_input_pipelines,
            num_replicas=context.num_replicas_in_sync,
            accumulation=accumulation,
            remote=cluster.is_remote(strategy),
        )

    return iter(strategy.distribute_datasets_from_function(build))


def _run(run_steps, batches, reader, start, count):
    """Runs steps; where they fail for their input, looks for the record to name it."""
    try:
        return run_steps(batches, count)
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        first = str(error).partition("\n")[0]
        steps = f"steps {start} to {start + count - 1}"
        print(f"Failed: {first}\nLooking at the input of {steps}.", flush=True)
        reader.check(start, start + count)
        raise  # the input was not it
