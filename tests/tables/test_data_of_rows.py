"""A row is recorded with the name of the data set that it was scored on."""

import pathlib

import pytest

from naive_student_tf import config
from naive_student_tf.tables import measured, record, run_row

EXPERIMENTS = pathlib.Path(__file__).parents[2] / "experiments"
TOY = "experiments/stages/toy.gin"
ROWS = [
    path
    for path in sorted(EXPERIMENTS.glob("*/*.gin"))
    if "run_row.Row.goal = @scored_mapillary" in path.read_text()
]


def data_of(*files):
    config.load(files)
    return config.build(run_row.Row).data


@pytest.mark.parametrize("row", ROWS, ids=lambda path: path.stem)
def test_a_row_scored_on_mapillary_says_so(row):
    assert data_of(str(row)) == "mapillary"
    assert data_of(str(row), TOY) == "toy_vistas"


def test_the_others_are_scored_on_cityscapes():
    row = str(EXPERIMENTS / "table_05" / "supervised.gin")
    assert (data_of(row), data_of(row, TOY)) == ("cityscapes", "toy_city")


def test_the_record_of_table_6_has_three_seeds_on_the_second_data_set():
    assert [path.parent.name for path in ROWS] == ["table_06"] * 3
    results = record.read_current(EXPERIMENTS / "table_06")
    for row in ROWS:
        value, line = measured.newest(results, row.stem, "pq")
        assert value and line["data"] == "toy_vistas"
        assert len(measured.over_seeds(results, row.stem, "pq")) == 3
        wrong, right = (
            [of | {"data": None} for of in results if of["data"] == data]
            for data in ("toy_city", "toy_vistas")
        )
        assert wrong == right  # only the name was changed
