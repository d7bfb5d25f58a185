"""The stages of Table 1 on a v5e slice of 32 cores: hours and chip-hours.

    python -m benchmarks.table_1_hours
    python -m benchmarks.table_1_hours --dollars_per_chip_hour PRICE

Fills the table of docs/table_1_on_v5e_32.md from the record of the TPU dry run; with
a price it only prints the table, with dollars. Nothing is run: see stage_hours.py.
"""

import argparse
import pathlib

from benchmarks import stage_hours, tpu_dry_run

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "table_1_on_v5e_32.md"
SLICE = "v5e:4x8"
HOST = "v5e:2x4"  # v5litepod-8, where ImageNet is pretrained on
ROWS = ("iteration_0", "iteration_1", "iteration_2", "iteration_2_dagger")
BEGIN, END = "<!-- Written by benchmarks/table_1_hours.py -->", "<!-- end -->"


def stages():
    """(row, stage) of all four rows, each stage once, by the first row it is for."""
    found = {}
    for row in ROWS:
        for name, stage in stage_hours.stages(f"table_01/{row}").items():
            found.setdefault(name, (row, stage))
    return list(found.values())


def table(records, *, price=None):
    """Markdown: a line per stage and their sum.

    Args:
        records: list of dict, of the dry run.
        price: float, dollars per chip-hour, or None: without that column.
    """
    header = ["for", "stage", "network", "updates or frames", "slice"]
    header += ["hours", "chip-hours"]
    lines, total, chip_hours, missing = [], 0.0, 0.0, 0
    for row, stage in stages():
        slice_ = HOST if "pretrain" in stage.job else SLICE
        found = stage_hours.hours(records, stage, slice_)
        work = f"{stage.updates or stage.frames:,}"
        lines.append([row, f"`{stage.role}`", stage.network, work, slice_])
        missing += found is None
        if found is None:
            lines[-1] += ["not run", "", ""]
            continue
        chips = stage_hours.chips(slice_)
        lines[-1] += _cells(found["is_bound"], found["hours"], chips, price)
        total += found["hours"]
        chip_hours += found["hours"] * chips
    some = f" + {missing} not run" if missing else ""
    cells = _cells(True, total, chip_hours / total if total else 0, price)
    lines.append(["all", "", "", "", "", cells[0] + some, *cells[1:]])
    width = len(header) + (price is not None)
    rows = [[*header, "dollars"], ["---"] * width, *lines]
    return "".join("| " + " | ".join(row[:width]) + " |\n" for row in rows)


def fill(page, text):
    """The page with the table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE} has no {BEGIN!r} ... {END!r}.")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _cells(is_bound, hours, chips, price):
    bound = "≥ " if is_bound else ""
    numbers = [hours, hours * chips]
    cells = [f"{bound}{number:,.1f}" for number in numbers]
    return [*cells, f"{bound}{numbers[1] * (price or 0):,.0f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dollars_per_chip_hour", type=float)
    price = parser.parse_args().dollars_per_chip_hour
    text = table(tpu_dry_run.read(), price=price)
    if price is None:
        PAGE.write_text(fill(PAGE.read_text(), text))
    print(text)


if __name__ == "__main__":
    main()
