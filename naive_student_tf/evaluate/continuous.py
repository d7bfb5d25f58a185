"""Job: evaluates every new checkpoint beside a running training; keeps the best.

    history.json        one row per evaluated checkpoint
    best.json, best/    the best one by a metric; give best/ to CHECKPOINT or INIT_FROM
    metrics.json, ...   of the newest, see evaluate.py; eval/ has all of them by step

A training deletes its old checkpoints, so each is copied before it is read. A job that
is stopped goes on: checkpoints of the history are not evaluated again.
"""

import time

import tensorflow as tf

from naive_student_tf import checkpoint, store
from naive_student_tf.evaluate import evaluate

HISTORY, BEST, HELD = "history.json", "best", "held"


def watch(
    *,
    checkpoint_path,
    data_dir,
    work_dir,
    inference,
    last_step,
    metric="pq",
    patience_s=3600.0,
    poll_s=10.0,
    batch_size=8,
    num_examples=8,
    num_extremes=0,
):
    """Runs until the checkpoint of `last_step` is evaluated, or nothing new comes.

    Args:
        checkpoint_path: str, WORK_DIR of the training; it need not exist yet.
        data_dir: str, a shard directory with labels.
        work_dir: str.
        inference: builder of an `Inference`, takes checkpoint_path.
        last_step: int, the training's last step.
        metric: str, a number of metrics.json; the larger, the better.
        patience_s: float, seconds without a new checkpoint after which it ends.
        poll_s: float, seconds between two looks at the directory.
        batch_size, num_examples, num_extremes: see evaluate.py.

    Raises:
        TimeoutError: nothing new for `patience_s`; it says how far it came.
        ValueError: the evaluation has no such metric.
    """
    history = _history(work_dir)
    seen = {row["step"] for row in history}
    settings = {"data_dir": data_dir, "work_dir": work_dir, "batch_size": batch_size}
    settings |= {"num_examples": num_examples, "num_extremes": num_extremes}
    built, since = None, time.monotonic()
    while last_step not in seen:
        held = _hold_new(checkpoint_path, work_dir, seen)
        if held is None:
            _check_patience(since, patience_s, checkpoint_path, seen)
            time.sleep(poll_s)
            continue
        built = inference(checkpoint_path=held) if built is None else built
        checkpoint.restore_model(built.model, held)
        built.checkpoint = held
        result = evaluate.run(built, **settings)
        history.append(_row(held, result, metric))
        if _is_best(history, metric):
            _keep(held, store.join(work_dir, BEST), history[-1], metric)
        store.write_json(store.join(work_dir, HISTORY), history)
        seen.add(history[-1]["step"])
        since = time.monotonic()
    print(f"{work_dir}: {len(history)} checkpoints, best {_best(history, metric)}")


def _history(work_dir):
    path = store.join(work_dir, HISTORY)
    return store.read_json(path) if store.exists(path) else []


def _hold_new(checkpoint_path, work_dir, seen):
    """Copies the newest checkpoint unless it was seen; returns its path, or None."""
    try:
        found = checkpoint.find(checkpoint_path)
    except FileNotFoundError:
        return None
    if evaluate.step_of(found) in seen:
        return None
    folder = store.join(work_dir, HELD)
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)
    try:
        return _copy(found, folder)
    except tf.errors.NotFoundError:  # deleted by the training: a newer one is there
        return None


def _copy(path, folder):
    """Copies the files of a checkpoint; returns its new path."""
    tf.io.gfile.makedirs(folder)
    for file in tf.io.gfile.glob([f"{path}.index", f"{path}.data-*"]):
        tf.io.gfile.copy(file, store.join(folder, store.basename(file)), overwrite=True)
    copied = store.join(folder, store.basename(path))
    if not store.exists(f"{copied}.index"):
        raise tf.errors.NotFoundError(None, None, f"{path} is gone.")
    return copied


def _check_patience(since, patience_s, checkpoint_path, seen):
    waited = time.monotonic() - since
    if waited > patience_s:
        raise TimeoutError(
            f"No new checkpoint in {checkpoint_path} for {waited:.0f} s; the last one "
            f"evaluated is of step {max(seen, default=None)}. Is the training alive? "
            f"The same command goes on from here."
        )


def _row(held, result, metric):
    if result.get(metric) is None:
        numbers = sorted(k for k, v in result.items() if isinstance(v, float))
        raise ValueError(f"The evaluation has no {metric!r}; it has {numbers}.")
    names = {metric, "pq", "ap", "miou"} & result.keys()
    return {"step": evaluate.step_of(held), **{name: result[name] for name in names}}


def _best(history, metric):
    """The row with the largest value; of equal ones the first."""
    return max(history, key=lambda row: row[metric])


def _is_best(history, metric):
    return _best(history, metric) is history[-1]


def _keep(held, folder, row, metric):
    """Makes `held` the one checkpoint of a directory like that of a training."""
    checkpoints = store.join(folder, checkpoint.FOLDER)
    name = store.basename(_copy(held, checkpoints))
    state = f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
    store.write_text(store.join(checkpoints, "checkpoint"), state)
    for file in tf.io.gfile.glob(store.join(checkpoints, "*-*")):
        if not store.basename(file).startswith((f"{name}.", f"{name}-")):
            tf.io.gfile.remove(file)
    store.write_json(folder + ".json", {**row, "metric": metric})
