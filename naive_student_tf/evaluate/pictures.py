"""Pictures of label maps as uint8 arrays [H, W, 3]; NumPy only.

Categories and panoptic values are those of `labels.panoptic`. Class colors are
those of the label space (Cityscapes: cityscapesscripts labels.py). TensorBoard
and the report draw with these functions.

Lines are one pixel wide: a small map goes through `canvas.enlarge` before drawing.
"""

import numpy as np

from naive_student_tf.evaluate import canvas
from naive_student_tf.labels import panoptic as panoptic_labels

BLACK = (0, 0, 0)
VOID_GREY = (128, 128, 128)
RIGHT = (232, 240, 232)
WRONG = (214, 39, 40)
VOID_BLUE = (86, 180, 233)
EGO_ORANGE = (255, 140, 0)
DIM = 0.6  # brightness of an image below marks
OUTLINE = (255, 255, 255)
GOLDEN_RATIO = 0.618034  # its multiples spread evenly over [0, 1)
BRIGHTEST_SHADE = 0.55  # of an instance, towards white; its class stays readable
MARK_OPACITY = 0.75  # of void and ego region over the image


def draw_category(category, *, label_space):
    """Colors a category map.

    Args:
        category: integers [H, W]; 0..num_classes - 1 or the ignore label.
        label_space: LabelSpace.

    Returns:
        uint8 [H, W, 3]; void is black.

    Raises:
        ValueError: a category that the label space does not have.
    """
    category = np.asarray(category)
    void = category == label_space.ignore_label
    unknown = ~void & ((category < 0) | (category >= label_space.num_classes))
    if unknown.any():
        raise ValueError(
            f"Category {category[unknown][0]} is neither one of the "
            f"{label_space.num_classes} of {label_space.name} nor its ignore label "
            f"{label_space.ignore_label}. Unpack panoptic maps first."
        )
    colors = np.array([*label_space.colors, BLACK], np.uint8)
    return colors[np.where(void, label_space.num_classes, category)]


def draw_panoptic(image, panoptic, *, label_space, opacity=0.65):
    """Lays a panoptic map over its image: class color, shade and outline per instance.

    Args:
        image: uint8 [H, W, 3].
        panoptic: integers [H, W], category * label_divisor + instance.
        label_space: LabelSpace.
        opacity: float in [0, 1], of the labels.

    Returns:
        uint8 [H, W, 3]; void darkens the image, outlines of instances are white.
    """
    image, panoptic = canvas.check_image(image), canvas.check_map(panoptic, image)
    category, instance = panoptic_labels.unpack(
        panoptic, label_divisor=label_space.label_divisor
    )
    colors = draw_category(category, label_space=label_space)
    shade = instance_shade(instance)[..., None]
    picture = canvas.blend(
        image, canvas.blend(colors, OUTLINE, opacity=shade), opacity=opacity
    )
    picture[instance_outline(panoptic, instance)] = OUTLINE
    return picture


def instance_shade(instance):
    """How far each instance moves towards white: float [H, W]; stuff and crowd 0."""
    fraction, _ = np.modf(np.asarray(instance) * GOLDEN_RATIO)
    return BRIGHTEST_SHADE * fraction


def instance_outline(panoptic, instance):
    """True on pixels of an instance with a neighbor (of 4) of another segment."""
    edge = np.zeros(panoptic.shape, bool)
    differs_below = panoptic[:-1] != panoptic[1:]
    differs_right = panoptic[:, :-1] != panoptic[:, 1:]
    edge[:-1] |= differs_below
    edge[1:] |= differs_below
    edge[:, :-1] |= differs_right
    edge[:, 1:] |= differs_right
    return edge & (np.asarray(instance) > 0)


def draw_error(category, truth, *, ignore_label):
    """Where a prediction is wrong.

    Args:
        category: integers [H, W], predicted; void on a labelled pixel is wrong.
        truth: integers [H, W].
        ignore_label: int; void of the truth, neither right nor wrong.

    Returns:
        uint8 [H, W, 3]: wrong red, right near white, void grey.
    """
    category, truth = np.asarray(category), np.asarray(truth)
    canvas.check_map(category, truth)
    picture = np.empty((*truth.shape, 3), np.uint8)
    picture[...] = RIGHT
    picture[category != truth] = WRONG
    picture[truth == ignore_label] = VOID_GREY
    return picture


def draw_void(image, void, *, ego):
    """Marks pixels without a label: void blue, the ego-vehicle region orange.

    The image is shown dim and grey, so that no color of it looks like a mark.

    Args:
        image: uint8 [H, W, 3].
        void: bool [H, W].
        ego: bool [H, W]; wins over void.

    Returns:
        uint8 [H, W, 3].
    """
    image = canvas.check_image(image)
    grey = np.repeat(DIM * image.mean(-1, keepdims=True), 3, axis=-1)
    picture = canvas.to_uint8(grey)
    for mask, color in ((void, VOID_BLUE), (ego, EGO_ORANGE)):
        mask = canvas.check_map(mask, image).astype(bool)
        picture[mask] = canvas.blend(grey, color, opacity=MARK_OPACITY)[mask]
    return picture
