"""Checkpoints: saving, finding and restoring, never partially in silence.

Top-level because training, pseudo-labelling and evaluation all restore.
"""

import hashlib

import tensorflow as tf

from naive_student_tf import store

FOLDER = "checkpoints"


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
        """Restores the newest one, if any. Returns the step, 0 without one."""
        path = self._manager.latest_checkpoint
        if path:
            status = self._manager.checkpoint.restore(path)
            status.assert_existing_objects_matched()
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
        status = tf.train.Checkpoint(model=model).restore(found)
        status.assert_existing_objects_matched().expect_partial()
    except (ValueError, AssertionError) as error:
        raise ValueError(
            f"{found} was not saved from this model: {error}. Use the model gin file "
            f"and the class count it was trained with."
        ) from error
    return found


def fingerprint(path):
    """sha256 of a checkpoint's data files, a short name of its content."""
    digest = hashlib.sha256()
    for name in sorted(tf.io.gfile.glob(find(path) + ".data-*")):
        digest.update(store.read_bytes(name))
    return digest.hexdigest()[:16]
