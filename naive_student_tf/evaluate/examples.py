"""A few evaluated images, kept for TensorBoard and for the report.

examples/<name>.png                  the predicted packed panoptic map
examples/<name>_center_heatmap.png   pictures of what the heads predict
examples/<name>_offset.png
"""

import numpy as np
import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import example
from naive_student_tf.evaluate import encode, head_pictures, panels, scenes

FOLDER = "examples"
HEADS = {"center_heatmap": "center heatmap", "offset": "offsets of things"}


def write_example(frame, predicted, *, work_dir, label_space, folder=FOLDER):
    """Keeps one prediction: its map as PNG, its pictures in the current summary.

    Args:
        frame: Frame with a label.
        predicted: result of an `Inference` for this image, a batch of one.
        work_dir: str.
        label_space: LabelSpace.
        folder: str, of TensorBoard's tags.
    """
    panoptic = predicted["panoptic"][0]
    base = store.join(work_dir, FOLDER, frame.filename)
    store.write_bytes(f"{base}.png", example.encode_png(panoptic.astype("uint16")))
    heads = _draw_heads(example.pixels(frame), predicted, label_space)
    for name, picture in heads.items():
        store.write_bytes(f"{base}_{name}.png", encode.encode_png(picture))
    rows = draw_rows(frame, panoptic, heads=heads, label_space=label_space)
    drawn = [scenes.draw_row(row) for row in rows]
    tf.summary.image(f"{folder}/{frame.filename}", panels.stack_panels(drawn)[None])


def read_panoptic(frame, *, work_dir):
    """The kept prediction, integers [H, W], or None where it was not kept."""
    path = f"{store.join(work_dir, FOLDER, frame.filename)}.png"
    return example.decode_png(store.read_bytes(path)) if store.exists(path) else None


def read_rows(frame, *, work_dir, label_space):
    """The rows of pictures of a kept example, [] if it is none; see scenes.py."""
    panoptic = read_panoptic(frame, work_dir=work_dir)
    if panoptic is None:
        return []
    base = store.join(work_dir, FOLDER, frame.filename)
    paths = {name: f"{base}_{name}.png" for name in HEADS}
    heads = {
        name: example.decode_png(store.read_bytes(path))
        for name, path in paths.items()
        if store.exists(path)
    }
    return draw_rows(frame, panoptic, heads=heads, label_space=label_space)


def draw_rows(frame, panoptic, *, heads, label_space):
    """Two rows: image, truth, prediction, error; then heads and void regions.

    Args:
        frame: Frame with a label.
        panoptic: integers [H, W], the predicted packed map.
        heads: dict, names of HEADS -> uint8 picture.
        label_space: LabelSpace.
    """
    image = example.pixels(frame)
    truth = frame.panoptic
    row = scenes.validation_row(
        frame.filename,
        image,
        truth=truth,
        prediction=panoptic,
        label_space=label_space,
    )
    cells = [(HEADS[name], picture) for name, picture in heads.items()]
    void = scenes.draw_unlabelled(image, truth, frame.void_regions, label_space)
    return [row, (frame.filename, [*cells, ("void and ego vehicle", void)])]


def _draw_heads(image, predicted, label_space):
    if "center_heatmap" not in predicted:
        return {}
    things = np.isin(predicted["category"][0], label_space.thing_classes)
    heatmap = head_pictures.draw_center_heatmap(image, predicted["center_heatmap"][0])
    offset = head_pictures.draw_offset(predicted["offset"][0], mask=things)
    return {
        "center_heatmap": scenes.fit(heatmap),
        "offset": head_pictures.add_offset_key(scenes.fit(offset)),
    }
