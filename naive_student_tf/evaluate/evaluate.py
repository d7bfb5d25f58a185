"""Job: PQ, AP and mIoU of a checkpoint on labelled shards."""

import math

import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.evaluate import examples
from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.labels import panoptic
from naive_student_tf.model import inference as inference_room
from naive_student_tf.progress import Progress

METRICS = "metrics.json"


def evaluate(
    *, data_dir, work_dir, inference, batch_size=8, num_examples=8, output=None
):
    """Writes `work_dir/metrics.json` and TensorBoard logs; prints the figures.

    Args:
        data_dir: str, a shard directory with labels.
        work_dir: str.
        inference: zero-argument builder of an `Inference`.
        batch_size: int, images per call of the device.
        num_examples: int, images shown in TensorBoard, evenly spread.
        output: str, a second place for the JSON, or None.

    Raises:
        ValueError: the shards have no labels, or those of another label space.
    """
    inference = inference()
    space = inference.label_space
    parts, facts = shards.read_manifest(data_dir)
    _check_labels(data_dir, facts, space)
    shown = set(range(0, facts["count"], -(-facts["count"] // max(num_examples, 1))))
    metrics = Metrics(space)
    progress = Progress(total=facts["count"], name="evaluate", unit="images")
    frames = (frame for part in parts for frame in pipeline.read_frames(data_dir, part))
    decoded = ((example.pixels(frame), frame) for frame in frames)
    log = tf.summary.create_file_writer(store.join(work_dir, "eval"))
    with log.as_default(_step(inference.checkpoint)):
        for images, originals in inference_room.batches(decoded, batch_size=batch_size):
            predicted = inference(images)
            for index, frame in enumerate(originals):
                if num_examples and metrics.images in shown:
                    examples.write_example(
                        frame, predicted, index, work_dir=work_dir, label_space=space
                    )
                metrics.update(frame.panoptic, **prediction(predicted, index, space))
            progress.advance(len(originals))
        progress.close()
        result = {**metrics.result(), "images": facts["count"]}
        _write_scalars(result)
    result["checkpoint"] = inference.checkpoint
    for path in filter(None, (store.join(work_dir, METRICS), output)):
        store.write_json(path, _finite(result))
    figures = ", ".join(
        f"{name} {result[name]:.2f}" for name in ("pq", "ap", "miou") if name in result
    )
    print(f"{store.basename(work_dir)}: {figures} on {facts['count']} images")


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


_TAGS = {
    "miou": "evaluation/iou/IoU",
    "pq": "evaluation/pq/PQ",
    "sq": "evaluation/pq/SQ",
    "rq": "evaluation/pq/RQ",
    "ap": "evaluation/ap/AP",
    "ap50": "evaluation/ap/AP50",
}


def _write_scalars(result):
    for name, tag in _TAGS.items():
        if name in result:
            tf.summary.scalar(tag, result[name])
    for name, values in result["per_class"].items():
        for metric, value in values.items():
            tf.summary.scalar(f"per_class/{metric}/{name}", value)


def _step(checkpoint):
    """The step in the name of a checkpoint; 0 for one with another name."""
    number = checkpoint.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _check_labels(data_dir, facts, label_space):
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


def _finite(value):
    """JSON has no NaN: an undefined score becomes null."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
