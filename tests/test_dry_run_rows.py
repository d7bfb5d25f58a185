"""The rows of benchmarks/tpu_dry_run.md: configs that load, and no typed figure."""

import pytest

from benchmarks import hardware, tpu_dry_run
from naive_student_tf import config

NUMBERED = dict(enumerate(tpu_dry_run.ROWS))


@pytest.mark.parametrize("number", NUMBERED)
def test_a_row_is_a_config_that_loads(number, tmp_path):
    row = NUMBERED[number]
    flags = [flag.partition("=") for flag in row.command[2:]]
    files = [value for name, _, value in flags if name == "--gin_file"]
    bindings = [value for name, _, value in flags if name == "--gin_param"]
    if set(tpu_dry_run.MAPILLARY) <= set(row.changes):
        bindings.append(f"CONFIG = '{tpu_dry_run.write_classes(tmp_path)}'")
    config.load(files, bindings)
    assert config.macro("TOPOLOGY") == row.topology
    assert "jobs.run.job = @dry_run.dry_run" in config.parsed()
    backbone = hardware.bound("panoptic_deeplab.backbone")
    assert row.network.replace("_resnet_", "_resnet").replace("_71", "71") in backbone


def test_no_two_rows_share_a_record():
    facts = [str(row.facts) for row in tpu_dry_run.ROWS]
    assert len(set(facts)) == len(facts)


def test_the_tables_in_the_repository_are_of_the_record():
    records = tpu_dry_run.read()
    assert tpu_dry_run.TABLE.read_text() == tpu_dry_run.table(records)
    assert hardware.table(records) in hardware.OUTPUT.read_text()


def test_a_row_without_a_record_says_not_run():
    lines = tpu_dry_run.table([]).splitlines()
    assert sum("| not run |" in line for line in lines) == len(NUMBERED)
