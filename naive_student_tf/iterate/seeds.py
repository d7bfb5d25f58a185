"""Several runs of one config with different seeds: their record and their table.

The record (`results.jsonl`) is append-only, one line per evaluated stage of a run;
the table is made from it and never edited.
"""

import json
import pathlib
import re
import statistics

from naive_student_tf import results_table
from naive_student_tf.iterate import results
from naive_student_tf.results_table import CONTROL

NAMES = {"pq": "PQ", "ap": "AP", "miou": "mIoU", "mean": "mean"}


def record_runs(*, run_dirs, record, output):
    """Job: appends finished runs to the record and writes the table anew.

    Args:
        run_dirs: tuple of str, WORK_DIRs of `iterate`; a run that the record has
            is not added twice.
        record: str, the JSONL file.
        output: str, the Markdown file of the table.
    """
    known = {(line["run"], line["stage"]) for line in read_record(record)}
    lines = [
        line
        for run_dir in run_dirs
        for line in _lines(pathlib.Path(run_dir))
        if (line["run"], line["stage"]) not in known
    ]
    path = pathlib.Path(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    text = table(read_record(record))
    pathlib.Path(output).write_text(text)
    print(text, end="", flush=True)


def read_record(record):
    """The lines of the record, a list of dict; empty without a file."""
    path = pathlib.Path(record)
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(lines):
    """Markdown: a row per stage, mean and standard deviation over the seeds.

    Every seed has data of its own, so the last column compares within each seed.
    """
    lines = _with_gain(lines)
    shown = _shown(lines)
    header = ["stage", "iteration", *(name for _, name in shown)]
    rows = [header, ["---"] * len(header)]
    for stage in dict.fromkeys(line["stage"] for line in lines):
        of_stage = [line for line in lines if line["stage"] == stage]
        cells = [_cell([_value(line, key) for line in of_stage]) for key, _ in shown]
        rows.append([stage, str(of_stage[0]["iteration"]), *cells])
    text = "".join("| " + " | ".join(row) + " |\n" for row in rows)
    seeds = sorted({line["seed"] for line in lines})
    text += f"\nMean and standard deviation over seeds {seeds}, percent.\n"
    return text + _classes(lines)


def _lines(run_dir):
    """What a run adds to the record."""
    config = (run_dir / "config.gin").read_text()
    seed = int(re.search(r"^SEED = (\d+)", config, re.M)[1])
    versions = json.loads((run_dir / "versions.json").read_text())
    made_by = {
        name: versions[name] for name in ("git", "tensorflow") if name in versions
    }
    return [
        {"run": run_dir.name, "seed": seed, **made_by, **row, **_by_class(run_dir, row)}
        for row in results.read(run_dir)
    ]


def _by_class(run_dir, row):
    found = results.iou_by_class(str(run_dir), row["stage"])
    return {"iou_by_class": found} if found else {}


def _classes(lines):
    """Markdown: a row per class, a column per stage; empty where none is recorded."""
    lines = [line for line in lines if "iou_by_class" in line]
    if not lines:
        return ""
    split = "test" if "test" in lines[0] else "val"
    stages = list(dict.fromkeys(line["stage"] for line in lines))
    rows = [["class", *stages], ["---"] * (1 + len(stages))]
    for name in lines[0]["iou_by_class"]:
        of_stages = (
            [line["iou_by_class"].get(name) for line in lines if line["stage"] == stage]
            for stage in stages
        )
        rows.append([name, *map(_cell, of_stages)])
    text = "".join("| " + " | ".join(row) + " |\n" for row in rows)
    return f"\nIoU of each class on {split}:\n\n{text}"


def _with_gain(lines):
    """The lines with `gain`: how far the mean of the metrics is above the control's."""
    control = {
        line["seed"]: _value(line, "mean") for line in lines if line["stage"] == CONTROL
    }
    return [
        {**line, "gain": _value(line, "mean") - control[line["seed"]]}
        if line["seed"] in control
        else line
        for line in lines
    ]


def _shown(lines):
    """(key, heading) of each column; test figures come last."""
    present = [key for key in results.METRICS if any(key in line for line in lines)]
    columns = [(key, NAMES[key]) for key in present]
    if len(present) > 1:
        columns.append(("mean", "mean of the three"))
    if any("gain" in line for line in lines):
        columns.append(("gain", f"above {CONTROL}"))
    if any("test" in line for line in lines):
        columns += [(f"test {key}", f"test {NAMES[key]}") for key in present]
    return columns


def _value(line, key):
    """A figure of a line, None where it is not defined."""
    if key == "mean":
        return results_table.mean_of(line, [m for m in results.METRICS if m in line])
    of = line.get("test", {}) if key.startswith("test ") else line
    return of.get(key.removeprefix("test "))


def _cell(values):
    values = [value for value in values if value is not None]
    if len(values) < 2:
        return results_table.format_number(*values or [None])
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}"
