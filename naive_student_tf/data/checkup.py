"""What is known of the frames of a split after a look at them (doctor.py)."""

import collections
import dataclasses

import numpy as np

_NUM_IDS = 256


@dataclasses.dataclass
class Checkup:
    """Counts and complaints; those of two parts are merged by `add`.

    Attributes:
        frames, labelled, with_void_regions: ints, frames that ...
        without_ego: int, frames that have regions but no pixel of an ego vehicle.
        sizes: Counter of "height x width".
        ids: int64 [256], pixels per class id, in the numbers of the files.
        names: Counter of frame names.
        errors, warnings: lists of str, each names its file.
    """

    frames: int = 0
    labelled: int = 0
    with_void_regions: int = 0
    without_ego: int = 0
    sizes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    ids: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros(_NUM_IDS, np.int64)
    )
    names: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    errors: list = dataclasses.field(default_factory=list)
    warnings: list = dataclasses.field(default_factory=list)

    def add(self, other):
        """Takes up another part of the same split."""
        for field in dataclasses.fields(self):
            merged = getattr(self, field.name) + getattr(other, field.name)
            setattr(self, field.name, merged)

    def add_frame(self, name, size):
        self.frames += 1
        self.names[name] += 1
        self.sizes[f"{size[0]}x{size[1]}"] += 1

    def add_ids(self, counts):
        """Takes up the class ids of one map, int64 [256], pixels per id."""
        self.ids = self.ids + counts

    def finish(self, *, known):
        """Draws the conclusions that need the whole split.

        Args:
            known: int, frames that the split should have, or None.
        """
        twice = [name for name, count in self.names.items() if count > 1]
        if twice:
            self.errors.append(
                f"{len(twice)} frames come more than once, the first is {twice[0]}."
            )
        if known is not None and self.frames != known:
            self.errors.append(
                f"{self.frames} frames are here, the split has {known}. Copy the "
                f"rest, or bind doctor.examine.known_counts."
            )
        if len(self.sizes) > 1:
            self.warnings.append(f"Frames of several sizes: {dict(self.sizes)}.")
        if self.frames > self.with_void_regions:
            self.warnings.append(
                f"{self.frames - self.with_void_regions} frames have no map of the ego "
                f"vehicle: their pseudo-labels cannot be made void there."
            )
        if self.without_ego:
            self.warnings.append(
                f"{self.without_ego} frames have a map of regions without any ego "
                f"vehicle in it."
            )


def count_values(array):
    """The different values of a small-integer map and their pixels, int64 [N] each."""
    counts = np.bincount(array.ravel())
    values = np.flatnonzero(counts)
    return values, counts[values]


def count_ids(ids, pixels):
    """int64 [256]: pixels per class id; ids beyond count as 255."""
    ids = np.minimum(ids, _NUM_IDS - 1)
    return np.bincount(ids, pixels, _NUM_IDS).astype(np.int64)


def numbering(ids, *, label_ids, expected):
    """Whether class ids are those of a data set's files or of training.

    Args:
        ids: int64 [256], pixels per id.
        label_ids: tuple of int, the id of each category in the data set's files.
        expected: str, the answer where the pixels fit both.

    Returns:
        "label ids", "train ids", or "none" where no pixel says.
    """
    classes, lowest = len(label_ids), min(label_ids)
    inside = ids[:255]  # 255 is void in training, and -1 in Cityscapes' files
    if not inside[lowest:].any() or label_ids == tuple(range(classes)):
        return "none"
    if inside[classes:].any():
        return "label ids"
    # Below the lowest label id lies what is void, in train ids most of a frame; and
    # the first class of Cityscapes, road, is more than the rare one of its number.
    is_low = 2 * inside[:lowest].sum() > inside.sum()
    has_first = 20 * inside[label_ids[0]] > inside.sum()
    return "train ids" if is_low and not has_first else expected
