"""Rows of pictures of one frame: what TensorBoard, the report and a strip show.

A row is (title, [(caption, uint8 [H, W, 3]), ...]). Small frames are enlarged before
drawing, so that outlines stay thin; large ones lose pixels, so that outlines stay.
"""

import math

import numpy as np

from naive_student_tf.data import example
from naive_student_tf.evaluate import canvas, panels, pictures
from naive_student_tf.labels import panoptic as panoptic_labels

MIN_WIDTH = 384
MAX_WIDTH = 768
SCREEN = (24, 29, 36)  # dark as a video player, on a light and on a dark page
SCREEN_INK = (225, 229, 235)


def fit(array):
    """Repeats or drops pixels of [H, W, ...] so that W is MIN_WIDTH to MAX_WIDTH."""
    width = array.shape[1]
    step = math.ceil(width / MAX_WIDTH)
    factor = panels.enlarge_factor(width, min_width=MIN_WIDTH)
    return canvas.enlarge(array[::step, ::step], factor=factor)


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
    return title, [*cells, ("error", fit(error))]


def compared_row(frame, predictions, *, label_space):
    """Image | ground truth | prediction of each caption.

    Args:
        frame: Frame with a label.
        predictions: dict, caption -> panoptic map, integers [H, W].
        label_space: LabelSpace.
    """
    maps = [("ground truth", frame.panoptic), *predictions.items()]
    return frame.filename, _draw_maps(example.pixels(frame), maps, label_space)


def draw_unlabelled(image, truth, void_regions, label_space):
    """What is not labelled: void, and the ego vehicle where its region is known.

    Args:
        image: uint8 [H, W, 3].
        truth: integers [H, W], packed.
        void_regions: uint8 [H, W], see data/example.py, or None.
        label_space: LabelSpace.

    Returns:
        uint8 picture, fit to a row.
    """
    category, _ = panoptic_labels.unpack(truth, label_divisor=label_space.label_divisor)
    void = category == label_space.ignore_label
    regions = np.zeros(truth.shape, np.uint8) if void_regions is None else void_regions
    return fit(pictures.draw_void(image, void | (regions > 1), ego=regions == 1))


def pseudo_label_strip(images, *, pseudo_labels, label_space):
    """Frames of a video: image | pseudo-label of each iteration, side by side.

    Args:
        images: sequence of uint8 [H, W, 3].
        pseudo_labels: one list per iteration, of one panoptic map [H, W] per image.
        label_space: LabelSpace.

    Returns:
        list of uint8 [panel height, panel width, 3], captions included.
    """
    rows = [
        pseudo_label_row("", image, pseudo_labels=maps, label_space=label_space)
        for image, *maps in zip(images, *pseudo_labels, strict=True)
    ]
    return [draw_row(row, ink=SCREEN_INK, background=SCREEN) for row in rows]


def draw_row(row, **colors):
    """A row as one picture with captions, for TensorBoard: uint8 [H, W, 3].

    Args:
        row: see the module docstring; its title is not drawn.
        **colors: `ink` and `background` of `panels.draw_panel`.
    """
    _, cells = row
    captions, images = zip(*cells, strict=True)
    return panels.draw_panel(images, captions=captions, **colors)


def _draw_maps(image, maps, label_space):
    image = fit(image)
    drawn = [
        (caption, pictures.draw_panoptic(image, fit(p), label_space=label_space))
        for caption, p in maps
    ]
    return [("image", image), *drawn]
