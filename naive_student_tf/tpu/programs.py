"""The programs that a job gives to a device, taken from the job itself.

The trainer is run, up to where a device would start: it gets a strategy that records
instead of running, and data that ends before the first batch. The pseudo-label job's
`Inference` is built without its checkpoint, and its function is recorded.
"""

import contextlib
import dataclasses
import tempfile
import typing

import tensorflow as tf

from naive_student_tf.tpu import recorder


def train_programs(*, train, data, num_replicas, batch_size=None):
    """What the trainer runs on each core for one update.

    Args:
        train: `loop.train` with its bindings.
        data: TrainingData; its shards need not be there.
        num_replicas: int.
        batch_size: int, examples of one replica per update; None: as the config has
            it, its global batch over the replicas.

    Returns:
        list of `recorder.Program`.
    """
    strategy = recorder.Recorder(num_replicas)
    size = batch_size * num_replicas if batch_size else data.global_batch_size
    data_has_ended = contextlib.suppress(tf.errors.OutOfRangeError)
    with tempfile.TemporaryDirectory() as work_dir, data_has_ended:
        train(
            work_dir=work_dir,
            data=_Unread(data, size),
            strategy=lambda: strategy,
            init_from=None,
            deterministic=False,  # as under TPUStrategy
            pictures=None,
        )
    # What neither takes a batch nor changes a variable is no part of a step.
    share = size // num_replicas
    return [
        dataclasses.replace(p, runs=share // p.batch_size if p.batch_size else 1)
        for p in strategy.programs
        if p.batch_size or p.changes_variables
    ]


def predict_programs(*, inference, height, width, num_replicas, batch_size=1):
    """What the pseudo-label job runs on each core for one batch of frames.

    Args:
        inference: `inference.Inference` with its bindings.
        height, width: ints, of a frame, in pixels.
        num_replicas: int; replicas predict without a word to each other.
        batch_size: int, frames.

    Returns:
        list of one `recorder.Program`.
    """
    strategy = recorder.Recorder(num_replicas)
    inference = inference(strategy=lambda: strategy, restore=lambda model, path: path)
    predict = inference.function((height, width))
    images = tf.TensorSpec((batch_size, height, width, 3), tf.uint8)
    tf.function(lambda frames: strategy.run(predict, (frames,))).get_concrete_function(
        images
    )
    return strategy.programs


@dataclasses.dataclass(frozen=True)
class _Unread:
    """Training data that has the right form and ends before its first batch."""

    data: typing.Any
    global_batch_size: int
    sources = ()  # it has no lineage

    def open(self, *, seed):
        del seed
        return self

    def dataset(self, *, num_replicas, accumulation, **settings):
        del settings
        parts = num_replicas * accumulation
        spec = self.data.batch_spec(self.global_batch_size // parts)
        nothing = iter(())
        return tf.data.Dataset.from_generator(lambda: nothing, output_signature=spec)
