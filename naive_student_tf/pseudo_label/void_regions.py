"""The ego vehicle and other fixed regions, carried over from the annotated frame.

The camera is fixed to the car, so the region that the annotated frame of a snippet
shows is where it is in all 30 frames (paper, section 3: "Ego-Car Region").
"""

import numpy as np

from naive_student_tf.labels.cityscapes import EGO_VEHICLE


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
