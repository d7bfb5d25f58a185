"""Cityscapes on disk: splits, snippets, and labels from `instanceIds`.

A snippet is 30 frames, f-19 .. f+10 around its annotated frame f; its key is
(city, sequence, f), since in some cities many snippets lie in one sequence and f
is arbitrary. Both layouts are read: one tree, or each package in its own folder.
"""

import collections
import dataclasses
import pathlib
import re

import numpy as np
from absl import logging

from naive_student_tf.data.files import FrameFiles, read_ids
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic

FRAMES_BEFORE, FRAMES_AFTER = 19, 10  # of the annotated frame in its snippet
CORRUPT = ("troisdorf_000000_000073",)  # all black in train_extra

_PACKAGES = {  # folder -> packages people unzip side by side
    "leftImg8bit": ("leftImg8bit_trainvaltest", "leftImg8bit_trainextra"),
    "leftImg8bit_sequence": ("leftImg8bit_sequence_trainvaltest",),
    "gtFine": ("gtFine_trainvaltest",),
    "gtCoarse": ("gtCoarse",),
}
_NAME = re.compile(r"(?P<city>[a-zA-Z-]+)_(?P<sequence>\d{6})_(?P<frame>\d{6})_")


@dataclasses.dataclass(frozen=True)
class Cityscapes:
    """One split of Cityscapes.

    Attributes:
        data_dir: str, the root that holds leftImg8bit, gtFine, ...
        split: str, one of train_fine, val_fine, test_fine, train_extra,
            train_sequence, val_sequence, test_sequence, or two joined by "+".
    """

    data_dir: str
    split: str
    label_space = facts.CITYSCAPES

    def list_frames(self):
        """Returns the FrameFiles of the split, sorted by city, sequence, frame.

        Raises:
            FileNotFoundError: no such directory, or a split without images.
            ValueError: an unknown split.
        """
        if not pathlib.Path(self.data_dir).is_dir():
            raise FileNotFoundError(
                f"DATA_DIR {self.data_dir!r} does not exist. It must hold the "
                f"folders leftImg8bit, gtFine, ... of Cityscapes."
            )
        frames = []
        for part in self.split.split("+"):
            subset, _, kind = part.partition("_")
            if kind not in _LISTERS:
                raise ValueError(
                    f"Unknown split {part!r}; known: train_fine, val_fine, test_fine, "
                    f"train_extra, train_sequence, val_sequence, test_sequence."
                )
            found = _LISTERS[kind](pathlib.Path(self.data_dir), subset)
            if not found:
                raise FileNotFoundError(
                    f"Split {part} of {self.data_dir!r} is empty: no "
                    f"*_leftImg8bit.png was found for it. Is the package unzipped?"
                )
            frames += found
        return frames

    def read_panoptic(self, path):
        """instanceIds PNG -> uint16 [H, W] packed label."""
        return panoptic_from_instance_ids(read_ids(path), path=path)

    def read_void_regions(self, path):
        """labelIds PNG -> uint8 [H, W]: 1, 2, 3 in the fixed regions, 0 elsewhere."""
        label_ids = read_ids(path)
        return np.where(label_ids <= facts.OUT_OF_ROI, label_ids, 0).astype(np.uint8)


def panoptic_from_instance_ids(ids, *, path):
    """Packs an instanceIds map.

    Args:
        ids: integers [H, W]; labelId * 1000 + instance, or a labelId alone (for a
            thing class: a group of instances, kept as crowd, instance 0).
        path: str, named in errors.

    Returns:
        uint16 [H, W], category * 256 + instance; instances count from 1; classes
        outside the evaluated 19 are void (with instance 1: see the comment below).

    Raises:
        ValueError: an id that is none of Cityscapes'.
    """
    values, inverse = np.unique(ids, return_inverse=True)
    values = values.astype(np.int64)
    alone = values < facts.INSTANCE_DIVISOR
    label = np.where(alone, values, values // facts.INSTANCE_DIVISOR)
    instance = np.where(alone, 0, values % facts.INSTANCE_DIVISOR + 1)
    space = facts.CITYSCAPES
    known = (label <= facts.MAX_LABEL_ID) | (label == 255)
    if not known.all() or instance.max(initial=0) >= space.label_divisor:
        bad = values[~known | (instance >= space.label_divisor)]
        raise ValueError(
            f"{path}: ids {bad[:5].tolist()} are not Cityscapes instanceIds (labelId "
            f"0..{facts.MAX_LABEL_ID}, or labelId * 1000 + instance below 255)."
        )
    category = facts.label_id_to_category()[label].astype(np.int64)
    is_thing = np.isin(category, space.thing_classes)
    # A single caravan or trailer is void, yet the official AP does not forgive a
    # car found there as it does on other void: instance 1 of void marks it.
    instance = np.where(is_thing, instance, np.minimum(instance, 1))
    packed = panoptic.pack(category, instance, label_divisor=space.label_divisor)
    return packed.astype(np.uint16)[inverse].reshape(ids.shape)


def _fine(root, subset):
    frames = []
    for image in _images(root, "leftImg8bit", subset):
        labelled = subset != "test"  # gtFine/test holds only the fixed regions
        frames.append(
            _frame(
                image,
                label=_label(root, "gtFine", subset, image, "instanceIds")
                if labelled
                else None,
                regions=_label(root, "gtFine", subset, image, "labelIds"),
            )
        )
    missing = [
        frame.filename for frame in frames if subset != "test" and not frame.label
    ]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} frames of {subset}_fine have no gtFine instanceIds, the "
            f"first is {missing[0]}. Unzip gtFine_trainvaltest beside leftImg8bit."
        )
    return frames


def _extra(root, subset):
    frames = []
    for image in _images(root, "leftImg8bit", f"{subset}_extra"):
        if any(image.name.startswith(name) for name in CORRUPT):
            logging.warning("%s is skipped: a known corrupt, black frame.", image)
            continue
        coarse = _label(root, "gtCoarse", f"{subset}_extra", image, "labelIds")
        frames.append(_frame(image, regions=coarse))
    return frames


def _sequence(root, subset):
    """Every frame of every snippet; the regions of its annotated frame with it."""
    by_name = {
        _key(path): path for path in _images(root, "leftImg8bit_sequence", subset)
    }
    frames, incomplete = [], []
    for annotated in _annotated(root, subset):
        city, sequence, center = _key(annotated)
        regions = _label(root, "gtFine", subset, annotated, "labelIds")
        keys = [
            (city, sequence, center + step)
            for step in range(-FRAMES_BEFORE, FRAMES_AFTER + 1)
        ]
        present = [key for key in keys if key in by_name]
        if present and len(present) < len(keys):
            incomplete.append(f"{city}_{sequence:06d}_{center:06d}")
        snippet = f"{city}_{sequence:06d}_{center:06d}"
        frames += [_frame(by_name[key], regions, snippet=snippet) for key in present]
    if incomplete:
        logging.warning(
            "%s_sequence: %d snippets lack frames, the first is %s.",
            subset,
            len(incomplete),
            incomplete[0],
        )
    _report_duplicates(frames, subset)
    return frames


def _report_duplicates(frames, subset):
    counts = collections.Counter(frame.filename for frame in frames)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(
            f"{subset}_sequence: {len(twice)} frames belong to two snippets, the first "
            f"is {twice[0]}. Snippets must not overlap."
        )


_LISTERS = {"fine": _fine, "extra": _extra, "sequence": _sequence}


def _frame(image, regions=None, *, label=None, snippet=None):
    city, sequence, number = _key(image)
    name = f"{city}_{sequence:06d}_{number:06d}"
    return FrameFiles(
        image=str(image),
        filename=name,
        sequence_id=snippet or name,
        frame_id=f"{number:06d}",
        label=label,
        void_regions=regions,
    )


def _annotated(root, subset):
    """Frames that name the snippets: those of leftImg8bit, else those of gtFine."""
    images = _images(root, "leftImg8bit", subset)
    return images or _glob(root, "gtFine", subset, "*_gtFine_labelIds.png")


def _images(root, folder, subset):
    return _glob(root, folder, subset, "*_leftImg8bit.png")


def _glob(root, folder, subset, pattern):
    paths = {}
    for base in _bases(root, folder):
        for path in (base / subset).glob(f"*/{pattern}"):
            paths.setdefault(_key(path), path)
    return [paths[key] for key in sorted(paths)]


def _label(root, folder, subset, image, kind):
    """Path of the label of `image`, or None."""
    stem = image.name.removesuffix("_leftImg8bit.png").removesuffix(
        "_gtFine_labelIds.png"
    )
    for base in _bases(root, folder):
        path = base / subset / image.parent.name / f"{stem}_{folder}_{kind}.png"
        if path.is_file():
            return str(path)
    return None


def _bases(root, folder):
    candidates = [root / folder, *(root / p / folder for p in _PACKAGES[folder])]
    return [path for path in candidates if path.is_dir()]


def _key(path):
    match = _NAME.match(path.name)
    if not match:
        raise ValueError(
            f"{path}: not a Cityscapes name, expected <city>_<6 digits>_<6 digits>_*."
        )
    return match["city"], int(match["sequence"]), int(match["frame"])
