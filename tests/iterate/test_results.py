"""The figures of a run, and of several seeds."""

import json

import pytest

from naive_student_tf.iterate import results, seeds
from naive_student_tf.iterate.stage import Stage

STAGES = [
    Stage("teacher", (), {}),
    Stage("teacher/eval", (), {}, iteration=0),
    Stage("teacher/test", (), {}),
    Stage("student/eval", (), {}, iteration=1),
]


@pytest.fixture
def run(tmp_path):
    """A function that makes a finished run: run(name, seed, pq) -> its directory."""

    def write(path, value):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def run(name="run", seed=0, pq=20.0):
        root = tmp_path / name
        write(root / "teacher/stage.json", {"seconds": 61.5})
        val = {"pq": pq, "ap": 4.0, "miou": 30.0, "sq": 50.0}
        write(root / "teacher/eval/metrics.json", val)
        test = {"pq": 18.0, "ap": None, "miou": 29.0}
        write(root / "teacher/test/metrics.json", test)
        write(root / "versions.json", {"git": "abc", "python": "3.11"})
        (root / "config.gin").write_text(f"DATA_DIR = 'x'\nSEED = {seed}\n")
        results.collect(STAGES, root)
        return root

    return run


def test_a_row_holds_the_metrics_of_val_and_beside_them_those_of_test(run):
    assert results.read(run()) == [
        {
            "stage": "teacher",
            "iteration": 0,
            "pq": 20.0,
            "ap": 4.0,
            "miou": 30.0,
            "test": {"pq": 18.0, "ap": None, "miou": 29.0},
            "seconds": 61.5,
        }
    ]


def test_a_score_that_is_not_defined_stays_null(run):
    assert results.read(run(pq=None))[0]["pq"] is None


def test_two_seeds_give_a_mean_and_a_deviation(run, tmp_path, capsys):
    record, output = tmp_path / "record" / "results.jsonl", tmp_path / "table.md"
    runs = [str(run("one", 3, pq=20.0)), str(run("two", 4, pq=22.0))]
    for _ in range(2):  # the second time adds nothing
        seeds.record_runs(run_dirs=runs, record=str(record), output=str(output))
    lines = seeds.read_record(record)
    assert [(line["run"], line["seed"], line["git"]) for line in lines] == [
        ("one", 3, "abc"),
        ("two", 4, "abc"),
    ]
    text = output.read_text()
    assert "| teacher | 0 | 21.0 ± 1.4 | 4.0 ± 0.0 | 30.0 ± 0.0 | 18.3 ± 0.5 |" in text
    assert "| test PQ | test AP | test mIoU |" in text
    assert "[3, 4]" in text
    assert text in capsys.readouterr().out


def test_a_single_seed_has_no_deviation(run, tmp_path):
    record, output = tmp_path / "results.jsonl", tmp_path / "table.md"
    seeds.record_runs(run_dirs=[str(run())], record=str(record), output=str(output))
    row = "| teacher | 0 | 20.0 | 4.0 | 30.0 | 18.0 | 18.0 | – | 29.0 |"  # noqa: RUF001
    assert row in output.read_text()
