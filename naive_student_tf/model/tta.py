"""Predicts with one or several scales, with or without left-right flip.

Naive-Student, section 4 (test-time augmentation): softmax probabilities, heatmaps and
offsets are averaged at the resolution of the image. All resizing aligns corners, as
the network does inside: a straight line stays one, up to the border.
"""

import tensorflow as tf

from naive_student_tf.model.resize import resize_bilinear

PAD_VALUE = 127.5  # the network's zero
HEADS = ("probability", "center_heatmap", "offset")
PAD_MULTIPLE = 16  # canvas sizes are 16 k + 1: every stride keeps the corners


def by_kernel(values, size):
    """Bilinear with aligned corners, by TensorFlow's kernel: many times faster than
    matrix products on CPU. Gives float32."""
    return tf.raw_ops.ResizeBilinear(images=values, size=size, align_corners=True)


def by_matrices(values, size):
    """The same as two matrix products, for TPU: no gathers, and far less memory."""
    return resize_bilinear(tf.cast(values, tf.float32), *size)


def predict(model, image, *, scales=(1.0,), flip=False):
    """One-off form of `Predictor`; see there."""
    predictor = Predictor(model, image.shape[1:3], scales=scales, flip=flip)
    return predictor(image)


class Predictor:
    """Averages a model's predictions over scales and flip, one pass at a time.

    Holds one `tf.function` per scale, traced at its first call and reused from image
    to image. It may itself be called inside a `tf.function`.
    """

    def __init__(
        self, model, image_size, *, scales=(1.0,), flip=False, resize=by_kernel
    ):
        """Prepares the passes.

        Args:
            model: callable (image, training=False) -> dict; image float32
                [B, h, w, 3] in 0..255, h and w of the form 16 k + 1. The dict has
                `logits` [B, h, w, C] and, unless the model is semantic only,
                `center_heatmap` [B, h, w, 1] and `offset` [B, h, w, 2], (dy, dx) in
                pixels of that resolution.
            image_size: (height, width) of the images.
            scales: sequence of float.
            flip: bool, whether every scale is also run on the mirrored image.
            resize: `by_kernel` or `by_matrices`.

        Raises:
            ValueError: if there is no scale, or an image has a side below 2 pixels
                after scaling.
        """
        height, width = image_size
        if not scales:
            raise ValueError("scales is empty; give at least one, such as (1.0,).")
        self._image_size = (height, width)
        self._mirrored = (False, True) if flip else (False,)
        self._passes = []
        for scale in scales:
            size = (int(height * scale + 0.5), int(width * scale + 0.5))
            if min(height, width, *size) < 2:
                raise ValueError(
                    f"an image of {height}x{width} at scale {scale} is "
                    f"{size[0]}x{size[1]}; both sides must be at least 2 pixels."
                )
            self._passes.append(_build_pass(model, self._image_size, size, resize))

    def __call__(self, image):
        """Predicts a batch.

        Args:
            image: uint8 (or float in 0..255) [B, H, W, 3] of the size given at
                construction.

        Returns:
            dict of `probability` float32 [B, H, W, C] and, unless the model is
            semantic only, `center_heatmap` [B, H, W, 1] and `offset` [B, H, W, 2]
            in pixels of the image.

        Raises:
            ValueError: if the image has another size.
        """
        if tuple(image.shape[1:3]) != self._image_size:
            raise ValueError(
                f"the image has shape {tuple(image.shape)}, this predictor was built "
                f"for {self._image_size}. Build one per image size."
            )
        total = None
        for run in self._passes:
            for mirrored in self._mirrored:
                inputs = _after(image, total), tf.constant(mirrored)
                # A concrete function: one trace per scale is no reason to warn.
                total = _add(total, run.get_concrete_function(*inputs)(*inputs))
        number = len(self._passes) * len(self._mirrored)
        return {name: value / number for name, value in total.items()}


def _build_pass(model, image_size, size, resize):
    """A tf.function (image, mirrored) -> dict at image size, through a scaled image.

    `mirrored` is a tensor, so that both directions share one trace.
    """
    height, width = image_size
    # Aligned corners: (size - 1) steps there are (image size - 1) steps here.
    ratio = tf.constant([(size[0] - 1) / (height - 1), (size[1] - 1) / (width - 1)])

    @tf.function
    def run(image, mirrored):
        canvas = _pad(_resize(tf.cast(image, tf.float32), size, resize))
        outputs = model(_mirror(canvas, mirrored), training=False)
        heads = {
            name: _resize(_crop(value, size, mirrored), image_size, resize)
            for name, value in outputs.items()
        }
        # Logits are resized before the softmax: of the larger map there is but one.
        heads["probability"] = tf.nn.softmax(heads.pop("logits"))
        if "offset" in heads:
            heads["offset"] *= tf.where(mirrored, [1.0, -1.0], [1.0, 1.0]) / ratio
        return {name: _mirror(heads[name], mirrored) for name in HEADS if name in heads}

    return run


def _resize(values, size, resize):
    """Bilinear with aligned corners; exact at equal sizes. Gives float32."""
    if tuple(values.shape[1:3]) == tuple(size):
        return tf.cast(values, tf.float32)
    return resize(values, size)


def _pad(image):
    """Fills at the bottom and the right, up to the next canvas size."""
    height, width = image.shape[1:3]
    padding = [(0, (1 - side) % PAD_MULTIPLE) for side in (height, width)]
    return tf.pad(image, [(0, 0), *padding, (0, 0)], constant_values=PAD_VALUE)


def _crop(values, size, mirrored):
    """Cuts the image's part out of a canvas; mirrored, it is on the right."""
    height, width = size
    return tf.cond(
        mirrored,
        lambda: values[:, :height, -width:],
        lambda: values[:, :height, :width],
    )


def _mirror(values, mirrored):
    """Flips left-right if `mirrored`; exact to the pixel."""
    return tf.cond(mirrored, lambda: tf.reverse(values, axis=[2]), lambda: values)


def _after(image, total):
    """The image, once `total` is there: inside a graph, passes must not overlap."""
    with tf.control_dependencies([] if total is None else list(total.values())):
        return tf.identity(image)


def _add(total, result):
    if total is None:
        return dict(result)
    return {name: total[name] + value for name, value in result.items()}
