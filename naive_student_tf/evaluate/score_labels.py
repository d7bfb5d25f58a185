"""Job: how good pseudo-labels are where somebody knows the truth of every frame.

A real data set has nothing like it; the generator of toy_city knows. Small effects
on labels show here that drown in the noise of a student's scores.
"""

from naive_student_tf import store
from naive_student_tf.data import pipeline, shards
from naive_student_tf.evaluate.evaluate import METRICS
from naive_student_tf.evaluate.metrics import Metrics, finite
from naive_student_tf.labels import panoptic


def score_labels(*, data_dir, splits, truth, truth_dir, work_dir):
    """Writes `work_dir/metrics.json`: pq, miou and the rest over all frames.

    Args:
        data_dir: str, holds one directory of pseudo-labelled shards per split.
        splits: tuple of str.
        truth: function, (data_dir, split) -> source of the same frames with their
            true labels, such as toy_city's ToyTruth.
        truth_dir: str, the data set that the truth is part of.
        work_dir: str.
    """
    total = None
    for split in splits:
        source = truth(data_dir=truth_dir, split=split)
        metrics = count(store.join(data_dir, split), source)
        total = metrics if total is None else total
        if total is not metrics:
            total.merge(metrics)
    scores = finite(total.result())
    store.write_json(store.join(work_dir, METRICS), scores)
    print(f"pq {scores['pq']:.1f}, miou {scores['miou']:.1f}", flush=True)


def count(directory, source):
    """Metrics of the labels in one shard directory; pixels left void count as misses.

    Args:
        directory: str, of pseudo-labelled shards.
        source: lists the frames with their true labels, by name.
    """
    labels = {frame.filename: frame.label for frame in source.list_frames()}
    space = source.label_space
    metrics = Metrics(space)
    parts, _ = shards.read_manifest(directory)
    for part in parts:
        for frame in pipeline.read_frames(directory, part):
            known = source.read_panoptic(labels[frame.filename])
            category, _ = panoptic.unpack(
                frame.panoptic, label_divisor=space.label_divisor
            )
            metrics.update(known, category=category, panoptic=frame.panoptic)
    return metrics
