"""The page on Table 1: its table of hours comes from the dry run's record."""

import pytest

from benchmarks import table_1_hours, tpu_dry_run


def test_the_page_has_the_table_that_the_record_gives():
    page = table_1_hours.PAGE.read_text()
    text = table_1_hours.table(tpu_dry_run.read())
    assert page == table_1_hours.fill(page, text)


def test_without_a_record_nothing_has_hours():
    *lines, total = table_1_hours.table([]).splitlines()[2:]
    assert all("| not run |" in line for line in lines)
    assert total.count("0.0") == 2 and f"+ {len(lines)} not run" in total


def test_dollars_are_chip_hours_times_the_reader_s_price():
    lines = table_1_hours.table(tpu_dry_run.read(), price=2.0).splitlines()
    cells = [cell.strip(" |").strip() for cell in lines[-1].split("|")[-3:-1]]
    chip_hours, dollars = (float(c.strip("≥ ").replace(",", "")) for c in cells)
    assert dollars == pytest.approx(2 * chip_hours, abs=0.6)


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="has no"):
        table_1_hours.fill("# Title\n", "| a |")
