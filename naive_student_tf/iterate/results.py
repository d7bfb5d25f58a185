"""The figures of a run: one row per evaluated stage."""

import json
import pathlib

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
    write_json(pathlib.Path(work_dir, "results.json"), rows)


def _metrics(work_dir, name, folder):
    path = pathlib.Path(work_dir, name, folder, "metrics.json")
    if not path.exists():
        return {}
    values = json.loads(path.read_text())
    return {metric: values[metric] for metric in METRICS if metric in values}


def read(work_dir):
    return json.loads(pathlib.Path(work_dir, "results.json").read_text())


def write_json(path, value):
    """Writes JSON under a temporary name and renames it: no half files."""
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps(value, indent=2) + "\n")
    partial.replace(path)


def _seconds(work_dir, name):
    path = pathlib.Path(work_dir, name, "stage.json")
    return json.loads(path.read_text())["seconds"] if path.exists() else None
