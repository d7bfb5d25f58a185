"""The labelled images of gtFine, as the official tools take them."""

import pathlib
from typing import NamedTuple

import numpy as np

from naive_student_tf.data import cityscapes_tree
from naive_student_tf.data.cityscapes_labels import panoptic_from_instance_ids
from naive_student_tf.evaluate.submission import png
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic


class Truth(NamedTuple):
    """One image: <city>_<seq>_<frame> and the paths of its two maps."""

    name: str
    label_ids: str
    instance_ids: str


def list_truths(data_dir, split):
    """The Truths of a split of gtFine, sorted by city, sequence and frame.

    Args:
        data_dir: str, the root of Cityscapes; no images are needed.
        split: str, train_fine or val_fine; "train" and "val" say the same.

    Raises:
        FileNotFoundError: no labels there, or a labelIds map without its instanceIds.
    """
    root, subset = pathlib.Path(data_dir), split.removesuffix("_fine")
    truths = []
    for path in cityscapes_tree.list_label_ids(root, "gtFine", subset):
        instance_ids = cityscapes_tree.find_label(
            root, "gtFine", subset, path, "instanceIds"
        )
        if instance_ids is None:
            raise FileNotFoundError(
                f"{path} has no *_gtFine_instanceIds.png beside it. Unzip "
                f"gtFine_trainvaltest again."
            )
        name = "_".join(path.name.split("_")[:3])
        truths.append(Truth(name, str(path), instance_ids))
    if not truths:
        raise FileNotFoundError(
            f"DATA_DIR {data_dir!r} has no gtFine/{subset}/<city>/"
            f"*_gtFine_labelIds.png. It must be the root of Cityscapes, and the split "
            f"one with labels: train_fine or val_fine."
        )
    return truths


def read(truth):
    """Packed labels of one image, uint16 [H, W]; see cityscapes_labels.py.

    Raises:
        ValueError: ids that are none of Cityscapes', or two maps that disagree: the
            official tools take IoU from one of them and PQ and AP from the other.
    """
    ids = png.read(truth.instance_ids, modes=png.IDS)
    label_ids = png.read(truth.label_ids, modes=png.IDS, size=ids.shape)
    present = np.flatnonzero(np.bincount(ids.ravel()))
    table = np.zeros(present[-1] + 1, np.uint16)
    table[present] = panoptic_from_instance_ids(present, path=truth.instance_ids)
    packed = table[ids]
    category, _ = panoptic.unpack(table, label_divisor=facts.CITYSCAPES.label_divisor)
    differs = facts.label_id_to_category()[label_ids] != category.astype(np.uint8)[ids]
    if differs.any():
        raise ValueError(
            f"{truth.label_ids} and {truth.instance_ids} name different classes on "
            f"{np.count_nonzero(differs)} pixels. Unzip gtFine_trainvaltest again."
        )
    return packed
