"""The figures of a run: a row per evaluated stage."""

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
    """A function that makes a finished run and returns its directory."""

    def write(path, value):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def run(pq=20.0):
        root = tmp_path / "run"
        write(root / "teacher/stage.json", {"seconds": 61.5})
        val = {"pq": pq, "ap": 4.0, "miou": 30.0, "sq": 50.0}
        write(root / "teacher/eval/metrics.json", val)
        test = {"pq": 18.0, "ap": None, "miou": 29.0}
        write(root / "teacher/test/metrics.json", test)
        write(root / "versions.json", {"git": "abc", "python": "3.11"})
        (root / "config.gin").write_text("SEED = 0\n")
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


def test_the_table_of_seeds_shows_no_number_for_a_score_that_is_not_defined(
    run, tmp_path
):
    record, output = tmp_path / "results.jsonl", tmp_path / "table.md"
    seeds.record_runs(run_dirs=[str(run())], record=str(record), output=str(output))
    row = "| teacher | 0 | 20.0 | 4.0 | 30.0 | 18.0 | 18.0 | – | 29.0 |"  # noqa: RUF001
    assert row in output.read_text()
