"""The ego vehicle and other fixed regions, carried over from the annotated frame.

The camera is fixed to the car, so the region that the annotated frame of a snippet
shows is where it is in all 30 frames (paper, section 3: "Ego-Car Region").
"""

import numpy as np
from absl import logging

from naive_student_tf.labels.cityscapes import CITYSCAPES, EGO_VEHICLE


def mask_regions(panoptic, frame, regions, *, void):
    """Makes the chosen fixed regions of a pseudo-label void.

    Args:
        panoptic: int32 [H, W], packed.
        frame: Frame; its `void_regions` (uint8 [H, W]) may be None: nothing known,
            nothing masked.
        regions: tuple of int, the values of `void_regions` to mask.
        void: int, the packed value of void.

    Returns:
        int32 [H, W], a new array.
    """
    if frame.void_regions is None or not regions:
        return panoptic.copy()
    return np.where(np.isin(frame.void_regions, regions), void, panoptic)


def masks_ego_vehicle(frame, regions):
    """Whether `mask_regions` makes a part of the frame void as the ego vehicle."""
    if EGO_VEHICLE not in regions or frame.void_regions is None:
        return False
    return bool((frame.void_regions == EGO_VEHICLE).any())


def check_known(name, facts, regions, *, without):
    """Refuses, or warns of, a split whose frames do not know their fixed regions.

    Cityscapes' frames do, by gtFine or gtCoarse; not so those of other data sets, where
    none at all is only warned of.

    Args:
        name: str, of the split.
        facts: dict, of its manifest.
        regions: tuple of int, those to mask.
        without: tuple of str, splits that may have none.

    Raises:
        ValueError: no frame of a split of Cityscapes has any.
    """
    known, count = facts.get("with_void_regions"), facts["count"]
    if not regions or known is None or known == count:
        return
    said = (
        f"{name}: {known} of {count} frames have a map of the ego vehicle; the "
        f"pseudo-labels of the others cannot be made void there."
    )
    is_ours = facts["label_space"]["name"] == CITYSCAPES.name
    if known == 0 and is_ours and name not in without:
        raise ValueError(
            f"{said} Unzip gtFine (for train_extra: gtCoarse) beside the images and "
            f"build the shards again, or bind job.pseudo_label.without_regions = "
            f"('{name}',) to label it unmasked."
        )
    logging.warning("%s", said)
