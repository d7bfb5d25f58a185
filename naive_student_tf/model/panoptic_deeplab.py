"""Panoptic-DeepLab (Cheng et al., arXiv:1911.10194), the paper's network.

A backbone, a semantic branch, and an instance branch if the data has instances.
"""

from naive_student_tf.compat import keras
from naive_student_tf.model import decoder, layers
from naive_student_tf.model.precision import policy
from naive_student_tf.model.resize import ResizeLike


def panoptic_deeplab(
    *,
    backbone,
    num_classes,
    semantic=decoder.semantic_branch,
    instance=decoder.instance_branch,
    conv=layers.conv_bn_relu,
    batch_norm=layers.batch_normalization,
    precision="float32",
    network=keras.Model,
):
    """Builds the model.

    Args:
        backbone: function, image in -1..1 -> dict of res2, res3, res5, for
            instance `wide_resnet.wide_resnet41`.
        num_classes: int.
        semantic: function, features -> dict with logits at stride 4.
        instance: function, features -> dict with center_heatmap and offset at
            stride 4. None: a semantic network, for data without instances.
        conv: block of the branches' 3 x 3 and 5 x 5 convolutions:
            `layers.conv_bn_relu` or `layers.separable_conv_bn_relu`.
        batch_norm: factory of the branches' batch norm layers.
        precision: str, "float32" or "mixed_bfloat16", see precision.py.
        network: class of the model: keras.Model, or `rematerialize.Rematerialized`,
            which trains in less memory.

    Returns:
        keras.Model. Input: float32 [B, H, W, 3], 0..255, any H and W. Output:
        dict of float32 maps of the size of the input: logits [B, H, W,
        num_classes], center_heatmap [B, H, W, 1], offset [B, H, W, 2], (dy, dx) in
        pixels of the input. Nothing is rescaled on the way up: the network learns
        full-size offsets.
    """
    with policy(precision):
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        features = backbone(scale_image(image))
        blocks = {"conv": conv, "batch_norm": batch_norm}
        predictions = semantic(features, num_classes=num_classes, **blocks)
        if instance is not None:
            predictions |= instance(features, **blocks)
        outputs = {
            name: ResizeLike(name=name, dtype="float32")([prediction, image])
            for name, prediction in predictions.items()
        }
        return network(image, outputs, name="panoptic_deeplab")


def scale_image(image):
    """Maps 0..255 to -1..1 in float32 (both TensorFlow code bases do)."""
    scaled = keras.layers.Rescaling(
        1 / 127.5, offset=-1, dtype="float32", name="scale_image"
    )
    return scaled(image)
