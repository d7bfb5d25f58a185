"""Job: PQ, AP and mIoU of a checkpoint on labelled shards.

metrics.json   the scores
details.json   what a report draws: confusion matrix, precision over recall, PQ of
               every image, the worst and the best ones
examples/      predictions of some images; eval/: TensorBoard logs
"""

import tensorflow as tf
from absl import logging

from naive_student_tf import store
from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.evaluate import examples, score_table
from naive_student_tf.evaluate.extremes import Extremes
from naive_student_tf.evaluate.metrics import Metrics, finite
from naive_student_tf.labels import panoptic
from naive_student_tf.model import inference as inference_room
from naive_student_tf.progress import Progress

METRICS, DETAILS = "metrics.json", "details.json"


def evaluate(
    *,
    data_dir,
    work_dir,
    inference,
    batch_size=8,
    num_examples=8,
    num_extremes=0,
    write_charts=None,
    output=None,
):
    """Scores one checkpoint; see `run`.

    Args:
        data_dir: str, a shard directory with labels.
        work_dir: str.
        inference: zero-argument builder of an `Inference`.
        batch_size: int, images per call of each device.
        num_examples: int, images shown in TensorBoard, evenly spread.
        num_extremes: int, of the worst and of the best images, shown besides.
        write_charts: function that draws charts into TensorBoard, see
            chart_pictures.py, or None.
        output: str, a second place for the JSON, or None.

    Raises:
        ValueError: the shards have no labels, or those of another label space.
    """
    run(
        inference(),
        data_dir=data_dir,
        work_dir=work_dir,
        batch_size=batch_size,
        num_examples=num_examples,
        num_extremes=num_extremes,
        write_charts=write_charts,
        output=output,
    )


def run(
    inference,
    *,
    data_dir,
    work_dir,
    batch_size,
    num_examples,
    num_extremes,
    write_charts=None,
    output=None,
):
    """Writes `work_dir/metrics.json` and the rest; prints the figures.

    Args:
        inference: `Inference`; the others as for `evaluate`.

    Returns:
        dict, the content of metrics.json.
    """
    space = inference.label_space
    parts, facts = shards.read_manifest(data_dir)
    _check_labels(data_dir, facts, space)
    progress = Progress(total=facts["count"], name="evaluate", unit="images")
    frames = (frame for part in parts for frame in pipeline.read_frames(data_dir, part))
    shown = _spread(num_examples, facts["count"])
    extremes, per_image, kept = Extremes(num_extremes), {}, []
    metrics = Metrics(space)
    log = tf.summary.create_file_writer(store.join(work_dir, "eval"))
    with log.as_default(step_of(inference.checkpoint)):
        show = {"work_dir": work_dir, "label_space": space}
        for frame, predicted in _predicted(frames, inference, batch_size):
            if metrics.images in shown:
                examples.write_example(frame, predicted, **show)
                kept.append(frame.filename)
            of_image = Metrics(space)
            of_image.update(frame.panoptic, **prediction(predicted, 0, space))
            per_image[frame.filename] = of_image.headline()
            extremes.add(per_image[frame.filename], frame, predicted)
            metrics.merge(of_image)
            progress.advance(1)
        progress.close()
        for kind, frame, predicted in extremes.kept():
            examples.write_example(frame, predicted, folder=kind, **show)
        result = {**metrics.result(), "images": facts["count"]}
        _write_scalars(result)
        details = metrics.details()
        if write_charts:
            write_charts(result, details, label_space=space)
    result["checkpoint"] = inference.checkpoint
    for path in filter(None, (store.join(work_dir, METRICS), output)):
        store.write_json(path, finite(result))
    details |= {"images": per_image, "examples": kept, **extremes.names()}
    store.write_json(store.join(work_dir, DETAILS), finite(details))
    print(score_table.format_scores(result, label_space=space))
    print(f"{store.basename(work_dir)}: {figures(result)} on {facts['count']} images")
    return finite(result)


def prediction(predicted, index, label_space):
    """One image of an `Inference` result as the arguments of `Metrics.update`."""
    category = predicted["category"][index]
    if "instance_valid" not in predicted:
        return {"category": category}
    packed = predicted["panoptic"][index]
    _, instance = panoptic.unpack(packed, label_divisor=label_space.label_divisor)
    return {
        "category": category,
        "panoptic": packed,
        "instance_map": instance,
        "instance_category": predicted["instance_category"][index],
        "instance_score": predicted["instance_score"][index],
    }


def figures(result):
    """'pq 62.90, ap 35.30, miou 81.50' of those that there are."""
    names = [name for name in ("pq", "ap", "miou") if name in result]
    return ", ".join(f"{name} {result[name]:.2f}" for name in names)


def step_of(checkpoint):
    """The step in the name of a checkpoint; 0 for one with another name."""
    number = checkpoint.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _predicted(frames, inference, batch_size):
    """Yields (Frame, its prediction as a batch of one)."""
    decoded = ((example.pixels(frame), frame) for frame in frames)
    size = batch_size * inference.num_replicas
    for images, originals in inference_room.batches(decoded, batch_size=size):
        predicted = inference(images)
        for index, frame in enumerate(originals):
            check_finite(predicted, index, frame.filename, inference)
            yield frame, {k: v[index : index + 1] for k, v in predicted.items()}


def check_finite(predicted, index, name, inference):
    """Raises FloatingPointError where the network gave NaN or infinity."""
    if not predicted["finite"][index]:
        raise FloatingPointError(
            f"The prediction of {name} is not finite. The checkpoint "
            f"{inference.checkpoint} has diverged; take an earlier one."
        )


def _spread(number, count):
    """Positions of at most `number` of `count` images, evenly spread."""
    return set(range(0, count, -(-count // number))) if number else set()


_TAGS = {
    "miou": "evaluation/iou/IoU",
    "pq": "evaluation/pq/PQ",
    "sq": "evaluation/pq/SQ",
    "rq": "evaluation/pq/RQ",
    "ap": "evaluation/ap/AP",
    "ap50": "evaluation/ap/AP50",
}
_PARTS = ("pq_things", "pq_stuff", "sq_things", "sq_stuff", "rq_things", "rq_stuff")


def _write_scalars(result):
    tags = {**_TAGS, **{name: f"evaluation/pq/{name}" for name in _PARTS}}
    for name, tag in tags.items():
        if name in result:
            tf.summary.scalar(tag, result[name])
    for name, values in result["per_class"].items():
        for metric, value in values.items():
            tf.summary.scalar(f"per_class/{metric}/{name}", value)


def _check_labels(data_dir, facts, label_space):
    if facts.get("source") == "Deeplab2Records":
        logging.warning(
            "%s was made from records of deeplab2, which lack crowds, caravans and "
            "trailers: scores on it are not the official ones. Build the split from "
            "Cityscapes' own files for those.",
            data_dir,
        )
    classes = facts["label_space"]["class_names"]
    if tuple(classes) != label_space.class_names:
        raise ValueError(
            f"{data_dir} holds labels of {facts['label_space']['name']}, the model "
            f"predicts {label_space.name}. Check DATA_DIR."
        )
    if facts["labelled"] != facts["count"]:
        raise ValueError(
            f"{data_dir}: {facts['labelled']} of {facts['count']} frames are labelled; "
            f"all must be. Check DATA_DIR: is it a split to evaluate on?"
        )
