"""A few evaluated images, kept for TensorBoard and for the report."""

import numpy as np
import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import example
from naive_student_tf.evaluate import head_pictures, panels, pictures, scenes

FOLDER = "examples"


def write_example(frame, predicted, index, *, work_dir, label_space):
    """Keeps one prediction: its map as PNG, its pictures in the current summary.

    Args:
        frame: Frame with a label.
        predicted: result of an `Inference`.
        index: int, of the frame in the batch.
        work_dir: str.
        label_space: LabelSpace.
    """
    panoptic = predicted["panoptic"][index]
    path = store.join(work_dir, FOLDER, f"{frame.filename}.png")
    store.write_bytes(path, example.encode_png(panoptic.astype("uint16")))
    image = example.pixels(frame)
    row = scenes.validation_row(
        frame.filename,
        image,
        truth=frame.panoptic,
        prediction=panoptic,
        label_space=label_space,
    )
    heads = _head_cells(image, frame, predicted, index, label_space)
    rows = [scenes.draw_row(row)] + ([scenes.draw_row(("", heads))] if heads else [])
    tf.summary.image(f"examples/{frame.filename}", panels.stack_panels(rows)[None])


def _head_cells(image, frame, predicted, index, label_space):
    """What the instance heads predict, and the regions that are void."""
    cells = []
    if "center_heatmap" in predicted:
        heatmap = predicted["center_heatmap"][index]
        offset = predicted["offset"][index]
        things = np.isin(predicted["category"][index], label_space.thing_classes)
        cells = [
            (
                "center heatmap",
                scenes.fit(head_pictures.draw_center_heatmap(image, heatmap)),
            ),
            (
                "offsets of things",
                scenes.fit(head_pictures.draw_offset(offset, mask=things)),
            ),
        ]
    if frame.void_regions is not None:
        void = pictures.draw_void(
            image, frame.void_regions > 1, ego=frame.void_regions == 1
        )
        cells.append(("ego vehicle and borders", scenes.fit(void)))
    return cells
