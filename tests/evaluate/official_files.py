"""Writes packed label maps in the formats that cityscapesscripts reads."""

import json

import numpy as np
from PIL import Image

from naive_student_tf.labels.cityscapes import CITYSCAPES

DIVISOR = CITYSCAPES.label_divisor
LABEL_IDS = np.array(CITYSCAPES.label_ids)
VOID_LABELS = np.array([0, 1, 3, 4, 9, 14, 18, 29])  # 29: a group of caravans
CARAVAN_AND_TRAILER = np.array([29, 30])


def image_name(number):
    return f"toytown_000000_{number:06d}"


def write_ground_truth(root, number, packed):
    """Writes labelIds and instanceIds of one image in the gtFine layout.

    Void becomes all the labels that the evaluation ignores, in vertical stripes; void
    with an instance number becomes caravans and trailers.
    """
    category, instance = packed // DIVISOR, packed % DIVISOR
    stripes = VOID_LABELS[np.arange(packed.shape[1]) // 8 % len(VOID_LABELS)]
    void = np.where(instance > 0, CARAVAN_AND_TRAILER[instance % 2], stripes)
    label = np.where(category < 19, LABEL_IDS[np.minimum(category, 18)], void)
    ids = np.where(instance > 0, label * 1000 + instance - 1, label)
    folder = root / "gtFine" / "val" / "toytown"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{image_name(number)}_gtFine_"
    Image.fromarray(label.astype(np.uint8)).save(folder / f"{name}labelIds.png")
    Image.fromarray(ids.astype(np.uint16)).save(folder / f"{name}instanceIds.png")


def write_semantic(root, number, category):
    """Writes one PNG of labelIds; void is labelId 0."""
    folder = root / "semantic"
    folder.mkdir(parents=True, exist_ok=True)
    table = np.zeros(256, np.uint8)
    table[:19] = LABEL_IDS
    image = Image.fromarray(table[category])
    image.save(folder / f"{image_name(number)}.png", compress_level=1)


def write_instances(root, number, masks):
    """Writes one text file and one PNG per (mask, category, score)."""
    folder = root / "instance"
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    lines = []
    for index, (mask, category, score) in enumerate(masks):
        path = f"masks/{image_name(number)}_{index}.png"
        image = Image.fromarray(mask.astype(np.uint8) * 255)
        image.save(folder / path, compress_level=1)
        lines.append(f"{path} {LABEL_IDS[category]} {score!r}\n")
    (folder / f"{image_name(number)}.txt").write_text("".join(lines))


def write_panoptic(root, panoptic_maps):
    """Writes the COCO panoptic JSON and PNGs; ids are packed values plus 1."""
    folder = root / "panoptic"
    folder.mkdir(parents=True, exist_ok=True)
    annotations = []
    for number, packed in enumerate(panoptic_maps):
        ids = np.where(packed // DIVISOR < 19, packed + 1, 0)
        colors = np.stack([ids % 256, ids // 256, ids // 65536], -1).astype(np.uint8)
        name = image_name(number)
        Image.fromarray(colors).save(folder / f"{name}.png", compress_level=1)
        segments = [
            {"id": int(i), "category_id": int(LABEL_IDS[(i - 1) // DIVISOR])}
            for i in np.unique(ids[ids > 0])
        ]
        annotations.append(
            {"image_id": name, "file_name": f"{name}.png", "segments_info": segments}
        )
    document = {"annotations": annotations}
    folder.with_suffix(".json").write_text(json.dumps(document))
