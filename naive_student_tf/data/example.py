"""The schema of one TFRecord: its writer and its parser, side by side.

A frame keeps the bytes of its image file. A label is a uint16 PNG of the packed
panoptic map (labels/panoptic.py, divisor 256); it may be absent: unlabelled
frames are first-class. `image/void_regions` is a uint8 PNG of the regions that do
not move within a drive (Cityscapes labelIds: 1 ego vehicle, 2 rectification
border, 3 out of roi; 0 elsewhere), known for every frame of a snippet.
"""

import dataclasses
import functools
import io

import numpy as np
import tensorflow as tf
from PIL import Image

LABEL_FORMAT = "png16"

_BYTES = tf.io.FixedLenFeature([], tf.string, "")
_INT = tf.io.FixedLenFeature([], tf.int64, -1)
FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/format": tf.io.FixedLenFeature([], tf.string),
    "image/filename": tf.io.FixedLenFeature([], tf.string),
    "image/height": tf.io.FixedLenFeature([], tf.int64),
    "image/width": tf.io.FixedLenFeature([], tf.int64),
    "image/segmentation/class/encoded": _BYTES,
    "image/segmentation/class/format": _BYTES,
    "image/void_regions/encoded": _BYTES,
    "video/sequence_id": _BYTES,
    "video/frame_id": _BYTES,
    "pseudo/iteration": _INT,
    "pseudo/teacher": _BYTES,
    "pseudo/ego_masked": _INT,
}


@dataclasses.dataclass(frozen=True)
class Frame:
    """One record.

    Attributes:
        image: bytes of the PNG or JPEG file.
        image_format: str, "png" or "jpeg".
        filename: str, the name of the image without folder and extension.
        height: int, in pixels.
        width: int, in pixels.
        panoptic: uint16 [height, width] packed label, or None.
        void_regions: uint8 [height, width], or None.
        sequence_id: str, of the snippet; frames of one snippet share it.
        frame_id: str, sorts in time within the snippet.
        pseudo: dict(iteration=int, teacher=str, ego_masked=int), or None for
            frames whose label, if any, is human.
    """

    image: bytes
    image_format: str
    filename: str
    height: int
    width: int
    panoptic: np.ndarray | None = None
    void_regions: np.ndarray | None = None
    sequence_id: str = ""
    frame_id: str = ""
    pseudo: dict | None = None


def serialize(frame):
    """Frame -> bytes of a tf.train.Example."""
    values = {
        "image/encoded": frame.image,
        "image/format": frame.image_format,
        "image/filename": frame.filename,
        "image/height": frame.height,
        "image/width": frame.width,
        "video/sequence_id": frame.sequence_id,
        "video/frame_id": frame.frame_id,
    }
    if frame.panoptic is not None:
        values["image/segmentation/class/encoded"] = encode_png(frame.panoptic)
        values["image/segmentation/class/format"] = LABEL_FORMAT
    if frame.void_regions is not None:
        regions = frame.void_regions
        values["image/void_regions/encoded"] = _encode_regions(
            regions.tobytes(), regions.shape, regions.dtype
        )
    for name, value in (frame.pseudo or {}).items():
        values[f"pseudo/{name}"] = value
    features = {name: _feature(value) for name, value in values.items()}
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def parse(serialized):
    """Scalar string tensor -> dict of the scalar tensors named in FEATURES."""
    return tf.io.parse_single_example(serialized, FEATURES)


def read_filename(serialized):
    """Bytes -> name of the frame, on the host."""
    return parse(serialized)["image/filename"].numpy().decode()


def read(serialized):
    """Bytes -> Frame, on the host (pseudo-label and inspection jobs)."""
    values = {name: value.numpy() for name, value in parse(serialized).items()}
    label = values["image/segmentation/class/encoded"]
    regions = values["image/void_regions/encoded"]
    pseudo = {
        "iteration": int(values["pseudo/iteration"]),
        "teacher": values["pseudo/teacher"].decode(),
        "ego_masked": int(values["pseudo/ego_masked"]),
    }
    return Frame(
        image=values["image/encoded"],
        image_format=values["image/format"].decode(),
        filename=values["image/filename"].decode(),
        height=int(values["image/height"]),
        width=int(values["image/width"]),
        panoptic=decode_png(label) if label else None,
        void_regions=decode_png(regions) if regions else None,
        sequence_id=values["video/sequence_id"].decode(),
        frame_id=values["video/frame_id"].decode(),
        pseudo=pseudo if pseudo["iteration"] >= 0 else None,
    )


def pixels(frame):
    """The frame's pixels as NumPy, uint8 [height, width, 3]; errors name it."""
    try:
        return decode_image({"image/encoded": frame.image}).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(
            f"The image {frame.filename} does not decode: {error}. Build its shard "
            f"again."
        ) from error


def decode_image(parsed):
    """The frame's pixels, uint8 [height, width, 3] (static rank only)."""
    return tf.io.decode_image(
        parsed["image/encoded"], channels=3, expand_animations=False
    )


def decode_panoptic(parsed, *, void):
    """The packed label, uint16 [height, width]; all `void` where there is none."""
    encoded = parsed["image/segmentation/class/encoded"]
    size = [parsed["image/height"], parsed["image/width"]]
    return tf.cond(
        tf.strings.length(encoded) > 0,
        lambda: tf.io.decode_png(encoded, channels=1, dtype=tf.uint16)[..., 0],
        lambda: tf.fill(size, tf.constant(void, tf.uint16)),
    )


def encode_png(array):
    """Integers [H, W], uint8 or uint16 -> PNG bytes, lossless."""
    if array.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"A label PNG holds uint8 or uint16, got {array.dtype}.")
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def decode_png(data):
    """Inverse of `encode_png`. Raises ValueError if a checksum in it is wrong."""
    try:
        Image.open(io.BytesIO(data)).verify()  # decoding alone takes some wrong bits
        return np.array(Image.open(io.BytesIO(data)))
    except Exception as error:
        raise ValueError(f"not a readable PNG of {len(data)} bytes: {error}") from error


@functools.lru_cache(maxsize=1)
def _encode_regions(data, shape, dtype):
    """Compressing costs more than all else of an unlabelled frame, and the frames of
    a snippet share their regions."""
    return encode_png(np.frombuffer(data, dtype).reshape(shape))


def _feature(value):
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    value = value.encode() if isinstance(value, str) else value
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
