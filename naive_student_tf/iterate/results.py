"""The figures of a run: one row per evaluated stage."""

import pathlib

from naive_student_tf import run_directory, store

FILE = "results.json"
METRICS = ("pq", "ap", "miou")
VAL, TEST = "eval", "test"  # folders of the evaluations, in a training's directory


def collect(stages, work_dir):
    """Writes `work_dir/results.json` from the stages evaluated so far.

    Each row: stage, iteration, the metrics on val in percent, `test` with those on
    the test split if there is one, seconds the training took.
    """
    rows = []
    for stage in stages:
        name = str(pathlib.PurePosixPath(stage.name).parent)
        metrics = _metrics(work_dir, name, VAL)
        if stage.iteration is None or not metrics:
            continue
        row = {"stage": name, "iteration": stage.iteration, **metrics}
        test = _metrics(work_dir, name, TEST)
        row |= {"test": test} if test else {}
        rows.append(row | {"seconds": _seconds(work_dir, name)})
    store.write_json(store.join(work_dir, FILE), rows)


def _metrics(work_dir, name, folder):
    path = store.join(work_dir, name, folder, "metrics.json")
    values = store.read_json(path) if store.exists(path) else {}
    return {metric: values[metric] for metric in METRICS if metric in values}


def iou_by_class(work_dir, stage):
    """{class: IoU in percent or None} on test, on val without it; {} if not scored."""
    for folder in (TEST, VAL):
        path = store.join(work_dir, stage, folder, "metrics.json")
        if store.exists(path):
            found = store.read_json(path).get("per_class", {})
            return {name: values.get("iou") for name, values in found.items()}
    return {}


def read(work_dir):
    return store.read_json(store.join(work_dir, FILE))


def _seconds(work_dir, name):
    path = store.join(work_dir, name, run_directory.MARKER)
    return store.read_json(path)["seconds"] if store.exists(path) else None
