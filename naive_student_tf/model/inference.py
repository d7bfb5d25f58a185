"""From a checkpoint to predictions: weights, test-time augmentation, grouping.

Used by pseudo-labelling, evaluation and export alike, so that all of them predict
in the same way.
"""

import contextlib
import functools

import numpy as np
import tensorflow as tf

from naive_student_tf import checkpoint
from naive_student_tf.labels import panoptic
from naive_student_tf.model import grouping, tta


class Inference:
    """Callable: uint8 images -> dict of NumPy maps.

    Compiles one function per image size and keeps it.
    """

    def __init__(
        self,
        *,
        model,
        checkpoint_path,
        label_space,
        scales=(1.0,),
        flip=False,
        center_threshold=0.1,
        nms_kernel=7,
        max_centers=200,
        stuff_area_limit=4096,
        compile_grouping=True,
        strategy=None,
        resize=None,
        restore=checkpoint.restore_model,
    ):
        """Builds the model and restores it.

        Args:
            model: zero-argument builder of the Keras model.
            checkpoint_path: str, a training directory or a checkpoint.
            label_space: LabelSpace; without thing classes nothing is grouped.
            scales, flip: see tta.py.
            center_threshold, nms_kernel, max_centers, stuff_area_limit: see
                grouping.py; pixels are those of the full image.
            compile_grouping: bool, by XLA: ten times faster on CPU and GPU. On TPU
                everything is compiled anyway.
            strategy: builder of a tf.distribute.Strategy (train/strategy.py) whose
                replicas share each batch, or None: the first GPU, else the CPU.
            resize: `tta.by_kernel` or `tta.by_matrices`; None: by matrices on a TPU,
                by TensorFlow's kernel elsewhere.
            restore: function (model, path) -> path of the checkpoint; the TPU dry
                run, which needs no weights, has one that does nothing.
        """
        self.label_space, self.scales, self.flip = label_space, tuple(scales), flip
        self._strategy = strategy() if strategy else None
        with self._strategy.scope() if self._strategy else contextlib.nullcontext():
            self.model = model()
            self.checkpoint = restore(self.model, checkpoint_path)
        is_tpu = isinstance(self._strategy, tf.distribute.TPUStrategy)
        compile_grouping &= not is_tpu
        self._resize = resize or (tta.by_matrices if is_tpu else tta.by_kernel)
        settings = {
            "center_threshold": center_threshold,
            "nms_kernel": nms_kernel,
            "max_centers": max_centers,
            "stuff_area_limit": stuff_area_limit,
            "thing_classes": label_space.thing_classes,
            "label_divisor": label_space.label_divisor,
            "ignore_label": label_space.ignore_label,
        }
        group = functools.partial(grouping.group, **settings)
        self._group = tf.function(group, jit_compile=compile_grouping)
        self._compiled = {}

    @property
    def num_replicas(self):
        """How many devices share a batch; its size must divide by it."""
        return self._strategy.num_replicas_in_sync if self._strategy else 1

    def __call__(self, images, *, only=None):
        """Predicts a batch.

        Args:
            images: uint8 [B, H, W, 3].
            only: tuple of str, the outputs to bring to the host; None: all.

        Returns:
            dict of NumPy arrays: `category` int32 [B, H, W], `panoptic` int32
            [B, H, W], `confidence` float32 [B, H, W], the probability of the
            category, and `finite` bool [B], whether all heads are numbers everywhere;
            with instances also `instance_category`, `instance_score`,
            `instance_valid` [B, K] (row k is instance k + 1), `center_heatmap`
            [B, H, W, 1] and `offset` [B, H, W, 2].
        """
        run = self._run_replicas if self._strategy else self._run
        return run(images, lambda name: only is None or name in only)

    def _run(self, images, wanted):
        outputs = self.function(images.shape[1:3])(tf.constant(images))
        return {name: out.numpy() for name, out in outputs.items() if wanted(name)}

    def _run_replicas(self, images, wanted):
        """Each replica takes consecutive images of the batch."""
        parts = np.split(images, self.num_replicas)
        spread = self._strategy.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group]
        )
        outputs = self._replicated(images.shape[1:3])(spread)
        collect = self._strategy.experimental_local_results
        return {
            name: np.concatenate([part.numpy() for part in collect(out)])
            for name, out in outputs.items()
            if wanted(name)
        }

    def _replicated(self, size):
        """The function of all replicas: per-replica images -> per-replica dict."""
        key = (size, "replicas")
        if key not in self._compiled:
            predict, strategy = self.function(size), self._strategy
            run = tf.function(lambda images: strategy.run(predict, args=(images,)))
            self._compiled[key] = run
        return self._compiled[key]

    def function(self, size):
        """The tf.function behind a call, for images of one size (height, width)."""
        if size not in self._compiled:
            self._compiled[size] = self._compile(size)
        return self._compiled[size]

    def _compile(self, size):
        predictor = tta.Predictor(
            self.model, size, scales=self.scales, flip=self.flip, resize=self._resize
        )

        @tf.function
        def predict(images):
            heads = predictor(images)
            finite = _finite(heads)
            probability = heads.pop("probability")
            if "offset" in heads:
                heatmap, offset = heads["center_heatmap"], heads["offset"]
                found = {**self._group(probability, heatmap, offset), **heads}
            else:
                found = self._without_instances(probability)
            return {**found, "finite": finite}

        return predict

    def _without_instances(self, probability):
        category = tf.argmax(probability, -1, output_type=tf.int32)
        divisor = self.label_space.label_divisor
        return {
            "category": category,
            "panoptic": panoptic.pack(category, 0, label_divisor=divisor),
            "confidence": tf.reduce_max(probability, axis=-1),
        }


def _finite(heads):
    """Whether every head is a number everywhere: bool [B]."""
    # A softmax that is not finite is so in all of its channels.
    heads = {**heads, "probability": heads["probability"][..., :1]}
    found = [
        tf.reduce_all(tf.math.is_finite(head), [1, 2, 3]) for head in heads.values()
    ]
    return tf.reduce_all(tf.stack(found), axis=0)


def batches(frames, *, batch_size):
    """Groups consecutive decoded frames of one size.

    Args:
        frames: iterable of (uint8 [H, W, 3], anything).
        batch_size: int.

    Yields:
        (uint8 [batch_size, H, W, 3], list of anything); the last batch is filled up
        with copies of its last image, so that one shape is compiled; the list is not.
    """
    images, extras = [], []
    for image, extra in frames:
        if images and image.shape != images[0].shape:
            yield _filled(images, batch_size), extras
            images, extras = [], []
        images.append(image)
        extras.append(extra)
        if len(images) == batch_size:
            yield np.stack(images), extras
            images, extras = [], []
    if images:
        yield _filled(images, batch_size), extras


def _filled(images, batch_size):
    return np.stack(images + [images[-1]] * (batch_size - len(images)))
