"""Job: predicts a split and packs the three zips that the Cityscapes server takes.

    WORK_DIR/semantic/, instance/, panoptic/, panoptic.json   see score.py
    WORK_DIR/semantic.zip, instance.zip, panoptic.zip         to upload

An image is done when the file of its segments is there, so a killed job goes on.
"""

import pathlib
import zipfile

from naive_student_tf import store
from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.evaluate.evaluate import check_finite, prediction
from naive_student_tf.evaluate.submission import (
    instance,
    panoptic,
    semantic,
    validate,
)
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.model import inference as inference_room
from naive_student_tf.progress import Progress

SEGMENTS = "segments"  # the annotation of each image, until all are one JSON


def submit(*, data_dir, work_dir, inference, count, image_size, batch_size=8):
    """Writes the predictions and the zips, then checks the zips.

    Args:
        data_dir: str, a shard directory, such as that of test_fine.
        work_dir: str, a local directory.
        inference: zero-argument builder of an `Inference` of Cityscapes' classes.
        count: int, images the split has (test 1525, val 500).
        image_size: (height, width).
        batch_size: int, images per call of each device.

    Raises:
        ValueError: the model has other classes, or the zips have mistakes.
    """
    root, inference = pathlib.Path(work_dir), inference()
    if inference.label_space.class_names != CITYSCAPES.class_names:
        raise ValueError(
            f"The model predicts {inference.label_space.name}; a submission needs the "
            f"19 classes of Cityscapes."
        )
    parts, facts = shards.read_manifest(data_dir)
    frames = (frame for part in parts for frame in pipeline.read_frames(data_dir, part))
    progress = Progress(total=facts["count"], name="submit", unit="images")
    names = _predict(frames, root, inference, batch_size, progress)
    progress.close()
    _join_annotations(root, names)
    paths = pack(root, split=facts["split"].removesuffix("_fine"))
    validate.check(paths, names=names, count=count, image_size=image_size)
    print(f"{', '.join(map(str, paths.values()))}: valid, {len(names)} images")


def write_prediction(root, name, predicted, index):
    """Writes the three predictions of one image.

    Args:
        root: Path.
        name: str, <city>_<seq>_<frame>.
        predicted: result of an `Inference`.
        index: int, of the image in the batch.
    """
    given = prediction(predicted, index, CITYSCAPES)
    if "panoptic" not in given:
        raise ValueError(
            "The model has no instance heads; a submission needs instances."
        )
    semantic.write(root / semantic.FOLDER / f"{name}.png", given["category"])
    instance.write(root / instance.FOLDER, name, _masks(given, predicted, index))
    annotation = panoptic.write(root / panoptic.FOLDER, name, given["panoptic"])
    store.write_json(str(root / SEGMENTS / f"{name}.json"), annotation)


def pack(root, *, split):
    """Makes the zips; returns {kind: Path}.

    Args:
        root: Path, of predictions.
        split: str, test or val, for the name of the panoptic JSON.
    """
    title = f"cityscapes_panoptic_{split}"
    contents = {
        semantic.FOLDER: [(root / semantic.FOLDER, "")],
        instance.FOLDER: [(root / instance.FOLDER, "")],
        panoptic.FOLDER: [
            (root / panoptic.FOLDER, title),
            (root / panoptic.JSON, f"{title}.json"),
        ],
    }
    return {
        kind: _zip(root / f"{kind}.zip", places) for kind, places in contents.items()
    }


def _predict(frames, root, inference, batch_size, progress):
    """Writes the predictions that are missing; returns the names of all frames."""
    names = []

    def missing():
        for frame in frames:
            names.append(frame.filename)
            if (root / SEGMENTS / f"{frame.filename}.json").exists():
                progress.advance(1)
            else:
                yield example.pixels(frame), frame.filename

    size = batch_size * inference.num_replicas
    for images, of_batch in inference_room.batches(missing(), batch_size=size):
        predicted = inference(images)
        for index, name in enumerate(of_batch):
            check_finite(predicted, index, name, inference)
            write_prediction(root, name, predicted, index)
        progress.advance(len(of_batch))
    return names


def _masks(given, predicted, index):
    """Yields (mask, category, score) of the instances of one image."""
    for row, is_valid in enumerate(predicted["instance_valid"][index]):
        category = int(given["instance_category"][row])
        if is_valid and category in CITYSCAPES.thing_classes:
            mask = given["instance_map"] == row + 1
            yield mask, category, float(given["instance_score"][row])


def _join_annotations(root, names):
    annotations = [
        store.read_json(str(root / SEGMENTS / f"{name}.json")) for name in names
    ]
    store.write_json(str(root / panoptic.JSON), {"annotations": annotations})


def _zip(path, places):
    """Packs files and folders under new names; PNGs are compressed already."""
    partial = path.with_name(path.name + ".tmp")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for source, target in places:
            if source.is_file():
                archive.write(source, target)
                continue
            for file in sorted(source.rglob("*")):
                if file.is_file() and file.suffix != ".tmp":
                    archive.write(
                        file, pathlib.PurePath(target, file.relative_to(source))
                    )
    return partial.replace(path)
