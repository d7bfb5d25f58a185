"""Panoptic predictions: a JSON in the format of COCO and a PNG per image.

A segment's id is R + 256 G + 65536 B of its pixels; 0 is void. The JSON's
`annotations` have `image_id`, `file_name` and `segments_info`, a list of
{`id`, `category_id` (a labelId), ...}.
"""

import json
import pathlib

import numpy as np

from naive_student_tf.evaluate.submission import files, png, semantic
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic as panoptic_labels

FOLDER, JSON = "panoptic", "panoptic.json"


def write(folder, name, packed):
    """Writes the PNG of one image; returns its annotation.

    Args:
        folder: Path, of all panoptic PNGs.
        name: str, of the image.
        packed: integers [H, W], packed panoptic labels.
    """
    space = facts.CITYSCAPES
    ids = np.where(packed == space.void, 0, np.asarray(packed, np.int32) + 1)
    colors = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], -1).astype(np.uint8)
    png.write(pathlib.Path(folder) / f"{name}.png", colors)
    segments = []
    present = np.flatnonzero(np.bincount(ids.ravel()))
    for number in present[present > 0]:
        category, _ = panoptic_labels.unpack(
            number - 1, label_divisor=space.label_divisor
        )
        segments.append(
            {"id": int(number), "category_id": space.label_ids[int(category)]}
        )
    return {"image_id": name, "file_name": f"{name}.png", "segments_info": segments}


def find(root, subset):
    """(folder of PNGs, JSON) of predictions, two Paths; (None, None) where none are.

    Args:
        root: Path, of the predictions.
        subset: str, train or val.

    Raises:
        FileNotFoundError: only one of the two is there.
        ValueError: several pairs.
    """
    official = f"cityscapes_panoptic_{subset}"
    places = (FOLDER, official, f"{FOLDER}/{official}")
    pairs = [(root / place, root / f"{place}.json") for place in places]
    whole = [pair for pair in pairs if pair[0].is_dir() and pair[1].is_file()]
    if len(whole) > 1:
        found = ", ".join(str(json_file) for _, json_file in whole)
        raise ValueError(
            f"{root} has several panoptic predictions: {found}. Leave one."
        )
    half = [pair for pair in pairs if pair[0].is_dir() or pair[1].is_file()]
    if half and not whole:
        raise FileNotFoundError(
            f"{root} has only one of {FOLDER}/ and {JSON}; panoptic predictions need "
            f"both (or {official}/ and {official}.json)."
        )
    return whole[0] if whole else (None, None)


def read_annotations(path, names):
    """The annotation of every image.

    Args:
        path: str, Path or zipfile.Path, of the JSON.
        names: list of str.

    Returns:
        dict: name -> annotation.

    Raises:
        ValueError: not such a JSON, an image without annotation or with several.
    """
    try:
        path = pathlib.Path(path) if isinstance(path, str) else path
        annotations = json.loads(path.read_text())["annotations"]
        found = [
            (annotation["image_id"], annotation["file_name"])
            for annotation in annotations
        ]
        for annotation in annotations:
            [(s["id"], s["category_id"]) for s in annotation["segments_info"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a panoptic JSON: {error!r}. It needs `annotations`, a list "
            f"of {{image_id, file_name, segments_info: [{{id, category_id}}]}}."
        ) from error
    counts = dict.fromkeys(names, 0)
    for image_id, _ in found:
        if image_id in counts:
            counts[image_id] += 1
    files.check_names(path, counts, suffix="")
    return {a["image_id"]: a for a in annotations if a["image_id"] in counts}


def read(folder, annotation, *, size):
    """The segments of one image.

    Args:
        folder: str, Path or zipfile.Path, of the PNGs.
        annotation: dict, of the image.
        size: (height, width) of the ground truth.

    Returns:
        (int32 [H, W], int64 [S]): the number of each pixel's segment, and the
        category of each; void is a segment too.

    Raises:
        ValueError: what `png.read` raises, a class that is not evaluated, or segments
            that only one of the JSON and the PNG has.
    """
    folder = pathlib.Path(folder) if isinstance(folder, str) else folder
    path = folder / annotation["file_name"]
    colors = png.read(path, modes=png.COLORS, size=size)
    label_ids = {s["id"]: s["category_id"] for s in annotation["segments_info"]}
    check_segments(annotation, where=path)
    index, present = _index_colors(colors)
    listed, drawn = set(label_ids), set(present.tolist()) - {0}
    if listed != drawn:
        raise ValueError(
            f"{path}: the segments {sorted(drawn - listed)[:5]} are in the PNG only, "
            f"{sorted(listed - drawn)[:5]} in the JSON only. Both must list the same; "
            f"an id is R + 256 G + 65536 B."
        )
    table = facts.label_id_to_category()
    void = facts.CITYSCAPES.ignore_label
    categories = [table[label_ids[i]] if i else void for i in present.tolist()]
    return index, np.array(categories, np.int64)


def check_segments(annotation, *, where):
    """Raises ValueError for a segment 0, an id given twice, a class not evaluated."""
    segments = annotation["segments_info"]
    ids = [segment["id"] for segment in segments]
    twice = len(ids) - len(set(ids))
    if twice or 0 in ids:
        what = f"{twice} ids twice" if twice else "a segment 0, which is void"
        raise ValueError(f"{where}: segments_info has {what}.")
    evaluated = facts.CITYSCAPES.label_ids
    wrong = {s["category_id"] for s in segments} - set(evaluated)
    if wrong and {s["category_id"] for s in segments} <= set(range(19)):
        raise ValueError(semantic.train_ids_message(f"{where} (category_id)"))
    if wrong:
        raise ValueError(
            f"{where}: the category_ids {sorted(wrong, key=str)[:5]} are not "
            f"evaluated; use the labelIds {sorted(evaluated)}."
        )


def _index_colors(colors):
    """Numbers the colors of a picture: (int32 [H, W], int64 ids ascending)."""
    red, green, blue = np.moveaxis(colors.reshape(-1, 3), -1, 0)
    ids = red + np.int32(256) * green + np.int32(65536) * blue
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    present, index = np.unique(ids[starts], return_inverse=True)
    lengths = np.diff(starts, append=len(ids))
    return np.repeat(index.astype(np.int32), lengths).reshape(colors.shape[:2]), present
