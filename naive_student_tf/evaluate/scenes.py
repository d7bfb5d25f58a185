"""Rows of pictures of one frame: what TensorBoard, the report and a strip show.

A row is (title, [(caption, uint8 [H, W, 3]), ...]). Small frames are enlarged before
drawing, so that outlines stay thin.
"""

from naive_student_tf.evaluate import canvas, panels, pictures
from naive_student_tf.labels import panoptic as panoptic_labels


def pseudo_label_row(title, image, *, pseudo_labels, label_space, truth=None):
    """Image | pseudo-label of each iteration | ground truth.

    Args:
        title: str, of the frame.
        image: uint8 [H, W, 3].
        pseudo_labels: list of panoptic maps, integers [H, W]; iteration 1 first.
        label_space: LabelSpace.
        truth: panoptic map, integers [H, W], or None where nobody knows it.

    Returns:
        (title, [(caption, uint8 picture), ...]).
    """
    maps = [
        (f"pseudo-label, iteration {iteration}", panoptic)
        for iteration, panoptic in enumerate(pseudo_labels, start=1)
    ]
    if truth is not None:
        maps.append(("ground truth", truth))
    return title, _draw_maps(image, maps, label_space)


def validation_row(title, image, *, truth, prediction, label_space):
    """Image | ground truth | prediction | error, of panoptic maps [H, W]."""
    maps = [("ground truth", truth), ("prediction", prediction)]
    cells = _draw_maps(image, maps, label_space)
    divisor = label_space.label_divisor
    error = pictures.draw_error(
        panoptic_labels.unpack(prediction, label_divisor=divisor)[0],
        panoptic_labels.unpack(truth, label_divisor=divisor)[0],
        ignore_label=label_space.ignore_label,
    )
    return title, [*cells, ("error", canvas.enlarge(error, factor=_factor(image)))]


def pseudo_label_strip(images, *, pseudo_labels, label_space):
    """Frames of a video: image | pseudo-label of each iteration, side by side.

    Args:
        images: sequence of uint8 [H, W, 3].
        pseudo_labels: one list per iteration, of one panoptic map [H, W] per image.
        label_space: LabelSpace.

    Returns:
        list of uint8 [panel height, panel width, 3], captions included.
    """
    return [
        draw_row(
            pseudo_label_row("", image, pseudo_labels=maps, label_space=label_space)
        )
        for image, *maps in zip(images, *pseudo_labels, strict=True)
    ]


def draw_row(row):
    """A row as one picture with captions, for TensorBoard: uint8 [H, W, 3]."""
    _, cells = row
    captions, images = zip(*cells, strict=True)
    return panels.draw_panel(images, captions=captions)


def _draw_maps(image, maps, label_space):
    factor = _factor(image)
    large = canvas.enlarge(image, factor=factor)
    drawn = [
        (
            caption,
            pictures.draw_panoptic(
                large,
                canvas.enlarge(panoptic, factor=factor),
                label_space=label_space,
            ),
        )
        for caption, panoptic in maps
    ]
    return [("image", large), *drawn]


def _factor(image):
    return panels.enlarge_factor(image.shape[1])
