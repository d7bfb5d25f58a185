"""The smallest training that has every part: data, model, targets and loss."""

import dataclasses
import time

import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.data.order import host_positions
from naive_student_tf.model.drop_path import DropPath
from naive_student_tf.model.dropout import Dropout
from naive_student_tf.model.layers import batch_normalization
from naive_student_tf.train import loop, strategy

SIZE = (5, 7)
GLOBAL_BATCH_SIZE = 8


@dataclasses.dataclass
class Images:
    """Random images by position, as data/pipeline.py gives them.

    Attributes:
        broken_step: int, a step whose images are infinite, or None.
        missing_step: int, a step at which reading fails, or None.
        slow_from_step: int, a step from which on every image takes a while, or None.
        split: str, what their manifest would say they are.
    """

    broken_step: int | None = None
    missing_step: int | None = None
    slow_from_step: int | None = None
    global_batch_size: int = GLOBAL_BATCH_SIZE
    split: str = "random"

    @property
    def sources(self):
        return (("images", {"split": self.split, "count": 1000}),)

    def open(self, *, seed):
        self.seed = seed
        return self

    def filenames(self, step):
        size = self.global_batch_size
        return [f"frame_{number}" for number in range(step * size, (step + 1) * size)]

    def check(self, start_step, num_steps):
        if self.missing_step in range(start_step, num_steps):
            raise ValueError(f"The images of step {self.missing_step} are missing.")

    def dataset(
        self,
        *,
        start_step,
        num_steps,
        num_replicas,
        accumulation=1,
        remote=False,
        **hosts,
    ):
        size = self.global_batch_size
        numbers = host_positions(
            start_step * size,
            num_steps * size,
            global_batch_size=size,
            num_replicas=num_replicas,
            accumulation=accumulation,
            **hosts,
        )
        if self.slow_from_step is not None:
            numbers = numbers.map(self._wait)
        return numbers.map(self._example).batch(size // (num_replicas * accumulation))

    def _wait(self, number):
        def wait(number):
            time.sleep(0.05 * (number >= self.slow_from_step * self.global_batch_size))
            return number

        waited = tf.numpy_function(wait, [number], tf.int64)
        return tf.ensure_shape(waited, [])

    def _example(self, number):
        step = number // self.global_batch_size
        missing = -1 if self.missing_step is None else self.missing_step
        with tf.control_dependencies(
            [tf.debugging.assert_none_equal(step, tf.constant(missing, tf.int64))]
        ):
            seed = tf.stack([number, tf.constant(self.seed, tf.int64)])
        image = tf.random.stateless_normal([*SIZE, 3], seed)
        image += tf.cast(number % 5, tf.float32)  # replicas differ in their statistics
        if self.broken_step is not None:
            image = tf.where(step == self.broken_step, float("inf"), image)
        return {"image": image}


def model(*, dropout=0.0, width=4, batch_norm=True):
    """Batch norm over all replicas, a residual and dropout between convolutions."""
    image = keras.Input((*SIZE, 3))
    x = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, name="conv1")(
        image
    )
    if batch_norm:
        x = batch_normalization(momentum=0.9, name="bn")(x)
    x = keras.layers.ReLU()(x)
    y = keras.layers.Conv2D(width, 3, padding="same", name="conv2")(x)
    x = DropPath(1 - dropout, name="sum")([x, y])
    x = Dropout(dropout, name="dropout")(x)
    return keras.Model(image, {"value": keras.layers.Conv2D(1, 1, name="conv3")(x)})


def dropping_model():
    return model(dropout=0.5)


def targets(batch):
    """The thing to learn: whether a pixel is brighter than its image's mean."""
    grey = tf.reduce_mean(batch["image"], -1, keepdims=True)
    mean = tf.reduce_mean(grey, [1, 2], keepdims=True)
    return {"image": batch["image"], "value": tf.cast(grey > mean, tf.float32)}


def loss(wanted, outputs):
    error = tf.square(outputs["value"] - wanted["value"])
    mean = tf.reduce_mean(error, [1, 2, 3])  # [B]
    return {"total_loss": 2 * mean, "squared_error": mean}


def train(work_dir, **changes):
    """Runs `loop.train` on all of this and returns the values of its checkpoint."""
    settings = {
        "model": dropping_model,
        "data": Images(),
        "targets": targets,
        "loss": loss,
        "learning_rate": 0.01,
        "steps": 6,
        "seed": 1,
        "steps_per_loop": 2,
        "save_every": 2,
        "strategy": strategy.one_device,
        **changes,
    }
    loop.train(work_dir=str(work_dir), **settings)
    return values(work_dir)


def values(work_dir):
    """The numbers of the newest checkpoint: dict of arrays, optimizer included."""
    not_numbers = "save_counter", "lineage/"
    path = tf.train.latest_checkpoint(f"{work_dir}/checkpoints")
    reader = tf.train.load_checkpoint(path)
    names = (n for n in reader.get_variable_to_shape_map() if "ATTRIBUTES" in n)
    names = (n for n in names if not n.startswith(not_numbers))
    return {n: reader.get_tensor(n) for n in names}


def mirrored(replicas):
    """A strategy builder of so many replicas on virtual CPUs; 1 has no mirror."""
    if replicas == 1:
        return strategy.one_device
    # Strategies of one process need keys of their own (so do TensorFlow's own tests).
    tf.distribute.MirroredStrategy._collective_key_base += 1000
    return lambda: strategy.mirrored([f"CPU:{i}" for i in range(replicas)])


def same(first, second):
    """Whether two checkpoints are equal bit for bit."""
    return first.keys() == second.keys() and all(
        first[name].tobytes() == second[name].tobytes() for name in first
    )
