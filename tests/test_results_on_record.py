"""The numbers in the documentation are those on record, and come from runs."""

import pathlib

import pytest

from naive_student_tf.iterate import seeds

ROOT = pathlib.Path(__file__).parents[1]
RECORDS = sorted((ROOT / "experiments").glob("*/results.jsonl"))
# The others are tables of the paper.
OF_SEEDS = [path for path in RECORDS if not path.with_name("paper.json").exists()]
IN_README = [path for path in OF_SEEDS if path.parent.name in ("demo", "camvid")]


def test_demo_and_camvid_have_a_record():
    names = [path.parent.name for path in OF_SEEDS]
    assert names == ["camvid", "camvid_1_of_10", "demo"]


@pytest.mark.parametrize("record", OF_SEEDS, ids=lambda path: path.parent.name)
def test_the_table_is_made_from_the_record(record):
    table = record.with_name("table.md").read_text()
    assert table == seeds.table(seeds.read_record(record))


@pytest.mark.parametrize("record", IN_README, ids=lambda path: path.parent.name)
def test_the_readme_shows_the_table(record):
    table = record.with_name("table.md").read_text()
    assert table in (ROOT / "README.md").read_text()
