"""Cityscapes on disk: its splits and snippets.

A snippet is 30 frames, f-19 .. f+10 around its annotated frame f; its key is
(city, sequence, f), since in some cities many snippets lie in one sequence and f
is arbitrary.
"""

import collections
import dataclasses
import pathlib

import numpy as np
from absl import logging

from naive_student_tf.data import cityscapes_counts, files
from naive_student_tf.data import cityscapes_tree as tree
from naive_student_tf.data.cityscapes_labels import panoptic_from_instance_ids
from naive_student_tf.labels import cityscapes as facts

SPLITS = (
    *("train_fine", "val_fine", "test_fine", "train_extra"),
    *("train_sequence", "val_sequence", "test_sequence"),
)
UNIONS = {
    "trainval_fine": ("train_fine", "val_fine"),
    "trainval_sequence": ("train_sequence", "val_sequence"),
}
FRAMES_BEFORE, FRAMES_AFTER = 19, 10  # of the annotated frame in its snippet
CORRUPT = ("troisdorf_000000_000073",)  # all black in train_extra


@dataclasses.dataclass(frozen=True)
class Cityscapes:
    """One split of Cityscapes.

    Attributes:
        data_dir: str, the root that holds leftImg8bit, gtFine, ...
        split: str, one of SPLITS or UNIONS, or several joined by "+".
    """

    data_dir: str
    split: str
    label_space = facts.CITYSCAPES

    def list_frames(self):
        """Returns the FrameFiles of the split, sorted by city, sequence, frame.

        A split that lacks frames of the real Cityscapes is warned of.

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
        for part in _parts(self.split):
            subset, _, kind = part.partition("_")
            root = pathlib.Path(self.data_dir)
            found = _LISTERS[kind](root, subset)
            if not found:
                raise files.EmptySplit(_empty(root, part))
            cities = (frame.drive for frame in found)
            cityscapes_counts.warn_of_missing(part, cities, len(found))
            frames += found
        return frames

    def read_frame(self, frame):
        return files.read_frame(self, frame)

    def read_panoptic(self, path):
        """instanceIds PNG -> uint16 [H, W] packed label."""
        return panoptic_from_instance_ids(files.read_ids(path), path=path)

    def read_void_regions(self, path):
        """labelIds PNG -> uint8 [H, W]: 1, 2, 3 in the fixed regions, 0 elsewhere."""
        label_ids = files.read_ids(path)
        return np.where(label_ids <= facts.OUT_OF_ROI, label_ids, 0).astype(np.uint8)


def _parts(split):
    """The SPLITS that a split consists of."""
    names = split.split("+")
    parts = [part for name in names for part in UNIONS.get(name, (name,))]
    for part in parts:
        if part not in SPLITS:
            known = ", ".join([*UNIONS, *SPLITS])
            raise ValueError(f"Unknown split {part!r}; known: {known}.")
    return parts


def _empty(root, split):
    """The message of a split without images."""
    subset, _, kind = split.partition("_")
    folder = "leftImg8bit_sequence" if kind == "sequence" else "leftImg8bit"
    subset = split if kind == "extra" else subset
    return (
        f"Split {split} of {str(root)!r} is empty: no *_leftImg8bit.png was found for "
        f"it. {tree.explain_absence(root, folder, subset)} Unzip {_PACKAGE[kind]} in "
        f"DATA_DIR, or leave {split} out of SPLITS."
    )


def _fine(root, subset):
    frames, images = [], tree.list_images(root, "leftImg8bit", subset)
    _report_labels_alone(root, subset, images)
    for image in images:
        labelled = subset != "test"  # gtFine/test holds only the fixed regions
        frames.append(
            _frame(
                image,
                label=tree.find_label(root, "gtFine", subset, image, "instanceIds")
                if labelled
                else None,
                regions=tree.find_label(root, "gtFine", subset, image, "labelIds"),
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


def _report_labels_alone(root, subset, images):
    there = set(map(tree.frame_key, images))
    labels = tree.list_label_ids(root, "gtFine", subset)
    alone = [path for path in labels if tree.frame_key(path) not in there]
    if images and alone:
        logging.warning(
            "%s_fine: %d labels have no image in leftImg8bit and are left out, the "
            "first is %s. Is leftImg8bit_trainvaltest copied and unzipped whole?",
            *(subset, len(alone), alone[0]),
        )


def _extra(root, subset):
    frames = []
    for image in tree.list_images(root, "leftImg8bit", f"{subset}_extra"):
        if any(image.name.startswith(name) for name in CORRUPT):
            logging.warning("%s is skipped: a known corrupt, black frame.", image)
            continue
        coarse = tree.find_label(root, "gtCoarse", f"{subset}_extra", image, "labelIds")
        frames.append(_frame(image, regions=coarse))
    return frames


def _sequence(root, subset):
    """Every frame of every snippet; the regions of its annotated frame with it.

    The annotated frame keeps its label: pseudo-labelling replaces it, and measures
    the teacher by it.
    """
    images = tree.list_images(root, "leftImg8bit_sequence", subset)
    by_name = {tree.frame_key(path): path for path in images}
    frames, incomplete, snippets = [], [], _annotated(root, subset)
    for annotated in snippets:
        city, sequence, center = tree.frame_key(annotated)
        regions = tree.find_label(root, "gtFine", subset, annotated, "labelIds")
        keys = [
            (city, sequence, center + step)
            for step in range(-FRAMES_BEFORE, FRAMES_AFTER + 1)
        ]
        present = [key for key in keys if key in by_name]
        snippet = f"{city}_{sequence:06d}_{center:06d}"
        if len(present) < len(keys):
            incomplete.append(snippet)
        found = {key: _frame(by_name[key], regions, snippet=snippet) for key in present}
        center_key = (city, sequence, center)
        if center_key in found and subset != "test":
            label = tree.find_label(root, "gtFine", subset, annotated, "instanceIds")
            found[center_key] = dataclasses.replace(found[center_key], label=label)
        frames += found.values()
    if images and not frames:
        raise FileNotFoundError(
            f"leftImg8bit_sequence/{subset} has {len(images)} images, but none lies "
            f"around an annotated frame: gtFine/{subset} and leftImg8bit/{subset} "
            f"have {len(snippets)}. Unzip gtFine_trainvaltest in DATA_DIR; its names "
            f"say where the snippets are."
        )
    _refuse_duplicates(frames, subset)
    _report_gaps(subset, incomplete, unused=len(by_name) - len(frames))
    return frames


def _report_gaps(subset, incomplete, *, unused):
    if incomplete:
        logging.warning(
            "%s_sequence: %d snippets lack frames, the first is %s.",
            subset,
            len(incomplete),
            incomplete[0],
        )
    if unused:
        logging.warning(
            "%s_sequence: %d frames are left out, they belong to no snippet.",
            subset,
            unused,
        )


def _refuse_duplicates(frames, subset):
    counts = collections.Counter(frame.filename for frame in frames)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(
            f"{subset}_sequence: {len(twice)} frames belong to two snippets, the first "
            f"is {twice[0]}. Snippets must not overlap."
        )


_LISTERS = {"fine": _fine, "extra": _extra, "sequence": _sequence}
_PACKAGE = {
    "fine": "leftImg8bit_trainvaltest",
    "extra": "leftImg8bit_trainextra",
    "sequence": "leftImg8bit_sequence_trainvaltest",
}


def _frame(image, regions=None, *, label=None, snippet=None):
    city, sequence, number = tree.frame_key(image)
    name = f"{city}_{sequence:06d}_{number:06d}"
    return files.FrameFiles(
        image=str(image),
        filename=name,
        sequence_id=snippet or name,
        frame_id=f"{number:06d}",
        label=label,
        void_regions=regions,
        drive=city,  # its sequences were cut from one ride; the region does not move
    )


def _annotated(root, subset):
    """Files whose names tell the snippets: of leftImg8bit or gtFine, one a frame."""
    labels = tree.list_label_ids(root, "gtFine", subset)
    files_ = [*labels, *tree.list_images(root, "leftImg8bit", subset)]
    by_key = {tree.frame_key(path): path for path in files_}
    return [by_key[key] for key in sorted(by_key)]
