"""Batches of training examples from shards: human and pseudo labels alike.

Records are fetched by position (order.py), so shuffling needs no memory and a
dataset can start at any step. Per example the host makes 1 byte per image
channel and 1 byte of label index; the rest happens on the device (targets.py).
At 1025x2049 an example has 8.4 MB, and two batches wait to be taken; as long as it
is being made, on one core each, it takes some 50 MB (its crop in float32: 25 MB).
"""

import dataclasses

import numpy as np
import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import augment, example, segments, shards
from naive_student_tf.data.catalog import Catalog
from naive_student_tf.data.order import Order, host_positions, list_host_positions
from naive_student_tf.labels.label_space import LabelSpace

_WAITING = 2  # batches


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """What to train on and how to look at it; every field is a binding.

    Attributes:
        label_space: LabelSpace of all sources.
        directories: a shard directory, or a dict of shard directory ->
            proportion, a positive whole number: the mix of a batch.
        crop_size: (height, width), in pixels; 16 k + 1 suits the networks.
        global_batch_size: int, examples per step over all replicas.
        scales: tuple of float, magnifications to draw from. Default: 0.5 to 2.0
            in steps of 0.1 (deeplab2's documented range; PDL gives none).
        flip: float, probability of a left-right flip.
        max_segments: int <= 256, segments a crop may have.
        allow_unlabelled: bool, whether frames without a label may be among those of
            a directory. They are void all over: their share of the steps is lost.
    """

    label_space: LabelSpace
    directories: dict | str
    crop_size: tuple
    global_batch_size: int
    scales: tuple = tuple(np.round(np.arange(0.5, 2.01, 0.1), 1).tolist())
    flip: float = 0.5
    max_segments: int = 256
    allow_unlabelled: bool = False

    def batch_spec(self, size):
        """What a dataset of batches of `size` yields, in static shapes: dict of
        tf.TensorSpec. See `Reader.dataset`."""
        crop = tuple(self.crop_size)
        return {
            "image": tf.TensorSpec((size, *crop, 3), tf.uint8),
            "segment": tf.TensorSpec((size, *crop), tf.uint8),
            "table": tf.TensorSpec((size, self.max_segments, 5), tf.float32),
        }

    def open(self, *, seed):
        """Opens the shards. Raises what `shards.read_manifest` raises."""
        return Reader(self, seed=seed)


class Reader:
    """Opened training data: examples by position."""

    def __init__(self, data, *, seed):
        self._data, self._seed = data, seed
        self.sources = []  # (directory, facts of its manifest), for the lineage
        files, counts = [], []
        mix = data.directories
        mix = {mix: 1} if isinstance(mix, str) else mix
        for directory in mix:
            listed, facts = shards.read_manifest(directory)
            _check_classes(directory, facts, data.label_space)
            _check_labelled(directory, facts, allow_unlabelled=data.allow_unlabelled)
            self.sources.append((directory, facts))
            files.extend((directory, shard) for shard in listed)
            counts.append(sum(shard.count for shard in listed))
        proportions = list(mix.values())
        self._order = Order(counts=counts, proportions=proportions, seed=seed)
        self._catalog = Catalog(files)
        self._begins = np.cumsum([0, *counts])  # number of a source's first record

    @property
    def num_records(self):
        return len(self._catalog)

    def filenames(self, step):
        """Names of the images of one step's global batch, for error messages."""
        size = self._data.global_batch_size
        names = []
        for position in range(step * size, (step + 1) * size):
            names.append(example.read_filename(self._serialized(position)))
        return names

    def check(self, start_step, num_steps):
        """Makes the examples of some steps one by one, after their dataset failed.

        Raises:
            ValueError: a record that makes no example; it names file and frame.
        """
        size = self._data.global_batch_size
        for position in range(start_step * size, num_steps * size):
            serialized = self._serialized(position)
            try:
                self._crop(serialized, tf.constant(position, tf.int64))
            except tf.errors.OpError as error:
                directory, shard, index = self._place(position)
                raise ValueError(
                    f"{shards.path_of(directory, shard)}: record {index} cannot be "
                    f"trained on: {error.message}. Build the shards again."
                ) from error

    def dataset(
        self,
        *,
        start_step,
        num_steps,
        host=0,
        num_hosts=1,
        num_replicas=1,
        accumulation=1,
        remote=False,
    ):
        """The batches of steps start_step .. num_steps - 1 for one host.

        Args:
            start_step, num_steps: ints.
            host, num_hosts: this input pipeline among all.
            num_replicas: int, over all hosts.
            accumulation: int, parts of the global batch; hosts and replicas cut each
                part. A batch is that of one replica and part.
            remote: bool, the host is another machine, which cannot ask this process
                where a record is: it gets the list of all its examples, here, in
                about a microsecond and 20 bytes each.

        Yields:
            dict(image=uint8 [B, h, w, 3], segment=uint8 [B, h, w],
            table=float32 [B, max_segments, 5]), see segments.py.
        """
        size = self._data.global_batch_size
        make = self._listed if remote else self._asked
        examples = make(
            start_step * size,
            num_steps * size,
            global_batch_size=size,
            host=host,
            num_hosts=num_hosts,
            num_replicas=num_replicas,
            accumulation=accumulation,
        )
        size = size // (num_replicas * accumulation)
        return examples.batch(size, drop_remainder=True).prefetch(_WAITING)

    def _asked(self, *stretch, **split):
        """The examples of a host that asks this process for each record."""

        def example(position):
            serialized = tf.numpy_function(self._serialized, [position], tf.string)
            return self._crop(tf.ensure_shape(serialized, []), position)

        return _map(host_positions(*stretch, **split), example)

    def _listed(self, *stretch, **split):
        """The same examples, all found beforehand: there is no Python inside."""
        positions = list_host_positions(*stretch, **split)
        sources, records = self._order.records(positions)
        files, offsets = self._catalog.find(self._begins[sources] + records)
        paths = np.array(self._catalog.paths)

        def example(position, file, offset):
            record = shards.record_at(tf.gather(paths, file), offset)
            return self._crop(record, position)

        listed = (positions, files, offsets)
        return _map(tf.data.Dataset.from_tensor_slices(listed), example)

    def _crop(self, serialized, position):
        parsed = example.parse(serialized)
        data, void = self._data, self._data.label_space.void
        image = example.decode_image(parsed)
        label = example.decode_panoptic(parsed, void=void)
        same = tf.debugging.assert_equal(
            tf.shape(image)[:2],
            tf.shape(label),
            tf.strings.join([parsed["image/filename"], ": image and label differ"]),
        )
        with tf.control_dependencies([same]):  # before anything trips over the sizes
            label = tf.identity(label)
        window = augment.random_window(
            tf.shape(image)[:2],
            crop_size=data.crop_size,
            scales=data.scales,
            flip=data.flip,
            seed=tf.stack([tf.constant(self._seed, tf.int64), position]),
        )
        crop = augment.resample_label(
            label, window, crop_size=data.crop_size, void=void
        )
        segment, table = segments.index_segments(
            crop, label_space=data.label_space, max_segments=data.max_segments
        )
        image = augment.resample_image(image, window, crop_size=data.crop_size)
        return {"image": image, "segment": segment, "table": table}

    def _serialized(self, position):
        return shards.read_record(*self._place(position))

    def _place(self, position):
        """Where example number `position` is: directory, ShardFile, record."""
        source, record = self._order[int(position)]
        return self._catalog[self._begins[source] + record]


def _map(dataset, example):
    return dataset.map(example, tf.data.AUTOTUNE, deterministic=True)


def read_frames(directory, shard):
    """Yields the Frames of one shard in order (pseudo-labels, evaluation)."""
    for index, record in enumerate(shards.read_records(directory, shard)):
        try:
            yield example.read(record)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            path = shards.path_of(directory, shard)
            raise ValueError(
                f"{path}: record {index} is not a record of ours ({error})."
            ) from error


def _check_classes(directory, facts, label_space):
    classes = facts["label_space"]["class_names"]
    if tuple(classes) != label_space.class_names:
        raise ValueError(
            f"{directory} holds labels of {len(classes)} classes "
            f"({', '.join(classes[:3])}, ...), the run is set up for "
            f"{label_space.name} with {label_space.num_classes}. Check DATA_DIR."
        )


def _check_labelled(directory, facts, *, allow_unlabelled):
    labelled, count = facts["labelled"], facts["count"]
    if labelled == count or (labelled and allow_unlabelled):
        return
    anyhow = "To train on it as it is, bind pipeline.TrainingData.allow_unlabelled."
    raise ValueError(
        f"{directory}: {labelled} of {count} frames are labelled, expected all of "
        f"them: the others teach nothing. Pseudo-label it first "
        f"(gin_configs/jobs/pseudo_label.gin) and bind DATA_DIR to "
        f"<the WORK_DIR of that>/{store.basename(directory)}. "
        + (anyhow if labelled else "")
    )
