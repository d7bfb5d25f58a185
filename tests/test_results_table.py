"""The console table and its arithmetic."""

import math

from naive_student_tf import results_table

SUPERVISED = {
    "stage": "supervised",
    "iteration": 0,
    "pq": 20.0,
    "ap": 2.0,
    "miou": 32.0,
}
STUDENT = {"stage": "student", "iteration": 1, "pq": 23.0, "ap": 3.0, "miou": 34.0}


def test_the_columns_are_aligned_and_compare_the_mean_of_three_with_the_control():
    assert results_table.format_table(
        [SUPERVISED, {**STUDENT, "seconds": 75}]
    ).splitlines() == [
        "stage       iteration    PQ   AP  mIoU  mean  vs supervised        time",
        "supervised          0  20.0  2.0  32.0  18.0              –           –",  # noqa: RUF001
        "student             1  23.0  3.0  34.0  20.0           +2.0  1 min 15 s",
    ]


def test_a_semantic_run_shows_only_miou_and_compares_it():
    results = [
        {"stage": "supervised", "iteration": 0, "miou": 32.0},
        {"stage": "student", "iteration": 1, "miou": 30.5},
    ]
    header, _, student = results_table.format_table(results).splitlines()
    assert header.split() == ["stage", "iteration", "mIoU", "vs", "supervised", "time"]
    assert student.split()[2:4] == ["30.5", "−1.5"]  # noqa: RUF001


def test_a_missing_number_is_a_dash_and_leaves_no_mean():
    line = results_table.format_table(
        [SUPERVISED, {**STUDENT, "ap": None}]
    ).splitlines()[2]
    assert line.split() == ["student", "1", "23.0", "–", "34.0", "–", "–", "–"]  # noqa: RUF001


def test_nan_counts_as_missing_and_zero_does_not():
    assert results_table.value({"pq": math.nan}, "pq") is None
    assert results_table.value({"pq": 0.0}, "pq") == 0.0
    assert results_table.format_number(0.0) == "0.0"


def test_without_a_control_there_is_no_difference():
    line = results_table.format_table([STUDENT]).splitlines()[1]
    assert line.split()[-2] == results_table.MISSING


def test_a_difference_that_rounds_to_zero_has_no_sign():
    assert results_table.format_difference(-0.04) == "0.0"
    assert results_table.format_difference(0.04) == "0.0"
    assert results_table.format_difference(0.06) == "+0.1"


def test_durations_read_like_a_clock():
    assert [results_table.format_duration(s) for s in (None, 42, 200, 18420)] == [
        results_table.MISSING,
        "42 s",
        "3 min 20 s",
        "5 h 07 min",
    ]
