"""The index of the experiments: what every row of every table has come to."""

from naive_student_tf.results_table import MISSING
from naive_student_tf.tables import markdown, render

COMMAND = "python -m naive_student_tf.main --gin_file"
_TABLES = ("table", "title")
_ROWS = ("table", "row", "config", "status")
_STATUSES = f"""\
Of each row's numbers: `reproduced` (inside the tolerance of paper.json), `off`,
`measured` (the paper draws a curve and prints no number), `toy` (of embedded data) or
`not run`. Seeds are averaged where their `setting` (the config without the seed) is
that of a row's newest line; lines from before there was one have none, so that such a
row is run again with all its seeds. What a row that is trained would run, in order,
without running it:

```
{COMMAND} experiments/table_01/iteration_2.gin --gin_param 'ONLY_PRINT=True'
```
"""
_HOURS = """\
Under the name of a slice of Cloud TPU: hours of the stages at the paper's scale, all
from nothing, by the compiler's record and not by runs, and the memory that the largest
of them takes of a core; `≥`: at least, `+ n` stages are not on record
([stage_hours.md](../benchmarks/stage_hours.md)). In the first table, stages that rows
share count once. Without hours: rows that are counted, or of the toy scale only.
"""


def index(tables, *, hours):
    """README.md of the experiments: a line per table, a line per row.

    Args:
        tables: list of (folder name, paper, results).
        hours: dict, benchmarks/stage_hours.json, or empty.
    """
    slices = hours.get("chips", {})
    titles = [
        (
            f"[{paper['table']}]({folder}/README.md)",
            paper["title"],
            *_took(hours, "tables", folder),
        )
        for folder, paper, _ in tables
    ]
    rows = [row for table in tables for row in _rows(*table, hours)]
    return (
        f"{markdown.NOTE}\n\n# The paper's tables\n\n"
        f"{markdown.table([*_TABLES, *slices], titles)}\n{_HOURS}\n"
        f"Counted and rendered by\n\n"
        f"```\n{COMMAND} gin_configs/jobs/tables.gin\n```\n\n"
        f"## Status by row\n\n{_STATUSES}\n"
        f"{markdown.table([*_ROWS, *slices], rows)}"
    )


def _rows(folder, paper, results, hours):
    for i, row in enumerate(paper["rows"]):
        table = "" if i else f"[{paper['table']}]({folder}/table.md)"
        found = render.row_statuses(paper, results, row)
        name = paper["rows"][row]["name"]
        config = f"[{row}.gin]({folder}/{row}.gin)"
        took = _took(hours, "rows", f"{folder}/{row}")
        yield table, name, config, counted(found), *took


def _took(hours, kind, name):
    sums = hours.get(kind, {}).get(name, {})
    return [_hours(sums.get(of)) for of in hours.get("chips", ())]


def _hours(found):
    """'≥ 49.8 h + 3, 12.1 GiB': the 3 are stages that are not in the hours."""
    if found is None:
        return ""
    missing, peak = found["stages_not_run"], found["hbm_peak_bytes"]
    bound = "≥ " if found["is_bound"] else ""
    text = f"{bound}{found['hours']:.1f} h" if found["hours"] else MISSING
    text += f" + {missing}" if missing else ""
    return text + (f", {peak / 2**30:.1f} GiB" if peak else "")


def counted(statuses):
    """'toy', or 'reproduced 2, not run 1' where they differ."""
    counts = {of: statuses.count(of) for of in render.STATUSES if of in statuses}
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{status} {count}" for status, count in counts.items())
