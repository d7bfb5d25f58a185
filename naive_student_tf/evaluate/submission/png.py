"""Reads PNGs of numbers; a picture where numbers are expected is an error."""

import io
import pathlib

import numpy as np
from PIL import Image

IDS = ("L", "I;16", "I")  # one channel of 8, 16 or 32 bits
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
    """Pixels of a PNG.

    Args:
        path: str, Path or zipfile.Path.
        modes: tuple of str, the modes of Pillow that are numbers here.
        size: (height, width) it must have, or None.

    Returns:
        array [H, W], or uint8 [H, W, 3] for mode RGB.

    Raises:
        ValueError: unreadable, another size, or colors in place of numbers.
    """
    try:
        path = pathlib.Path(path) if isinstance(path, str) else path
        data = io.BytesIO(path.read_bytes())
        Image.open(data).verify()  # decoding alone takes some wrong bits for right
        image = Image.open(data)
        array = np.asarray(image)
    except Exception as error:
        raise ValueError(
            f"{path}: not a readable PNG ({error!r}). Write the file again."
        ) from error
    if image.mode not in modes:
        raise ValueError(
            f"{path} is {_NAMES.get(image.mode, f'of mode {image.mode}')}; expected "
            f"{_NAMES[modes[0]]}. Save the numbers themselves, not a picture of them."
        )
    if size is not None and array.shape[:2] != tuple(size):
        raise ValueError(
            f"{path} is {array.shape[0]}x{array.shape[1]} pixels (height x width), the "
            f"image is {size[0]}x{size[1]}. Resize the prediction."
        )
    return array


def write(path, array):
    """Writes uint8 or uint16 [H, W] or uint8 [H, W, 3], whole or not at all."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    # Level 1: these maps have long runs, more effort saves little and costs much.
    Image.fromarray(array).save(partial, "PNG", compress_level=1)
    partial.replace(path)
