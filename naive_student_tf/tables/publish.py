"""Job: writes all that is made from paper.json and results.jsonl.

The tables, figures, the index and the page of results depend on nothing else: a test
makes them again and compares.
"""

import json
import pathlib

from naive_student_tf.tables import index, record, render, results_page
from naive_student_tf.tables.figure import FILE, figure


def update_tables(*, tables, output, page, count=True):
    """Writes each table.md and figure.svg, the index and the page of results.

    Args:
        tables: tuple of str, folders with a paper.json and a gin file per row.
        output: str, the index, in the folder that has all of them.
        page: str, the page of results, in a folder beside that folder.
        count: bool, whether to count the rows that need no training first, or to
            render what is on record only.
    """
    for folder in map(pathlib.Path, tables if count else ()):
        record.count(folder)
    root = pathlib.Path(output).parent.parent
    for path, text in files(tables, output=output, page=page, root=root).items():
        path.write_text(text)


def files(tables, *, output, page, root):
    """{Path: text} of all that update_tables writes; root: the repository's."""
    written = {}
    for folder in map(pathlib.Path, tables):
        paper, results = record.read_paper(folder), record.read_current(folder)
        written[folder / "table.md"] = render.table(paper, results)
        if drawn := figure(paper, results):
            written[folder / FILE] = drawn
    found = record.read_tables(tables)
    written[pathlib.Path(output)] = index.index(found, hours=_hours(root))
    written[pathlib.Path(page)] = results_page.page(
        found,
        records=_records(root),
        benchmarks=_benchmarks(root),
        pictures=_pictures(pathlib.Path(page).parent),
    )
    return written


def _hours(root):
    """What benchmarks/stage_hours.py found, {} without it."""
    path = root / "benchmarks" / "stage_hours.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _records(root):
    """[(folder, title, Markdown)] of the experiments that are no table of the paper."""
    return [
        (path.parent.name, _title(path.with_name("README.md")), path.read_text())
        for path in sorted(root.glob("experiments/*/table.md"))
        if not path.with_name("paper.json").exists()
    ]


def _benchmarks(root):
    """[(file name, title)]."""
    paths = sorted(root.glob("benchmarks/*.md"))
    return [(path.name, _title(path)) for path in paths]


def _pictures(folder):
    """What evaluate/draw_triptychs.py listed, [] without it."""
    path = folder / "pictures" / "pictures.json"
    return json.loads(path.read_text()) if path.exists() else []


def _title(path):
    """The heading of a Markdown file, or its name."""
    first = path.read_text().partition("\n")[0]
    return first.removeprefix("# ") if first.startswith("# ") else path.stem
