"""Instance predictions: a text file per image, a PNG per mask, any number of masks.

A line is `relative/path.png labelId confidence`; a pixel belongs to the instance if
it is not 0. An image without instances has an empty text file.
"""

import math
import pathlib
from typing import NamedTuple

import numpy as np

from naive_student_tf.evaluate.submission import png, semantic
from naive_student_tf.labels import cityscapes as facts

FOLDER, SUFFIX = "instance", ".txt"
MASKS = "masks"
LICENCE_PLATE_ID = -1


class Mask(NamedTuple):
    """A line of a text file: path, labelId, confidence."""

    path: pathlib.Path
    label_id: int
    confidence: float


def write(folder, name, masks):
    """Writes the files of one image; the text file last, so that it means "done".

    Args:
        folder: Path, of all instance predictions.
        name: str, of the image.
        masks: iterable of (mask [H, W], category, confidence).
    """
    folder, lines = pathlib.Path(folder), []
    for number, (mask, category, confidence) in enumerate(masks):
        path = f"{MASKS}/{name}_{number}.png"
        png.write(folder / path, np.where(mask, np.uint8(255), np.uint8(0)))
        label_id = facts.CITYSCAPES.label_ids[category]
        lines.append(f"{path} {label_id} {confidence:.6f}\n")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{name}{SUFFIX}.tmp"
    partial.write_text("".join(lines))
    partial.replace(folder / f"{name}{SUFFIX}")


def read_list(path, *, root):
    """The Masks that a text file lists.

    Args:
        path: str or Path, of the text file.
        root: str or Path, of all instance predictions; masks lie in it.

    Raises:
        ValueError: a line of another form, a path that leaves `root` or does not
            exist, a mask listed twice, an id or a confidence that is none.
    """
    path, root = pathlib.Path(path), pathlib.Path(root).resolve()
    masks = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mask = parse_line(line, where=f"{path}, line {number}")
        target = (path.parent / mask.path).resolve()
        if not target.is_relative_to(root) or not target.is_file():
            raise ValueError(
                f"{path}, line {number}: there is no mask {str(mask.path)!r} in "
                f"{root}. Paths are relative to the text file and stay inside "
                f"that folder."
            )
        masks.append(mask._replace(path=target))
    check_distinct([mask.path for mask in masks], where=path)
    return masks


def parse_line(line, *, where):
    """A line as a Mask, its path as written; raises ValueError, naming `where`."""
    parts = line.split(" ")
    if len(parts) != 3 or not parts[0]:
        raise ValueError(
            f"{where}: {line!r} is not `relative/path.png labelId confidence`, three "
            f"parts with one space between."
        )
    try:
        label_id, confidence = int(float(parts[1])), float(parts[2])
    except ValueError as error:
        raise ValueError(f"{where}: {line!r} has no numbers: {error}.") from error
    if not math.isfinite(confidence):
        raise ValueError(f"{where}: the confidence is {confidence}, not a number.")
    if not LICENCE_PLATE_ID <= label_id <= facts.MAX_LABEL_ID:
        raise ValueError(
            f"{where}: {label_id} is not a labelId (0..{facts.MAX_LABEL_ID})."
        )
    if pathlib.PurePosixPath(parts[0]).is_absolute():
        raise ValueError(f"{where}: {parts[0]} must be relative to the text file.")
    return Mask(pathlib.Path(parts[0]), label_id, confidence)


def check_distinct(paths, *, where):
    """Raises ValueError for a mask listed twice: the official tool would take only
    the class and confidence of its last line."""
    seen = set()
    for path in paths:
        if path in seen:
            raise ValueError(f"{where} lists the mask {path} twice. Leave one line.")
        seen.add(path)


def read_masks(masks, *, size):
    """Yields (bool [H, W], category, confidence) of the Masks of thing classes.

    Others are left out, as the official tool does.
    """
    table = facts.label_id_to_category()
    for path, label_id, confidence in masks:
        if label_id < 0 or table[label_id] not in facts.CITYSCAPES.thing_classes:
            continue
        mask = png.read_mask(path, modes=png.MASK, size=size)
        yield mask, int(table[label_id]), confidence


def check_not_train_ids(ids, *, what):
    """Raises ValueError if the classes of all masks together are trainIds of things."""
    things = {facts.CITYSCAPES.label_ids[c] for c in facts.CITYSCAPES.thing_classes}
    if ids and not set(ids) & things and set(ids) <= set(range(11, 19)):
        raise ValueError(semantic.train_ids_message(what))
