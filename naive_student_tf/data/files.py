"""What a data source hands to the shard writer: the files of one frame.

A source (cityscapes.py, camvid.py, ...) is a frozen dataclass with
    label_space    -> LabelSpace
    list_frames()  -> list of FrameFiles, sorted
    read_frame(frame)       -> example.Frame; mostly `read_frame` below, with
    read_panoptic(path)     -> uint16 [H, W] packed label
    read_void_regions(path) -> uint8 [H, W], see data/example.py
so that the writer's worker processes can be given a copy of it.
"""

import dataclasses
import functools
import io
import pathlib

import numpy as np
from PIL import Image

from naive_student_tf.data import example

_FORMATS = {"PNG": "png", "JPEG": "jpeg"}


class EmptySplit(FileNotFoundError):
    """A split of which a data set on disk has no image at all."""


@dataclasses.dataclass(frozen=True)
class FrameFiles:
    """Paths of one frame; `label` and `void_regions` may be None.

    Frames of one `drive` are seen by one car; None: `sequence_id` tells drives apart.
    """

    image: str
    filename: str
    sequence_id: str
    frame_id: str
    label: str | None = None
    void_regions: str | None = None
    drive: str | None = None


def frame_name(path):
    """The name of a frame by the path of its image: no folder, no suffix, and not
    Cityscapes' `_leftImg8bit`."""
    name = path.rpartition("/")[2]
    for suffix in (".png", ".jpg", ".jpeg", "_leftImg8bit"):
        name = name.removesuffix(suffix)
    return name


def read_frame(source, files):
    """Reads and checks one frame.

    Raises:
        ValueError: a broken file, or sizes that differ; it names the file.
    """
    data = pathlib.Path(files.image).read_bytes()
    image_format, height, width = check_image(files.image, data)
    panoptic = regions = None
    if files.label:
        panoptic = source.read_panoptic(files.label)
        _check_size(files.label, panoptic, files.image, (height, width))
    if files.void_regions:
        regions = _read_void_regions(source, files.void_regions)
        _check_size(files.void_regions, regions, files.image, (height, width))
    return example.Frame(
        image=data,
        image_format=image_format,
        filename=files.filename,
        height=height,
        width=width,
        panoptic=panoptic,
        void_regions=regions,
        sequence_id=files.sequence_id,
        frame_id=files.frame_id,
    )


@functools.lru_cache(maxsize=1)
def _read_void_regions(source, path):
    """The frames of a snippet follow each other and share one file."""
    return source.read_void_regions(path)


def check_image(path, data):
    """Returns (format, height, width) of encoded image bytes that decode.

    A PNG is checked by the checksums of its chunks, which is much cheaper than
    decoding it; a JPEG has none and is decoded.
    """
    try:
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        image_format = _FORMATS[image.format]
        if image_format == "png":
            image.verify()
        else:
            image.load()
    except Exception as error:
        raise ValueError(
            f"{path}: not a readable PNG or JPEG of {len(data)} bytes ({error!r}). "
            f"Copy the file again."
        ) from error
    return image_format, height, width


def read_ids(path):
    """A single-channel PNG of ids, uint8 or uint16 [H, W].

    Raises:
        ValueError: unreadable, or not one channel of 8 or 16 bits.
    """
    try:
        data = io.BytesIO(pathlib.Path(path).read_bytes())
        Image.open(data).verify()  # decoding alone takes some wrong bits for right
        image = Image.open(data)
        array = np.array(image)
    except Exception as error:
        raise ValueError(
            f"{path}: not a readable PNG ({error!r}). Copy the file again."
        ) from error
    if array.ndim != 2 or image.mode == "1":
        raise ValueError(
            f"{path}: expected one channel of ids, got mode {image.mode} of shape "
            f"{array.shape}. A colour picture is not a label map."
        )
    return array.astype(np.uint8 if array.dtype == np.uint8 else np.uint16)


def _check_size(path, array, image_path, size):
    if array.shape != size:
        raise ValueError(
            f"{path} is {array.shape[0]}x{array.shape[1]} pixels, its image "
            f"{image_path} is {size[0]}x{size[1]}. They must be equal."
        )
