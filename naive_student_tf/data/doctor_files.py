"""Looks at the files of a data set, frame by frame (doctor.py)."""

import pathlib

import numpy as np

from naive_student_tf.data import files
from naive_student_tf.data.checkup import Checkup, count_ids, count_values, numbering
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic


def examine_files(source, frames):
    """Checks some FrameFiles of a source (see files.py); returns their Checkup.

    PNGs are checked by their checksums, labels are decoded.
    """
    found, regions_of = Checkup(), {}
    for frame in frames:
        try:
            data = pathlib.Path(frame.image).read_bytes()
            _, *size = files.check_image(frame.image, data)
        except (OSError, ValueError) as error:
            found.errors.append(str(error))
            continue
        found.add_frame(frame.filename, size)
        if frame.label:
            _examine(_label, source, frame.label, tuple(size), found)
        if frame.void_regions:
            # The frames of a snippet share one map: it is read once.
            if frame.void_regions not in regions_of:
                seen = Checkup()
                _examine(_regions, source, frame.void_regions, tuple(size), seen)
                regions_of = {frame.void_regions: seen}
                found.errors += seen.errors
                found.warnings += seen.warnings
            found.with_void_regions += regions_of[frame.void_regions].with_void_regions
            found.without_ego += regions_of[frame.void_regions].without_ego
    return found


def _examine(look, source, path, size, found):
    try:
        shape = look(source, path, found)
    except (OSError, ValueError) as error:
        found.errors.append(str(error))
        return
    if shape != size:
        found.errors.append(
            f"{path} is {shape[0]}x{shape[1]} pixels, its image {size[0]}x{size[1]}."
        )


def _label(source, path, found):
    space = source.label_space
    ids = _label_ids(space, path) if _is_cityscapes(space) else None
    label = source.read_panoptic(path)
    if ids is None:
        values, pixels = count_values(label)
        ids = count_ids(
            panoptic.unpack(values, label_divisor=space.label_divisor)[0], pixels
        )
    found.add_ids(ids)
    found.labelled += 1
    return label.shape


def _is_cityscapes(space):
    return space.label_ids == facts.CITYSCAPES.label_ids


def _regions(source, path, found):
    regions = source.read_void_regions(path)
    if _is_cityscapes(source.label_space):
        try:
            _label_ids(source.label_space, path)
        except ValueError as error:
            if not path.endswith("_gtCoarse_labelIds.png"):
                raise
            # Mostly unlabelled and without a road, a coarse map may look like these.
            found.warnings.append(f"Perhaps: {error}")
    found.with_void_regions += 1
    found.without_ego += not (regions == facts.EGO_VEHICLE).any()
    return regions.shape


def _label_ids(space, path):
    """Pixels per label id of a PNG of label ids or instance ids, int64 [256].

    Raises:
        ValueError: unreadable, or ids of training.
    """
    values, pixels = count_values(files.read_ids(path))
    alone = values < facts.INSTANCE_DIVISOR
    ids = count_ids(np.where(alone, values, values // facts.INSTANCE_DIVISOR), pixels)
    kind = numbering(ids, label_ids=space.label_ids, expected="label ids")
    if kind == "train ids":
        raise ValueError(
            f"{path} holds train ids {np.flatnonzero(ids).tolist()} where label ids "
            f"({min(space.label_ids)}..{max(space.label_ids)}) are expected. Restore "
            f"the file as the data set ships it."
        )
    return ids
