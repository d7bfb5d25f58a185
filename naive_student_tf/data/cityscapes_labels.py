"""From Cityscapes' instanceIds to packed labels.

Source: cityscapesscripts, preparation/json2instanceImg.py (what writes them) and
createPanopticImgs.py (whose partition into segments this one equals).
"""

import numpy as np

from naive_student_tf.data.relabel import relabel
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic


def panoptic_from_instance_ids(ids, *, path):
    """Packs an instanceIds map.

    Args:
        ids: uint8 or uint16 [H, W]; labelId * 1000 + instance, or a labelId alone
            (for a thing class: a group of instances, kept as crowd, instance 0).
        path: str, named in errors.

    Returns:
        uint16 [H, W], category * 256 + instance; instances count from 1; classes
        outside the evaluated 19 are void (with instance 1: see the comment below).

    Raises:
        ValueError: an id that is none of Cityscapes'.
    """
    return relabel(ids, lambda values: _packed(values, path))


def _packed(values, path):
    """Packed labels of distinct ids, int64 [N] -> int64 [N]."""
    alone = values < facts.INSTANCE_DIVISOR
    label = np.where(alone, values, values // facts.INSTANCE_DIVISOR)
    instance = np.where(alone, 0, values % facts.INSTANCE_DIVISOR + 1)
    space = facts.CITYSCAPES
    known = (label <= facts.MAX_LABEL_ID) & (alone | (label >= facts.MIN_INSTANCE_ID))
    known |= values == facts.LICENCE_PLATE
    if not known.all() or instance.max(initial=0) >= space.label_divisor:
        bad = values[~known | (instance >= space.label_divisor)]
        raise ValueError(
            f"{path}: ids {bad[:5].tolist()} are not Cityscapes instanceIds (labelId "
            f"0..{facts.MAX_LABEL_ID}, or, from {facts.MIN_INSTANCE_ID} on, labelId * "
            f"1000 + instance below 255)."
        )
    category = facts.label_id_to_category()[label].astype(np.int64)
    is_thing = np.isin(category, space.thing_classes)
    # A single caravan or trailer is void, yet the official AP does not forgive a
    # car found there as it does on other void: instance 1 of void marks it.
    instance = np.where(is_thing, instance, np.minimum(instance, 1))
    return panoptic.pack(category, instance, label_divisor=space.label_divisor)
