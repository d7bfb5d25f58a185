import json
import pathlib

import pytest

from naive_student_tf.iterate import seeds


@pytest.fixture
def run(tmp_path):
    def write(name, seed, rows):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.gin").write_text(f"# Macros:\nSEED = {seed}\n")
        (folder / "versions.json").write_text('{"git": "abc"}')
        (folder / "results.json").write_text(json.dumps(rows))
        return str(folder)

    return write


def row(stage, pq, ap, miou, **more):
    return {"stage": stage, "iteration": 1, "pq": pq, "ap": ap, "miou": miou, **more}


def test_the_table_has_mean_and_deviation_over_seeds(tmp_path, run):
    runs = (
        run("a", 0, [row("student", 10.0, 20.0, 30.0)]),
        run("b", 1, [row("student", 12.0, 20.0, 34.0)]),
    )
    output = tmp_path / "table.md"
    record = tmp_path / "results.jsonl"
    seeds.record_runs(run_dirs=runs, record=str(record), output=str(output))
    text = output.read_text()
    assert "| student | 1 | 11.0 ± 1.4 | 20.0 ± 0.0 | 32.0 ± 2.8 | 21.0 ± 1.4 |" in text
    assert "seeds [0, 1]" in text


def test_a_run_is_recorded_once_and_never_rewritten(tmp_path, run):
    record = tmp_path / "results.jsonl"
    arguments = {"record": str(record), "output": str(tmp_path / "table.md")}
    first = run("a", 0, [row("student", 10.0, 20.0, 30.0)])
    seeds.record_runs(run_dirs=(first,), **arguments)
    before = record.read_text()
    second = run("b", 1, [row("student", 1.0, 2.0, 3.0)])
    seeds.record_runs(run_dirs=(first, second), **arguments)
    assert record.read_text().startswith(before)
    assert len(record.read_text().splitlines()) == 2


def test_classes_are_shown_where_a_run_scored_them(tmp_path, run):
    folders = [
        run(name, seed, [row("s", 1.0, 2.0, 3.0)]) for seed, name in enumerate("ab")
    ]
    for folder, iou in zip(folders, (4.0, 6.0), strict=True):
        scored = pathlib.Path(folder) / "s" / "eval"
        scored.mkdir(parents=True)
        metrics = {"per_class": {"car": {"iou": iou}, "pole": {"iou": None}}}
        (scored / "metrics.json").write_text(json.dumps(metrics))
    output = tmp_path / "table.md"
    record = str(tmp_path / "results.jsonl")
    seeds.record_runs(run_dirs=folders, record=record, output=str(output))
    lines = output.read_text().splitlines()
    assert lines[-6:-1] == [
        "IoU of each class on val:",
        "",
        "| class | s |",
        "| --- | --- |",
        "| car | 5.0 ± 1.4 |",
    ]
    assert "| pole | \N{EN DASH} |" in output.read_text()


def test_figures_on_the_test_split_stand_apart(tmp_path, run):
    rows = [{"stage": "s", "iteration": 0, "miou": 40.0, "test": {"miou": 38.5}}]
    output = tmp_path / "table.md"
    seeds.record_runs(
        run_dirs=(run("a", 0, rows),),
        record=str(tmp_path / "results.jsonl"),
        output=str(output),
    )
    lines = output.read_text().splitlines()
    assert lines[0] == "| stage | iteration | mIoU | test mIoU |"
    assert lines[2] == "| s | 0 | 40.0 | 38.5 |"
