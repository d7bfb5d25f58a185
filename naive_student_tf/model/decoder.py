"""The two branches of Panoptic-DeepLab (arXiv:1911.10194, section 3.2).

Each branch has its own ASPP and decoder; the defaults are the paper's widths.
"""

from naive_student_tf.compat import keras
from naive_student_tf.model import layers
from naive_student_tf.model.aspp import aspp
from naive_student_tf.model.resize import ResizeLike


def semantic_branch(
    features,
    *,
    num_classes,
    conv=layers.conv_bn_relu,
    batch_norm=layers.batch_normalization,
    aspp_channels=256,
    atrous_rates=(6, 12, 18),
    dropout=0.1,
    low_level_channels=(64, 32),
    decoder_channels=(256, 256),
    head_channels=256,
):
    """Features to class logits at stride 4.

    Args:
        features: dict of res2, res3, res5 at strides 4, 8 and 16.
        num_classes: int.
        conv: block of the k x k convolutions.
        batch_norm: factory of the batch norm layers.
        aspp_channels: int.
        atrous_rates: of the ASPP, for output stride 16.
        dropout: float, rate behind the ASPP.
        low_level_channels: pair, channels that res3 and res2 are projected to.
        decoder_channels: pair, channels behind the fusion with res3 and res2.
        head_channels: int, of the 5 x 5 convolution before the logits.

    Returns:
        dict: logits, float32 [B, H/4, W/4, num_classes].
    """
    x = _decode(
        features,
        name="semantic",
        conv=conv,
        batch_norm=batch_norm,
        aspp_channels=aspp_channels,
        atrous_rates=atrous_rates,
        dropout=dropout,
        low_level_channels=low_level_channels,
        decoder_channels=decoder_channels,
    )
    head = {"conv": conv, "batch_norm": batch_norm, "channels": head_channels}
    return {"logits": _head(x, num_classes, name="logits", **head)}


def instance_branch(
    features,
    *,
    conv=layers.conv_bn_relu,
    batch_norm=layers.batch_normalization,
    aspp_channels=256,
    atrous_rates=(6, 12, 18),
    dropout=0.1,
    low_level_channels=(32, 16),
    decoder_channels=(128, 128),
    head_channels=32,
):
    """Features to center heatmap and offsets at stride 4.

    Arguments as in `semantic_branch`; the two heads are `head_channels` wide each.

    Returns:
        dict: center_heatmap, float32 [B, H/4, W/4, 1]; offset, float32
        [B, H/4, W/4, 2], (dy, dx) in pixels of the input.
    """
    x = _decode(
        features,
        name="instance",
        conv=conv,
        batch_norm=batch_norm,
        aspp_channels=aspp_channels,
        atrous_rates=atrous_rates,
        dropout=dropout,
        low_level_channels=low_level_channels,
        decoder_channels=decoder_channels,
    )
    head = {"conv": conv, "batch_norm": batch_norm, "channels": head_channels}
    return {
        "center_heatmap": _head(x, 1, name="center_heatmap", **head),
        "offset": _head(x, 2, name="offset", **head),
    }


def _decode(
    features,
    *,
    name,
    conv,
    batch_norm,
    aspp_channels,
    atrous_rates,
    dropout,
    low_level_channels,
    decoder_channels,
):
    x = aspp(
        features["res5"],
        aspp_channels,
        name=f"{name}/aspp",
        rates=atrous_rates,
        conv=conv,
        batch_norm=batch_norm,
        dropout=dropout,
    )
    for tap, low_level, channels in zip(
        ("res3", "res2"), low_level_channels, decoder_channels, strict=True
    ):
        stage = f"{name}/{tap}"
        skip = layers.conv_bn_relu(
            features[tap], low_level, 1, name=f"{stage}/skip", batch_norm=batch_norm
        )
        x = ResizeLike(name=f"{stage}/resize")([x, skip])
        x = keras.layers.Concatenate(name=f"{stage}/concat")([x, skip])
        x = conv(x, channels, 5, name=f"{stage}/fuse", batch_norm=batch_norm)
    return x


def _head(x, outputs, *, name, conv, batch_norm, channels):
    x = conv(x, channels, 5, name=f"{name}/conv", batch_norm=batch_norm)
    return keras.layers.Conv2D(
        outputs,
        1,
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.01),
        dtype="float32",  # a bfloat16 offset of 200 pixels is a pixel off
        name=f"{name}/predict",
    )(x)
