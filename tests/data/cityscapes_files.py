"""Writes trees of a few pixels with Cityscapes' true names and folders."""

import numpy as np
from PIL import Image

SIZE = (4, 8)
PLAIN_IDS = np.full(SIZE, 7, np.uint16)  # all road


def save(path, array):
    """Writes an array as a PNG, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_image(base, subset, frame):
    """base: .../leftImg8bit or .../leftImg8bit_sequence; its color is its number."""
    city, _, number = frame.split("_")
    gray = np.full((*SIZE, 3), int(number) % 256, np.uint8)
    save(base / subset / city / f"{frame}_leftImg8bit.png", gray)


def write_labels(base, subset, frame, *, ids=PLAIN_IDS):
    """base: .../gtFine or .../gtCoarse; ids: uint16 instanceIds."""
    label_ids = np.where(ids < 1000, ids, ids // 1000).astype(np.uint8)
    stem = base / subset / frame.split("_")[0] / f"{frame}_{base.name}"
    save(stem.with_name(f"{stem.name}_instanceIds.png"), ids)
    save(stem.with_name(f"{stem.name}_labelIds.png"), label_ids)


def write_fine(root, subset, *frames, layout=("leftImg8bit", "gtFine")):
    """Annotated frames: image and labels, in folders below `root`."""
    for frame in frames:
        write_image(root / layout[0], subset, frame)
        write_labels(root / layout[1], subset, frame)


def write_snippet(base, subset, annotated, *, steps=range(-19, 11)):
    """The frames of the snippet around `annotated`, 30 or those of `steps`."""
    city, sequence, center = annotated.split("_")
    for step in steps:
        write_image(base, subset, f"{city}_{sequence}_{int(center) + step:06d}")
