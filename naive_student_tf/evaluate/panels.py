"""Puts pictures side by side, with captions, and rows of them below each other."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from naive_student_tf.evaluate import canvas

BACKGROUND = (255, 255, 255)
INK = (32, 32, 32)
GAP = 6  # between pictures and around them
FONT_SIZE = 15
CAPTION_HEIGHT = 22
MIN_WIDTH = 256  # of a picture in a panel: 64x128 is drawn at 128x256


def enlarge_factor(width, *, min_width=MIN_WIDTH):
    """The smallest integer factor that makes `width` at least `min_width`."""
    return max(1, math.ceil(min_width / width))


def draw_panel(
    images, *, captions, min_width=MIN_WIDTH, ink=INK, background=BACKGROUND
):
    """Draws one row of captioned pictures.

    Args:
        images: sequence of uint8 [H, W, 3], of any sizes; a narrow one is enlarged
            by repeating its pixels.
        captions: sequence of str, one per picture; a long one is cut with an
            ellipsis.
        min_width: int, of a picture in the panel.
        ink: (red, green, blue), of the captions.
        background: (red, green, blue).

    Returns:
        uint8 [panel height, panel width, 3].
    """
    if len(images) != len(captions) or not images:
        raise ValueError(
            f"{len(images)} pictures came with {len(captions)} captions; give one "
            "caption per picture, and at least one picture."
        )
    cells = []
    for image, caption in zip(images, captions, strict=True):
        factor = enlarge_factor(image.shape[1], min_width=min_width)
        picture = canvas.enlarge(image, factor=factor)
        bar = _draw_caption(caption, picture.shape[1], ink, background)
        cells.append(np.concatenate([bar, picture]))
    height = max(len(cell) for cell in cells)
    padded = [_pad(cell, height, cell.shape[1] + GAP, background) for cell in cells]
    row = np.concatenate(padded, axis=1)
    return _pad(row, height + GAP, row.shape[1] + GAP, background, start=GAP)


def stack_panels(panels):
    """Stacks pictures of any width: uint8 [sum of heights, largest width, 3]."""
    if not panels:
        raise ValueError("No panel came; give at least one.")
    width = max(panel.shape[1] for panel in panels)
    padded = [_pad(panel, len(panel), width, BACKGROUND) for panel in panels]
    return np.concatenate(padded)


def _draw_caption(caption, width, ink, background):
    bar = Image.new("RGB", (width, CAPTION_HEIGHT), background)
    font = ImageFont.load_default(FONT_SIZE)
    text = shorten(caption, width=width, measure=font.getlength)
    ImageDraw.Draw(bar).text((0, CAPTION_HEIGHT // 2), text, ink, font, anchor="lm")
    return np.asarray(bar)


def shorten(text, *, width, measure):
    """Cuts `text` until `measure(text)` fits `width`, an ellipsis at its end."""
    shown = text
    while measure(shown) > width and shown != "…":
        shown = shown.rstrip("…")[:-1] + "…"
    return shown


def _pad(picture, height, width, background, *, start=0):
    """Puts a picture at (start, start) of a canvas, which `start` makes larger."""
    padded = np.full((height + start, width, 3), background, np.uint8)
    padded[start:, start:][: picture.shape[0], : picture.shape[1]] = picture
    return padded
