"""Every network of gin_configs/models/, narrow enough for a test.

A file that is put there is tested by all tests that ask for NETWORKS.
"""

import functools
import pathlib

import gin
import numpy as np

from naive_student_tf import config
from naive_student_tf.compat import keras
from naive_student_tf.model.classifier import classifier
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab

HERE = pathlib.Path(__file__).parent
FOLDER = HERE.parents[1] / "gin_configs" / "models"
NETWORKS = sorted(path.stem for path in FOLDER.glob("*.gin"))
MULTI_GRID = {"wide_resnet_38": [2, 4], "wide_resnet_41": [2, 4, 8]}


@functools.cache
def panoptic(network, *settings, num_classes=5, precision="float32"):
    """The network of a gin file: an image -> dict of maps.

    Args:
        network: str, one of NETWORKS.
        settings: bindings of the backbone, such as "output_stride = 8".
        num_classes: int.
        precision: str, "float32" or "mixed_bfloat16".
    """
    bindings = [*_backbone(network, settings), f"NUM_CLASSES = {num_classes}"]
    bindings.append(f"panoptic_deeplab.panoptic_deeplab.precision = {precision!r}")
    return _build(panoptic_deeplab, network, bindings)


@functools.cache
def classification(network, *settings, num_classes=5):
    """The classifier on the backbone of a gin file: an image -> dict of logits."""
    counts = [f"classifier.classifier.num_classes = {num_classes}", "NUM_CLASSES = 0"]
    return _build(classifier, network, [*_backbone(network, settings), *counts])


def images(height, width, *, batch=2, seed=0):
    """float32 [batch, height, width, 3] in 0..255."""
    shape = (batch, height, width, 3)
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


def _backbone(network, settings):
    """Bindings for the function that a network's file calls its backbone."""
    config.load([str(FOLDER / f"{network}.gin")], ["NUM_CLASSES = 0"])
    name = gin.query_parameter("panoptic_deeplab.panoptic_deeplab.backbone").selector
    return [f"{name}.{setting}" for setting in ("width = 4", *settings)]


def _build(builder, network, bindings):
    config.load([str(FOLDER / f"{network}.gin"), str(HERE / "narrow.gin")], bindings)
    keras.utils.set_random_seed(0)
    return gin.get_configurable(builder)()
