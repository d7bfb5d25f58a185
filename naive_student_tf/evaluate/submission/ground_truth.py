"""The labelled images of gtFine, as the official tools take them."""

import pathlib
from typing import NamedTuple

import numpy as np
from absl import logging

from naive_student_tf.data import cityscapes_counts, cityscapes_tree
from naive_student_tf.data.cityscapes_labels import panoptic_from_instance_ids
from naive_student_tf.evaluate.submission import png, semantic
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


def check_split(truths, split):
    """Refuses a split whose labels are hidden; warns of a part of the real one.

    gtFine/test holds maps too, but only of the fixed regions: void to the evaluation.

    Raises:
        ValueError: not one pixel of all Truths has a class that is evaluated.
    """
    if not any(map(_has_classes, truths)):
        raise ValueError(
            f"The labels of {split} have no pixel of a class that is evaluated in "
            f"{len(truths)} images, as those of test_fine, which only the server "
            f"knows. Bind SPLIT to train_fine or val_fine."
        )
    cities = {truth.name.partition("_")[0] for truth in truths}
    known_as = f"{split.removesuffix('_fine')}_fine"
    cityscapes_counts.warn_of_missing(known_as, cities, len(truths))


def _has_classes(truth):
    label_ids = png.read(truth.label_ids, modes=png.IDS)
    present = np.flatnonzero(np.bincount(label_ids.ravel()))
    return bool(np.isin(present, facts.CITYSCAPES.label_ids).any())


def read(truth):
    """The two maps of one image.

    The official tools take IoU from labelIds, and PQ, AP and the instances of iIoU from
    instanceIds. In Cityscapes these agree; where they do not, a warning says so.

    Returns:
        (uint16 [H, W], uint8 [H, W] or None): the packed labels of instanceIds, see
        cityscapes_labels.py, and the categories of labelIds where they differ.

    Raises:
        ValueError: ids that are none of Cityscapes', or maps of two sizes.
    """
    ids = png.read(truth.instance_ids, modes=png.IDS)
    label_ids = png.read(truth.label_ids, modes=png.IDS, size=ids.shape)
    semantic.check_ids(
        np.flatnonzero(np.bincount(label_ids.ravel())), what=truth.label_ids
    )
    present = np.flatnonzero(np.bincount(ids.ravel()))
    table = np.zeros(present[-1] + 1, np.uint16)
    table[present] = panoptic_from_instance_ids(present, path=truth.instance_ids)
    of_instances, _ = panoptic.unpack(
        table, label_divisor=facts.CITYSCAPES.label_divisor
    )
    category = facts.label_id_to_category()[label_ids]
    differs = np.count_nonzero(category != of_instances.astype(np.uint8)[ids])
    if differs:
        logging.warning(
            "%s and its instanceIds name different classes on %d pixels.",
            truth.label_ids,
            differs,
        )
    return table[ids], category if differs else None
