"""Job: scores a folder of predictions made elsewhere, in Cityscapes' own formats.

    PREDICTIONS/semantic/**/<city>_<seq>_<frame>*.png   labelIds
    PREDICTIONS/instance/**/<city>_<seq>_<frame>*.txt   with their masks
    PREDICTIONS/panoptic.json, PREDICTIONS/panoptic/*.png; or, as the official tools
    write them, cityscapes_panoptic_val.json and the folder of that name, there or in
    PREDICTIONS/panoptic

What is missing of the three is not scored. Every process scores whole images and gives
back counts, so that memory depends on the size of one image only.
"""

import concurrent.futures
import multiprocessing
import os
import pathlib
from typing import NamedTuple

from naive_student_tf import processes, store
from naive_student_tf.evaluate import score_table
from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.evaluate.submission import (
    files,
    ground_truth,
    instance,
    official_names,
    panoptic,
    semantic,
)
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.progress import Progress


class Image(NamedTuple):
    """What one image is scored from; a prediction that is not there is None.

    Attributes:
        truth: ground_truth.Truth.
        semantic: Path of the PNG.
        instance: (Path of the text file, Path that its masks must lie in).
        panoptic: (Path of the folder of PNGs, annotation).
    """

    truth: ground_truth.Truth
    semantic: pathlib.Path | None = None
    instance: tuple | None = None
    panoptic: tuple | None = None


def evaluate_predictions(
    *, data_dir, split, predictions, output, num_workers=None, images_per_task=4
):
    """Writes the scores as JSON and prints them; official_names.py has the format.

    Args:
        data_dir: str, the root of Cityscapes; its gtFine is read.
        split: str, train_fine or val_fine.
        predictions: str, see the module docstring.
        output: str, the JSON file to write.
        num_workers: int, parallel processes; None: one per core.
        images_per_task: int, images that a process takes at a time.

    Raises:
        FileNotFoundError: no ground truth, or none of the three predictions.
        ValueError: a prediction of the wrong form, the message says which and how; or
            a ground truth without a class to score.
    """
    metrics = score(
        list_images(data_dir, split, predictions),
        predictions=predictions,
        num_workers=num_workers or os.cpu_count(),
        images_per_task=images_per_task,
    )
    result = metrics.result()
    store.write_json(output, official_names.scores(result, images=metrics.images))
    print(score_table.format_scores(result, label_space=CITYSCAPES))
    print(f"{predictions}: scored on {metrics.images} images, written to {output}")


def list_images(data_dir, split, predictions):
    """The Images of a split, with the files of their predictions."""
    truths = ground_truth.list_truths(data_dir, split)
    ground_truth.check_split(truths, split)
    names = [truth.name for truth in truths]
    root = pathlib.Path(predictions)
    found = {}
    for kind in (semantic, instance):
        folder = root / kind.FOLDER
        if folder.is_dir():
            found[kind.FOLDER] = files.find_per_image(folder, names, suffix=kind.SUFFIX)
    if "instance" in found:
        place = root / instance.FOLDER
        found["instance"] = {n: (p, place) for n, p in found["instance"].items()}
    folder, json_file = panoptic.find(root, split.removesuffix("_fine"))
    if folder:
        annotations = panoptic.read_annotations(json_file, names)
        found["panoptic"] = {n: (folder, a) for n, a in annotations.items()}
    if not found:
        raise FileNotFoundError(
            f"PREDICTIONS {predictions!r} has none of {semantic.FOLDER}/, "
            f"{instance.FOLDER}/, {panoptic.FOLDER}/ with {panoptic.JSON}."
        )
    return [
        Image(truth, **{kind: of[truth.name] for kind, of in found.items()})
        for truth in truths
    ]


def score(images, *, predictions, num_workers, images_per_task):
    """Metrics of Images. Raises ValueError for trainIds in place of labelIds."""
    metrics, ids = Metrics(CITYSCAPES), {"semantic": set(), "instance": set()}
    progress = Progress(total=len(images), name="evaluate", unit="images")
    for of_image, ids_of_image in _map(images, num_workers, images_per_task):
        metrics.merge(of_image)
        for kind, found in ids_of_image.items():
            ids[kind] |= found
        progress.advance(1)
    progress.close()
    semantic.check_not_train_ids(ids["semantic"], what=f"{predictions}/semantic")
    instance.check_not_train_ids(ids["instance"], what=f"{predictions}/instance")
    return metrics


def score_image(image):
    """Scores one Image; returns (Metrics, dict of kind to the labelIds it has)."""
    truth, true_category = ground_truth.read(image.truth)
    given, ids = {}, {}
    if image.semantic:
        given["category"], ids["semantic"] = semantic.read(
            image.semantic, size=truth.shape
        )
        given["true_category"] = true_category
    if image.panoptic:
        given["panoptic"], given["segment_category"] = panoptic.read(
            *image.panoptic, size=truth.shape
        )
    if image.instance:
        path, root = image.instance
        masks = instance.read_list(path, root=root)
        ids["instance"] = {mask.label_id for mask in masks}
        given["instance_masks"] = instance.read_masks(masks, size=truth.shape)
    metrics = Metrics(CITYSCAPES)
    metrics.update(truth, **given)
    return metrics, ids


def _map(images, num_workers, images_per_task):
    """Yields the results of score_image in order."""
    if num_workers <= 1 or len(images) <= images_per_task:
        yield from map(score_image, images)
        return
    spawn = multiprocessing.get_context("spawn")  # fork and TensorFlow do not mix
    with concurrent.futures.ProcessPoolExecutor(
        num_workers, spawn, initializer=processes.die_with_parent
    ) as pool:
        yield from pool.map(score_image, images, chunksize=images_per_task)
