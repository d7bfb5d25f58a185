"""Batch norm sees the global batch, in every layer of the whole network."""

import functools

import numpy as np
import tensorflow as tf
from narrow import images, panoptic

from naive_student_tf.compat import keras
from naive_student_tf.model import decoder, layers
from naive_student_tf.model.complexity import layer_shapes
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.model.small import small
from tests.train import tiny_training

BRANCH = {
    "aspp_channels": 8,
    "low_level_channels": (4, 4),
    "decoder_channels": (8, 8),
    "head_channels": 4,
    "dropout": 0.0,
}


def batch_statistics(replicas):
    """One training pass over four images: dict of layer -> [mean, variance, pixels].

    Momentum 0, so that the moving averages are the statistics of this batch.
    """
    batch_norm = functools.partial(layers.batch_normalization, momentum=0.0)
    image = images(33, 65, batch=4)
    strategy = tiny_training.mirrored(replicas)()
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = panoptic_deeplab(
            backbone=functools.partial(small, width=4, batch_norm=batch_norm),
            num_classes=5,
            batch_norm=batch_norm,
            semantic=functools.partial(decoder.semantic_branch, **BRANCH),
            instance=functools.partial(decoder.instance_branch, **BRANCH),
        )

    def forward():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        model(tf.stack(tf.split(image, replicas))[replica], training=True)

    strategy.run(forward)
    return {
        layer.name: (
            layer.moving_mean.numpy(),
            layer.moving_variance.numpy(),
            4 * shape[0] * shape[1],
        )
        for layer, _, shape in layer_shapes(model, height=33, width=65)
        if isinstance(layer, keras.layers.BatchNormalization)
    }


def test_two_replicas_normalize_with_the_statistics_of_one():
    alone, together = batch_statistics(1), batch_statistics(2)
    assert len(alone) == 33 and alone.keys() == together.keys()
    for name, (mean, variance, pixels) in alone.items():
        scale = np.sqrt(variance.max())
        np.testing.assert_allclose(together[name][0], mean, atol=1e-4 * scale)
        # One replica's fused batch norm keeps the unbiased variance: n / (n - 1).
        biased = variance * (pixels - 1) / pixels
        np.testing.assert_allclose(together[name][1], biased, atol=1e-3 * scale**2)


def test_every_batch_norm_of_xception_sees_all_replicas():
    """It calls the factory itself, where others leave that to a block."""
    with tiny_training.mirrored(2)().scope():
        model = panoptic.__wrapped__("xception_71")  # not the one that others share
    norms = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and all(layer.synchronized for layer in norms)
