"""What is painted: labelIds of Cityscapes (cityscapesscripts labels.py), and finer
kinds that Cityscapes does not tell apart.
"""

import numpy as np

from naive_student_tf.labels.cityscapes import CITYSCAPES

EGO, BORDER, OUT_OF_ROI, STATIC = 1, 2, 3, 4  # not evaluated
ROAD, SIDEWALK, BUILDING, WALL, FENCE, POLE = 7, 8, 11, 12, 13, 17
TRAFFIC_LIGHT, TRAFFIC_SIGN, VEGETATION, TERRAIN, SKY = 19, 20, 21, 22, 23
PERSON, RIDER, CAR, TRUCK, BUS = 24, 25, 26, 27, 28
TRAILER, TRAIN, MOTORCYCLE, BICYCLE = 30, 31, 32, 33  # a trailer is not evaluated

COUNTED = (PERSON, RIDER, CAR, TRUCK, BUS, TRAILER, TRAIN, MOTORCYCLE, BICYCLE)

LANE_MARK, CROSSING, KERB, HEDGE, MOTORCYCLIST, ANIMAL = 40, 41, 42, 43, 44, 45
_DYNAMIC = 5  # not evaluated
_COARSER = {  # what Cityscapes calls a finer kind
    LANE_MARK: ROAD, CROSSING: ROAD, KERB: SIDEWALK,
    HEDGE: VEGETATION, MOTORCYCLIST: RIDER, ANIMAL: _DYNAMIC,
}  # fmt: skip

NOTHING = 0  # "unlabeled"; in a sprite: transparent

IS_GROUND = np.isin(  # bool [256], by kind
    np.arange(256), (ROAD, SIDEWALK, TERRAIN, LANE_MARK, CROSSING, KERB)
)
IS_FOLIAGE = np.isin(np.arange(256), (VEGETATION, HEDGE))

_OTHER_COLORS = {STATIC: (20, 20, 20), TRAILER: (0, 0, 110)}


def _color_table():
    table = np.zeros((256, 3), np.uint8)
    table[list(CITYSCAPES.label_ids)] = CITYSCAPES.colors
    for label_id, color in _OTHER_COLORS.items():
        table[label_id] = color
    return table


def _label_ids():
    table = np.arange(256, dtype=np.uint8)
    table[list(_COARSER)] = list(_COARSER.values())
    return table


LABEL_IDS = _label_ids()  # uint8 [256], the labelId of a kind
COLORS = _color_table()  # uint8 [256, 3], by labelId; black where there is none
