"""Reads PNGs of numbers; a picture where numbers are expected is an error."""

import io
import pathlib

import numpy as np
from PIL import Image

IDS = (
    "L",
    "I;16",
    "I",
    "P",
)  # one channel of 8, 16 or 32 bits; of a palette, its index
MASK = (*IDS, "1")
COLORS = ("RGB",)
_NAMES = {
    "1": "a black-and-white PNG",
    "L": "an 8-bit PNG of one channel",
    "I;16": "a 16-bit PNG of one channel",
    "P": "a palette PNG, whose numbers stand for colors of its own",
    "RGB": "a color PNG",
    "RGBA": "a color PNG with transparency",
}


def read(path, *, modes, size=None):
    """Pixels of a PNG; of a palette PNG the indices, as the official tools take them.

    Args:
        path: str, Path or zipfile.Path.
        modes: tuple of str, the modes of Pillow that are numbers here.
        size: (height, width) it must have, or None.

    Returns:
        array [H, W], or uint8 [H, W, 3] for mode RGB.

    Raises:
        ValueError: unreadable, another size, or colors in place of numbers.
    """
    return np.asarray(_open(path, modes=modes, size=size))


def read_mask(path, *, modes, size):
    """bool [H, W], what is not 0; of a palette PNG what is not black, as the official
    tools take it. Arguments and errors as those of `read`."""
    image = _open(path, modes=modes, size=size)
    return np.asarray(image.convert("L") if image.mode == "P" else image) != 0


def _open(path, *, modes, size):
    try:
        path = pathlib.Path(path) if isinstance(path, str) else path
        data = io.BytesIO(path.read_bytes())
        Image.open(data).verify()  # decoding alone takes some wrong bits for right
        image = Image.open(data)
        image.load()
    except Exception as error:
        raise ValueError(
            f"{path}: not a readable PNG ({error!r}). Write the file again."
        ) from error
    if image.mode not in modes:
        raise ValueError(
            f"{path} is {_NAMES.get(image.mode, f'of mode {image.mode}')}; expected "
            f"{_NAMES[modes[0]]}. Save the numbers themselves, not a picture of them."
        )
    if size is not None and (image.height, image.width) != tuple(size):
        raise ValueError(
            f"{path} is {image.height}x{image.width} pixels (height x width), the "
            f"image is {size[0]}x{size[1]}. Resize the prediction."
        )
    return image


def write(path, array):
    """Writes uint8 or uint16 [H, W] or uint8 [H, W, 3], whole or not at all."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    # Level 1: these maps have long runs, more effort saves little and costs much.
    Image.fromarray(array).save(partial, "PNG", compress_level=1)
    partial.replace(path)
