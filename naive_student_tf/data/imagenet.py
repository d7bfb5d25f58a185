"""ImageNet (ILSVRC 2012) as TFDS prepares it: `imagenet2012:5.*`.

Records are fetched by position (order.py, tfds_records.py), so a stopped run goes
on with exactly the images it would have seen. A JPEG is decoded only where it is
cropped (jpeg_crop.py).
"""

import dataclasses

import tensorflow as tf
import tensorflow_datasets as tfds

from naive_student_tf.data import jpeg_crop, tfds_records
from naive_student_tf.data.order import Order, host_positions

_NAME, _VERSION = "imagenet2012", "5.*"
_DECODERS = {"image": tfds.decode.SkipDecoding()}


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """What to train a classifier on; every field is a binding.

    Attributes:
        data_dir: str, TFDS' data_dir.
        num_classes: int, of the network; that of the data must be the same.
        global_batch_size: int, examples per step over all replicas.
        image_size: int, height and width, in pixels.
        area: (least, most) share of the image that a crop shows (GoogLeNet).
        aspect: (least, most) width / height of a crop.
        flip: float, probability of a left-right flip.
        split: str.
    """

    data_dir: str
    num_classes: int
    global_batch_size: int
    image_size: int = 224
    area: tuple = (0.08, 1.0)
    aspect: tuple = (3 / 4, 4 / 3)
    flip: float = 0.5
    split: str = "train"

    def batch_spec(self, size):
        """What a dataset of batches of `size` yields: dict of tf.TensorSpec."""
        shape = (size, self.image_size, self.image_size, 3)
        return {
            "image": tf.TensorSpec(shape, tf.uint8),
            "label": tf.TensorSpec((size,), tf.int32),
        }

    def open(self, *, seed):
        """Opens the files. Raises what `open_records` raises."""
        return Reader(self, seed=seed)


class Reader:
    """Opened training data: examples by position."""

    def __init__(self, data, *, seed):
        self._data, self._seed = data, seed
        self._records = open_records(
            data.data_dir, data.split, num_classes=data.num_classes
        )
        self._order = Order(counts=[len(self._records)], proportions=[1], seed=seed)
        facts = {"split": f"{_NAME} {data.split}", "count": len(self._records)}
        self.sources = [(data.data_dir, facts)]  # for the lineage

    def filenames(self, step):
        """Names of the images of one step's global batch, for error messages."""
        size = self._data.global_batch_size
        serialized = map(self._serialized, range(step * size, (step + 1) * size))
        parsed = (parse(record, self._records.features) for record in serialized)
        return [example["file_name"].numpy().decode() for example in parsed]

    def check(self, start_step, num_steps):
        """Makes the examples of some steps one by one, as in pipeline.py."""
        size = self._data.global_batch_size
        for position in range(start_step * size, num_steps * size):
            serialized = self._serialized(position)
            try:
                self._crop(serialized, tf.constant(position, tf.int64))
            except tf.errors.OpError as error:
                name = parse(serialized, self._records.features)["file_name"].numpy()
                raise ValueError(
                    f"{name.decode()} of {self._data.data_dir}: {error.message}. "
                    f"Prepare the data set again."
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

        Arguments as in pipeline.py; `remote` is not supported.

        Yields:
            dict(image=uint8 [B, h, w, 3], label=int32 [B]).
        """
        if remote:
            raise ValueError(
                "ImageNet is fed by the host of this program: for pretraining take a "
                "TPU of one host, on its VM, and leave strategy.tpu.name = 'local'."
            )
        size = self._data.global_batch_size
        positions = host_positions(
            start_step * size,
            num_steps * size,
            global_batch_size=size,
            host=host,
            num_hosts=num_hosts,
            num_replicas=num_replicas,
            accumulation=accumulation,
        )
        size = size // (num_replicas * accumulation)
        return (
            positions.map(self._example, tf.data.AUTOTUNE, deterministic=True)
            .batch(size, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def _example(self, position):
        serialized = tf.numpy_function(self._serialized, [position], tf.string)
        return self._crop(tf.ensure_shape(serialized, []), position)

    def _crop(self, serialized, position):
        example = parse(serialized, self._records.features)
        seed = tf.stack([tf.constant(self._seed, tf.int64), position])
        image = jpeg_crop.random_crop(
            example["image"],
            seed,
            image_size=self._data.image_size,
            area=self._data.area,
            aspect=self._data.aspect,
            flip=self._data.flip,
        )
        return {"image": image, "label": example["label"]}

    def _serialized(self, position):
        _, record = self._order[int(position)]
        return self._records[record]


@dataclasses.dataclass(frozen=True)
class EvaluationData:
    """The images to evaluate a classifier on, each by its middle.

    Attributes:
        data_dir: str, TFDS' data_dir.
        num_classes: int, of the network.
        image_size: int, height and width, in pixels.
        crop_share: float, of the shorter side; 0.875 is 224 of 256.
        split: str.
    """

    data_dir: str
    num_classes: int
    image_size: int = 224
    crop_share: float = 0.875
    split: str = "validation"

    def open(self, *, batch_size):
        """Opens the files.

        Returns:
            int, the number of images, and a dataset of dict(image=uint8 [batch_size,
            h, w, 3], label=int32 [batch_size]). Each image comes once; the last
            batch is filled up with images of label -1.
        """
        records = open_records(self.data_dir, self.split, num_classes=self.num_classes)
        count = len(records)
        padded = -(-count // batch_size) * batch_size

        def example(position):
            serialized = tf.numpy_function(
                lambda i: records[min(int(i), count - 1)], [position], tf.string
            )
            found = parse(tf.ensure_shape(serialized, []), records.features)
            image = jpeg_crop.central_crop(
                found["image"], image_size=self.image_size, share=self.crop_share
            )
            return {
                "image": image,
                "label": tf.where(position < count, found["label"], -1),
            }

        dataset = tf.data.Dataset.range(padded).map(example, tf.data.AUTOTUNE)
        return count, dataset.batch(batch_size, drop_remainder=True).prefetch(2)


def classification_targets(batch):
    """A batch of a Reader -> dict(image=float32 [B, h, w, 3] in 0..255, label)."""
    return {**batch, "image": tf.cast(batch["image"], tf.float32)}


def open_records(data_dir, split, *, num_classes):
    """Opens a split of ImageNet.

    Raises:
        FileNotFoundError: it is not prepared.
        ValueError: it has another number of classes.
    """
    directory = tfds_records.find_directory(data_dir, _NAME, version=_VERSION)
    records = tfds_records.Records(directory, split)
    found = records.features["label"].num_classes
    if found != num_classes:
        raise ValueError(
            f"{directory} has {found} classes, the network is set up for "
            f"{num_classes}. Check NUM_CLASSES."
        )
    return records


def parse(serialized, features):
    """A record -> dict(image=string [], label=int32 [], file_name=string [])."""
    example = features.deserialize_example(serialized, decoders=_DECODERS)
    return {**example, "label": tf.cast(example["label"], tf.int32)}
