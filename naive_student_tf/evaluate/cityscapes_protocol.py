"""What the Cityscapes evaluation knows about classes beyond the label space.

Source: cityscapesscripts 2.3.0, helpers/labels.py (groups, there "categories") and
evaluation/evalPixelLevelSemanticLabeling.py (mean sizes over the training set).
Classes are found by name, as the official script does, so that every label space
made of Cityscapes classes is measured alike.
"""

import numpy as np

_GROUPS = {
    "flat": ("road", "sidewalk"),
    "construction": ("building", "wall", "fence"),
    "object": ("pole", "traffic light", "traffic sign"),
    "nature": ("vegetation", "terrain"),
    "sky": ("sky",),
    "human": ("person", "rider"),
    "vehicle": ("car", "truck", "bus", "train", "motorcycle", "bicycle"),
}

_MEAN_INSTANCE_SIZE = {  # pixels at 1024x2048
    "person": 3462.4756337644,
    "rider": 3930.4788056518,
    "car": 12794.0202738185,
    "truck": 27855.1264367816,
    "bus": 35732.1511111111,
    "train": 67583.7075812274,
    "motorcycle": 6298.7200839748,
    "bicycle": 4672.3249222261,
}


# A predicted caravan or trailer, in a category map: void to every metric but the iIoU
# of groups, where the official script counts it as a vehicle.
IGNORED_OBJECT = 254
IGNORED_OBJECT_GROUP = "vehicle"


def class_groups(label_space):
    """The group of every class, or None if a class is not one of Cityscapes.

    Args:
        label_space: LabelSpace.

    Returns:
        tuple of str, one per category, such as "vehicle"; or None.
    """
    group_of = {name: group for group, names in _GROUPS.items() for name in names}
    if not set(label_space.class_names) <= set(group_of):
        return None
    return tuple(group_of[name] for name in label_space.class_names)


def mean_instance_sizes(label_space):
    """Mean size of the instances of every class, or None if one is unknown.

    Args:
        label_space: LabelSpace.

    Returns:
        float64 [num_classes], in pixels at 1024x2048; NaN for stuff; or None.
    """
    things = [label_space.class_names[thing] for thing in label_space.thing_classes]
    if not set(things) <= set(_MEAN_INSTANCE_SIZE):
        return None
    sizes = np.full(label_space.num_classes, np.nan)
    sizes[list(label_space.thing_classes)] = [_MEAN_INSTANCE_SIZE[n] for n in things]
    return sizes
