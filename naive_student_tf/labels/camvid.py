"""Facts of CamVid in its usual 11-class form (Brostow et al., ECCV 2008)."""

from naive_student_tf.labels.label_space import LabelSpace

CAMVID = LabelSpace(
    name="camvid",
    class_names=(
        "sky",
        "building",
        "pole",
        "road",
        "pavement",
        "tree",
        "sign symbol",
        "fence",
        "car",
        "pedestrian",
        "bicyclist",
    ),
    thing_classes=(),  # no instances are annotated
    colors=(
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ),
    label_ids=tuple(range(11)),
)

VOID_LABEL_ID = 11


def camvid():
    """The descriptor as a function, so that a gin file can name it."""
    return CAMVID
