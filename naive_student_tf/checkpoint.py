"""Checkpoints: saving, finding and restoring, never partially in silence.

Top-level because training, pseudo-labelling and evaluation all restore.
"""

import hashlib
import re
import tempfile

import tensorflow as tf

from naive_student_tf import named_weights, run_directory, store

FOLDER = "checkpoints"
_NAME = "ckpt"
# What TensorFlow raises where a file is cut off, missing or does not match its own
# checksums. Whatever else goes wrong (rights, network) is no reason to go back.
_DAMAGE = (tf.errors.DataLossError, tf.errors.NotFoundError, IndexError)


class DamagedError(OSError):
    """A checkpoint that is half-written, cut off, or has a flipped bit."""


class Checkpoints:
    """The checkpoints of one training run, in `work_dir/checkpoints`."""

    def __init__(
        self,
        work_dir,
        *,
        model,
        optimizer,
        lineage=None,
        keep=2,
        background=False,
        writes=True,
    ):
        """Args:
        work_dir: str.
        model, optimizer: what to save.
        lineage: lineage.variable, what the weights come from; None: unknown.
        keep: int, of the newest ones.
        background: bool, `save` returns as soon as the values are copied to the
            host, and the files are written while training goes on.
        writes: bool; False for a process that has to take part in saving, where
            another one writes.
        """
        self._model, self._optimizer = model, optimizer
        self._folder = store.join(work_dir, FOLDER)
        self._elsewhere = None if writes else tempfile.TemporaryDirectory()
        self._target = self._folder if writes else self._elsewhere.name
        self._manager = tf.train.CheckpointManager(
            _tracked(model=model, optimizer=optimizer, lineage=lineage),
            self._target,
            max_to_keep=keep if writes else 1,
            checkpoint_name=_NAME,
        )
        self._options = tf.train.CheckpointOptions(enable_async=background)
        self._saved = None  # path of the last save, which may be under way

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.wait()
        else:  # nobody knows whether what the model holds now may be saved
            self._manager.sync()
            if self._saved and self._manager.latest_checkpoint != self._saved:
                print(f"WARNING: {self._saved} was not written.", flush=True)

    def restore_latest(self):
        """Restores the newest one that is whole, if any.

        Returns:
            int, the step; 0 without a checkpoint.

        Raises:
            ValueError: it is of another model; a table says what differs.
            DamagedError: there are checkpoints, and none of them is whole.
        """
        found = _by_step(self._folder)
        for path in found:
            try:
                _restore(self._manager.checkpoint, path, model=self._model)
            except DamagedError as error:
                print(f"WARNING: {error}\nThe one before it is used.", flush=True)
                # It stays, but is not one of those to keep. There is no public way.
                self._manager._maybe_delete.pop(path, None)
            else:
                return int(self._optimizer.iterations.numpy())
        if found:
            raise DamagedError(
                f"{self._folder}: none of the checkpoints {found} can be read. Nothing "
                f"was changed. Put a whole one there, or delete the directory to start "
                f"over."
            )
        return 0

    def save(self):
        """Saves under the step's number; returns the path, which may still be written.

        Raises:
            OSError: this one or the one before it could not be written.
        """
        step = int(self._optimizer.iterations.numpy())
        self._saved = f"{self._target}/{_NAME}-{step}"
        try:
            self._manager.sync()  # never two that are half-written
            run_directory.stamp(self._saved)
            self._manager.save(checkpoint_number=step, options=self._options)
        except (OSError, tf.errors.OpError) as error:
            raise self._not_written(error) from error
        return self._saved

    def wait(self):
        """Waits until the last save is on disk. Raises what `save` raises."""
        self._manager.sync()
        if self._saved and self._manager.latest_checkpoint != self._saved:
            self.save()  # raises what went wrong in the background
            self._manager.sync()
        if self._saved:
            _sweep(self._target)

    def _not_written(self, error):
        kept = self._manager.latest_checkpoint
        return OSError(
            f"{self._saved} could not be written: {error}. "
            + (f"{kept} is untouched. " if kept else "")
            + "Make room or mend the directory, then start the same command again."
        )


def find(path):
    """The newest checkpoint of a training directory, or `path` if it is one.

    A damaged one is an error where it is read, not a reason to take the one before:
    predictions of other weights than the newest would be a surprise.

    Raises:
        FileNotFoundError: neither.
    """
    for folder in (store.join(path, FOLDER), path):
        latest = tf.train.latest_checkpoint(folder) or next(
            iter(_by_step(folder)), None
        )
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
    _restore(tf.train.Checkpoint(model=model), found, model=model).expect_partial()
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


def save_model(model, work_dir, *, lineage=None):
    """Saves a model without optimizer as a training run would; returns the path."""
    saved = _tracked(model=model, lineage=lineage)
    manager = tf.train.CheckpointManager(saved, store.join(work_dir, FOLDER), 1)
    return manager.save(checkpoint_number=0)


def fingerprint(path):
    """sha256 of a checkpoint's data files, a short name of its content."""
    digest = hashlib.sha256()
    for name in sorted(tf.io.gfile.glob(find(path) + ".data-*")):
        digest.update(store.read_bytes(name))
    return digest.hexdigest()[:16]


def _tracked(*, lineage, **objects):
    """What is saved; without a lineage, as by others' tools."""
    if lineage is not None:
        objects["lineage"] = lineage
    return tf.train.Checkpoint(**objects)


def _by_step(folder):
    """Paths of the checkpoints of a directory, newest first, damaged or not."""
    names = tf.io.gfile.listdir(folder) if tf.io.gfile.isdir(folder) else []
    found = (re.fullmatch(rf"{_NAME}-(\d+)\.index", name) for name in names)
    steps = sorted((int(match[1]) for match in found if match), reverse=True)
    return [f"{folder}/{_NAME}-{step}" for step in steps]


def _sweep(folder):
    """Deletes what lies beside checkpoints that are gone, or were never finished."""
    kept = _by_step(folder)
    for name in tf.io.gfile.listdir(folder):
        match = re.match(rf"{_NAME}-\d+", name)
        path = store.join(folder, name)
        if match and store.join(folder, match[0]) not in kept:
            if tf.io.gfile.isdir(path):
                tf.io.gfile.rmtree(path)
            else:
                tf.io.gfile.remove(path)


def _restore(objects, path, *, model):
    """Restores all of `objects`; the model has to have as many weights as the file."""
    refused = (
        f"{path} was not saved from this model: {{}}. Use the model gin file and the "
        f"class count it was trained with.\n"
    )
    try:
        status = objects.restore(path).assert_existing_objects_matched()
    except (ValueError, AssertionError) as error:
        table = compare(model, path).table()
        raise ValueError(refused.format(error) + table) from error
    except (tf.errors.OpError, IndexError) as error:
        if not isinstance(error, _DAMAGE) and type(error) is not tf.errors.OpError:
            raise
        raise DamagedError(f"{path} is damaged: {error}") from error
    comparison = compare(model, path)
    if not comparison.is_whole:  # TensorFlow asks for all of the model's, no more
        raise ValueError(refused.format("it has more") + comparison.table())
    return status
