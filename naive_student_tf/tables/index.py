"""The index of the experiments: what every row of every table has come to."""

from naive_student_tf.tables import markdown, render

COMMAND = "python -m naive_student_tf.main --gin_file"
_TABLES = ("table", "title", "cost")
_ROWS = ("table", "row", "config", "status")
_STATUSES = f"""\
Of each row's numbers: `reproduced` (inside the tolerance of paper.json), `off`,
`measured` (the paper draws a curve and prints no number), `toy` (of embedded data) or
`not run`. What a row that is trained would run, in order, without running it:

```
{COMMAND} experiments/table_01/iteration_2.gin --gin_param 'ONLY_PRINT=True'
```
"""
_HOURS = """\
The last columns: hours of a row's stages on slices of Cloud TPU, all from nothing, by
the compiler's record and not by runs; `≥`: at least, `+ n` stages are not on record
([stage_hours.md](../benchmarks/stage_hours.md)).
"""


def index(tables, *, hours):
    """README.md of the experiments: a line per table, a line per row.

    Args:
        tables: list of (folder name, paper, results).
        hours: dict, benchmarks/stage_hours.json, or empty.
    """
    slices = hours.get("chips", {})
    titles = [
        (f"[{paper['table']}]({folder}/README.md)", paper["title"], paper["cost"])
        for folder, paper, _ in tables
    ]
    rows = [row for table in tables for row in _rows(*table, hours)]
    by_row = markdown.table([*_ROWS, *(f"h, {of}" for of in slices)], rows)
    return (
        f"{markdown.NOTE}\n\n# The paper's tables\n\n"
        f"{markdown.table(_TABLES, titles)}\nCounted and rendered by\n\n"
        f"```\n{COMMAND} gin_configs/jobs/tables.gin\n```\n\n"
        f"## Status by row\n\n{_STATUSES}\n{_HOURS}\n{by_row}"
    )


def _rows(folder, paper, results, hours):
    for i, row in enumerate(paper["rows"]):
        table = "" if i else f"[{paper['table']}]({folder}/table.md)"
        found = render.row_statuses(paper, results, row)
        name = paper["rows"][row]["name"]
        config = f"[{row}.gin]({folder}/{row}.gin)"
        sums = hours.get("rows", {}).get(f"{folder}/{row}", {})
        took = [_hours(sums.get(of)) for of in hours.get("chips", ())]
        yield table, name, config, counted(found), *took


def _hours(found):
    """'≥ 49.8 + 3': hours, and how many stages are not in them."""
    if found is None:
        return ""
    missing = found["stages_not_run"]
    bound = "≥ " if found["is_bound"] else ""
    return f"{bound}{found['hours']:.1f}" + (f" + {missing}" if missing else "")


def counted(statuses):
    """'toy', or 'reproduced 2, not run 1' where they differ."""
    counts = {of: statuses.count(of) for of in render.STATUSES if of in statuses}
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{status} {count}" for status, count in counts.items())
