"""Facts of Cityscapes (Cordts et al., CVPR 2016; cityscapesscripts labels.py)."""

import numpy as np

from naive_student_tf.labels.label_space import LabelSpace

CITYSCAPES = LabelSpace(
    name="cityscapes",
    class_names=(
        "road",
        "sidewalk",
        "building",
        "wall",
        "fence",
        "pole",
        "traffic light",
        "traffic sign",
        "vegetation",
        "terrain",
        "sky",
        "person",
        "rider",
        "car",
        "truck",
        "bus",
        "train",
        "motorcycle",
        "bicycle",
    ),
    thing_classes=(11, 12, 13, 14, 15, 16, 17, 18),
    colors=(
        (128, 64, 128),
        (244, 35, 232),
        (70, 70, 70),
        (102, 102, 156),
        (190, 153, 153),
        (153, 153, 153),
        (250, 170, 30),
        (220, 220, 0),
        (107, 142, 35),
        (152, 251, 152),
        (70, 130, 180),
        (220, 20, 60),
        (255, 0, 0),
        (0, 0, 142),
        (0, 0, 70),
        (0, 60, 100),
        (0, 80, 100),
        (0, 0, 230),
        (119, 11, 32),
    ),
    label_ids=(
        *(7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23),  # stuff
        *(24, 25, 26, 27, 28, 31, 32, 33),  # things
    ),
)

EGO_VEHICLE = 1  # labelIds of regions that do not move within a drive
RECTIFICATION_BORDER = 2
OUT_OF_ROI = 3
MAX_LABEL_ID = 33
LICENCE_PLATE = 255  # -1, in a labelIds or instanceIds map
MIN_INSTANCE_ID = 24  # the first labelId that has instances; all from here on do
INSTANCE_DIVISOR = 1000  # instanceIds: labelId * 1000 + instance, or labelId alone


def label_id_to_category():
    """Look-up table, uint8 [256]: labelId -> trainId; everything else is void."""
    table = np.full(256, CITYSCAPES.ignore_label, np.uint8)
    table[list(CITYSCAPES.label_ids)] = np.arange(CITYSCAPES.num_classes)
    return table


def cityscapes():
    """The descriptor as a function, so that a gin file can name it."""
    return CITYSCAPES
