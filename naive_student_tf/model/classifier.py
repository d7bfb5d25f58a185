"""ImageNet classification: what a backbone learns first (the paper, Table 7)."""

from naive_student_tf.compat import keras
from naive_student_tf.model.panoptic_deeplab import scale_image
from naive_student_tf.model.precision import policy


def classifier(*, backbone, num_classes=1000, output_stride=32, precision="float32"):
    """Builds a backbone, the mean of its last map, and one dense layer.

    Args:
        backbone: function, image in -1..1 -> dict with res5, for instance
            `wide_resnet.wide_resnet41`. Multi-grid belongs to segmentation and is
            switched off: with it WR-41 would not have the paper's 49.3 B.
        num_classes: int.
        output_stride: int, of the backbone.
        precision: str, "float32" or "mixed_bfloat16", see precision.py.

    Returns:
        keras.Model. Input: float32 [B, H, W, 3], 0..255. Output: dict with logits,
        float32 [B, num_classes].
    """
    with policy(precision):
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        features = backbone(
            scale_image(image), output_stride=output_stride, multi_grid=None
        )
        x = keras.layers.GlobalAveragePooling2D(dtype="float32", name="mean")(
            features["res5"]
        )
        dense = keras.layers.Dense(
            num_classes,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.01),
            dtype="float32",
            name="logits",
        )
        return keras.Model(image, {"logits": dense(x)}, name="classifier")
