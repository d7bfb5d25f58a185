"""Checkpoints: saving, finding and restoring, never partially in silence.

Top-level because training, pseudo-labelling and evaluation all restore.
"""

import hashlib

import tensorflow as tf

from naive_student_tf import named_weights, store

FOLDER = "checkpoints"
LINEAGE = "lineage.json"


class Checkpoints:
    """The checkpoints of one training run, in `work_dir/checkpoints`."""

    def __init__(self, work_dir, *, model, optimizer, keep=2):
        self._optimizer = optimizer
        self._manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=model, optimizer=optimizer),
            store.join(work_dir, FOLDER),
            max_to_keep=keep,
            step_counter=optimizer.iterations,
        )

    def restore_latest(self):
        """Restores the newest one, if any. Returns the step, 0 without one.

        Raises:
            ValueError: it is of another model.
        """
        path = self._manager.latest_checkpoint
        if path:
            _restore(self._manager.checkpoint, path)
        return int(self._optimizer.iterations)

    def save(self):
        """Saves under the step's number; returns the path."""
        return self._manager.save(checkpoint_number=self._optimizer.iterations)


def find(path):
    """The newest checkpoint of a training directory, or `path` if it is one.

    Raises:
        FileNotFoundError: neither.
    """
    for folder in (store.join(path, FOLDER), path):
        latest = tf.train.latest_checkpoint(folder)
        if latest:
            return latest
    if store.exists(path + ".index"):
        return path
    raise FileNotFoundError(
        f"No checkpoint at {path!r}: give a training WORK_DIR or the path of a "
        f"checkpoint without its .index."
    )


def restore_model(model, path):
    """Loads the weights of `model` (not the optimizer) from `find(path)`.

    Returns:
        str, the checkpoint's path.

    Raises:
        ValueError: the checkpoint is of another model; it says what differs.
    """
    found = find(path)
    try:
        _restore(tf.train.Checkpoint(model=model), found).expect_partial()
    except ValueError as error:
        raise ValueError(f"{error}\n{compare(model, found).table()}") from error
    return found


def init_model(model, path, *, min_coverage=1.0):
    """Starts `model` from the weights of `find(path)` that have its names.

    So a backbone comes out of a classifier, or a network out of one with other
    classes. Prints what was loaded and what was not.

    Args:
        model: Keras model.
        path: str, a training directory or a checkpoint.
        min_coverage: float, share of the model's variables that has to be loaded.

    Raises:
        ValueError: it is less; the message lists what differs.
    """
    found = find(path)
    comparison = compare(model, found)
    named_weights.load(model, found, comparison, min_coverage=min_coverage)
    print(f"{model.name} starts from {found}\n{comparison.table()}", flush=True)


def compare(model, path):
    """named_weights.Comparison of a model with a checkpoint of this package."""
    return named_weights.compare(model, path, named_weights.of_checkpoint(path))


def save_model(model, work_dir):
    """Saves a model without optimizer as a training run would; returns the path."""
    saved = tf.train.Checkpoint(model=model)
    manager = tf.train.CheckpointManager(saved, store.join(work_dir, FOLDER), 1)
    return manager.save(checkpoint_number=0)


def fingerprint(path):
    """sha256 of a checkpoint's data files, a short name of its content."""
    digest = hashlib.sha256()
    for name in sorted(tf.io.gfile.glob(find(path) + ".data-*")):
        digest.update(store.read_bytes(name))
    return digest.hexdigest()[:16]


def lineage(path):
    """What a training directory says about its origin, of one of its checkpoints.

    Returns:
        the content of its lineage.json, or None where there is none.
    """
    directory = path.rpartition(f"/{FOLDER}/")[0]
    file = store.join(directory, LINEAGE)
    return store.read_json(file) if directory and store.exists(file) else None


def _restore(objects, path):
    try:
        return objects.restore(path).assert_existing_objects_matched()
    except (ValueError, AssertionError) as error:
        raise ValueError(
            f"{path} was not saved from this model: {error}. Use the model gin file "
            f"and the class count it was trained with."
        ) from error
