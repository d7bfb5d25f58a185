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


def index(tables):
    """README.md of the experiments: a line per table, a line per row.

    Args:
        tables: list of (folder name, paper, results).
    """
    titles = [
        (f"[{paper['table']}]({folder}/README.md)", paper["title"], paper["cost"])
        for folder, paper, _ in tables
    ]
    rows = [row for table in tables for row in _rows(*table)]
    return (
        f"{markdown.NOTE}\n\n# The paper's tables\n\n"
        f"{markdown.table(_TABLES, titles)}\nCounted and rendered by\n\n"
        f"```\n{COMMAND} gin_configs/jobs/tables.gin\n```\n\n"
        f"## Status by row\n\n{_STATUSES}\n{markdown.table(_ROWS, rows)}"
    )


def _rows(folder, paper, results):
    for i, row in enumerate(paper["rows"]):
        table = "" if i else f"[{paper['table']}]({folder}/table.md)"
        found = render.row_statuses(paper, results, row)
        name = paper["rows"][row]["name"]
        yield table, name, f"[{row}.gin]({folder}/{row}.gin)", counted(found)


def counted(statuses):
    """'toy', or 'reproduced 2, not run 1' where they differ."""
    counts = {of: statuses.count(of) for of in render.STATUSES if of in statuses}
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{status} {count}" for status, count in counts.items())
