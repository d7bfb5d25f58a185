"""A table of the paper beside our numbers, as Markdown; nothing in it is typed.

`paper` is a table's paper.json:
    table, title: str.
    count_with: str, the job that counts a row without training it, if there is one.
    numbers: {key: {name: str, unit: float, count: path into that job's JSON, is_error:
        bool, whether smaller is better}}; a number without `count` needs training.
    rows: {row: {name: str, printed: {key: {value, tolerance, printed_in}}}}; `value`
        is a string, digit for digit as printed, or a list, or null where the paper
        draws the number and prints none; these two have no tolerance; `printed_in`
        names another table.
    claims, toy_note: see claims.py; figure: see figure.py; all optional.
`results` are the lines of its results.jsonl, oldest first.
"""

import statistics

from naive_student_tf.results_table import MINUS, MISSING
from naive_student_tf.tables import claims, markdown
from naive_student_tf.tables.figure import FILE, figure
from naive_student_tf.tables.measured import is_toy, newest, over_seeds

STATUSES = ("reproduced", "off", "measured", "toy", "not run")
_HEADER = ("row", "number", "paper", "ours", "difference", "status")


def table(paper, results):
    """table.md: one line per printed number, the figure, the claims."""
    title = f"{markdown.NOTE}\n\n# {paper['table']}\n\n"
    drawn = f"\n![{paper['table']}]({FILE})\n" if figure(paper, results) else ""
    claimed = claims.section(paper, results)
    return title + numbers(paper, results) + drawn + claimed


def numbers(paper, results):
    """Markdown: one line per printed number."""
    lines = [
        (paper["rows"][row]["name"], paper["numbers"][key]["name"], *cells)
        for row, key, *cells in compared(paper, results)
    ]
    return markdown.table(_HEADER, lines)


def row_statuses(paper, results, row):
    """The status of each number of a row, a list of str."""
    of_row = paper | {"rows": {row: paper["rows"][row]}}
    return [status for *_, status in compared(of_row, results)]


def status(printed, ours, *, data=None):
    """One of `STATUSES`.

    Args:
        printed: dict with value and, unless that is a list, tolerance.
        ours: number or list, in the unit of the table; None: there is none.
        data: str, the data set it was measured on; None: counted.
    """
    if ours is None:
        return "not run"
    if is_toy(data):
        return "toy"
    if printed["value"] is None:
        return "measured"
    if isinstance(ours, list):
        return "reproduced" if ours == printed["value"] else "off"
    close = abs(ours - float(printed["value"])) <= printed["tolerance"]
    return "reproduced" if close else "off"


def compared(paper, results):
    """Yields (row, key, paper, ours, difference, status) of each printed number."""
    for name, row in paper["rows"].items():
        for key, printed in row["printed"].items():
            ours, line = newest(results, name, key)
            data = line and line["data"]
            spread = ""
            number = paper["numbers"][key]
            is_whole = isinstance(ours, int) and "unit" not in number
            if isinstance(ours, int | float):
                values = over_seeds(results, name, key)
                ours = statistics.mean(values) / number.get("unit", 1)
                if len(values) > 1:
                    spread = f" ± {statistics.stdev(values):.1f}"
            more = 0 if is_whole else 2  # digits than the paper prints
            cell, difference = _cells(printed, ours, toy=is_toy(data), more=more)
            found = status(printed, ours, data=data)
            yield name, key, _paper_cell(printed), cell + spread, difference, found


def _paper_cell(printed):
    source = f" ({printed['printed_in']})" if "printed_in" in printed else ""
    return _text(printed["value"]) + source


def _cells(printed, ours, *, toy, more):
    """(ours, difference) as text; toy results have no difference."""
    value = printed["value"]
    if ours is None or isinstance(ours, list):
        return _text(ours), MISSING
    if value is None or toy:
        return f"{ours:.1f}", MISSING
    decimals = len(value.partition(".")[2]) + more
    difference = f"{ours - float(value):+.{decimals}f}"
    if float(difference) == 0:
        difference = difference[1:]  # no sign
    return f"{ours:.{decimals}f}", difference.replace("-", MINUS)


def _text(value):
    if value is None or isinstance(value, str):
        return value or MISSING
    separator = " x " if isinstance(value[0], int) else ", "
    return separator.join(map(str, value))
