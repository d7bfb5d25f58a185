"""labelIds that toy_city paints (cityscapesscripts labels.py)."""

import numpy as np

from naive_student_tf.labels.cityscapes import CITYSCAPES

EGO, BORDER, OUT_OF_ROI, STATIC = 1, 2, 3, 4  # not evaluated
ROAD, SIDEWALK, BUILDING, WALL, FENCE, POLE = 7, 8, 11, 12, 13, 17
TRAFFIC_LIGHT, TRAFFIC_SIGN, VEGETATION, TERRAIN, SKY = 19, 20, 21, 22, 23
PERSON, RIDER, CAR, TRUCK, BUS = 24, 25, 26, 27, 28
TRAILER, TRAIN, MOTORCYCLE, BICYCLE = 30, 31, 32, 33  # a trailer is not evaluated

COUNTED = (PERSON, RIDER, CAR, TRUCK, BUS, TRAILER, TRAIN, MOTORCYCLE, BICYCLE)
IS_COUNTED = np.isin(np.arange(256), COUNTED)  # bool [256], by labelId
IS_GROUND = np.isin(np.arange(256), (ROAD, SIDEWALK, TERRAIN))
NOTHING = 0  # "unlabeled"; in a sprite: transparent

_OTHER_COLORS = {STATIC: (20, 20, 20), TRAILER: (0, 0, 110)}


def _color_table():
    table = np.zeros((256, 3), np.uint8)
    table[list(CITYSCAPES.label_ids)] = CITYSCAPES.colors
    for label_id, color in _OTHER_COLORS.items():
        table[label_id] = color
    return table


COLORS = _color_table()  # uint8 [256, 3], by labelId; black where there is none
