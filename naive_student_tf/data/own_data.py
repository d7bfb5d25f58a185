"""Your own frames, described by bindings alone: no code.

A source is a listing of files (`Folders` or `Table`), a LabelSpace, and how its
label files are read (`ClassIds` or `InstanceIds`).
"""

import dataclasses

import numpy as np

from naive_student_tf.data import files
from naive_student_tf.data.relabel import count_instances, relabel
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.label_space import LabelSpace


@dataclasses.dataclass(frozen=True)
class OwnData:
    """One split of your data.

    Attributes:
        split: str, a name of yours; the listing knows what it means.
        label_space: LabelSpace.
        listing: callable, split -> list of FrameFiles (own_listing.py).
        labels: ClassIds or InstanceIds.
    """

    split: str
    label_space: LabelSpace
    listing: object
    labels: object

    def list_frames(self):
        """Returns the FrameFiles of the split, as the listing orders them."""
        return self.listing(self.split)

    def read_frame(self, frame):
        return files.read_frame(self, frame)

    def read_panoptic(self, path):
        """PNG of ids -> uint16 [H, W] packed label; errors name the file."""
        ids = files.read_ids(path)
        space = self.label_space
        return relabel(ids, lambda values: self.labels(values, space=space, path=path))

    def read_void_regions(self, path):
        """PNG of regions that do not move, uint8 [H, W]: 1 ego vehicle, 2, 3 others,
        0 none (see data/example.py)."""
        regions = files.read_ids(path)
        if regions.max(initial=0) > 3:
            raise ValueError(
                f"{path}: region {regions.max()}; expected 0 (none), 1 (ego vehicle), "
                f"2 (rectification border) or 3 (out of roi)."
            )
        return regions.astype(np.uint8)


@dataclasses.dataclass(frozen=True)
class ClassIds:
    """Label PNGs that hold one of the space's `label_ids` per pixel; no instances.

    Attributes:
        void_ids: tuple of int, ids that mean "not labelled".
    """

    void_ids: tuple = (255,)

    def __call__(self, ids, *, space, path):
        """Distinct ids int64 [N] -> packed labels int64 [N]."""
        category = _categories(ids, self.void_ids, space=space, path=path)
        return panoptic.pack(category, 0, label_divisor=space.label_divisor)


@dataclasses.dataclass(frozen=True)
class InstanceIds:
    """Label PNGs, 16 bits, of class id * divisor + instance.

    Things with instance 0 are a group (crowd). Instances may have any numbers; they
    are counted from 1 anew.

    Attributes:
        divisor: int, of the files (not the one of the label space).
        void_ids: tuple of int, class ids that mean "not labelled".
    """

    divisor: int = 256
    void_ids: tuple = (255,)

    def __call__(self, ids, *, space, path):
        """Distinct ids int64 [N] -> packed labels int64 [N].

        Raises:
            ValueError: unknown classes, instances of stuff, or too many instances.
        """
        label, number = panoptic.unpack(ids, label_divisor=self.divisor)
        category = _categories(label, self.void_ids, space=space, path=path)
        is_thing = np.isin(category, space.thing_classes)
        wrong = (number > 0) & ~is_thing & (category != space.ignore_label)
        if wrong.any():
            raise ValueError(
                f"{path}: id {ids[wrong][0]} is instance {number[wrong][0]} of "
                f"{space.class_names[category[wrong][0]]}, which is no thing class. "
                f"Check the divisor ({self.divisor}) and thing_classes."
            )
        instance = count_instances(
            category, is_thing & (number > 0), space=space, path=path
        )
        return panoptic.pack(category, instance, label_divisor=space.label_divisor)


def _categories(ids, void_ids, *, space, path):
    """Class ids int64 [N] -> categories int64 [N], ignore_label where void."""
    order = np.argsort(space.label_ids)
    sorted_ids = np.asarray(space.label_ids)[order]
    place = np.searchsorted(sorted_ids, ids).clip(max=len(sorted_ids) - 1)
    known = sorted_ids[place] == ids
    unknown = ~known & ~np.isin(ids, void_ids)
    if unknown.any():
        raise ValueError(
            f"{path}: class ids {ids[unknown][:5].tolist()} are not among label_ids "
            f"{list(space.label_ids)} or void_ids {list(void_ids)}."
        )
    return np.where(known, order[place], space.ignore_label)
