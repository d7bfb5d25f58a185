"""docs/results.md: everything that was measured, on one page."""

from naive_student_tf.tables import claims, markdown, render
from naive_student_tf.tables.figure import FILE, figure
from naive_student_tf.tables.index import counted
from naive_student_tf.tables.measured import is_toy

FEW = 6  # numbers of a table that stand beside each other
_OPENING = """\
The paper's tables and figures beside what was measured here. `toy`: on procedural data
that this repository draws, with networks of a few hundred thousand parameters, so only
the order of rows can be compared, not the numbers. `reproduced` and `off`: inside and
outside of the tolerance. Full-size training: `not run` wherever it says so. Where a
claim has a note, its verdict means less than the paper's; read the note first.
"""


def page(tables, *, records, benchmarks, pictures):
    """The text of the page.

    Args:
        tables: list of (folder name, paper, results), see render.py.
        records: list of (folder name, title, Markdown): other experiments.
        benchmarks: list of (file name, title).
        pictures: list of dict(file: str, caption: str), beside the page in pictures/.
    """
    parts = [
        f"{markdown.NOTE}\n\n# Results\n\n{_OPENING}",
        f"## The paper's claims\n\n{overview(tables)}\n{claims.RULE}"
        f"{_by_chance(tables)}\n",
        *(_section(*table) for table in tables),
        *(
            f"## {title}\n\n{text}\n[More](../experiments/{folder}/README.md)\n"
            for folder, title, text in records
        ),
        *_gallery(pictures),
        "## Benchmarks\n\n"
        + "".join(f"- [{title}](../benchmarks/{name})\n" for name, title in benchmarks),
    ]
    return "\n".join(parts)


def overview(tables):
    """Markdown: one line per claim, a verdict per number."""
    lines, names = [], {}
    for folder, paper, results in tables:
        for claim in paper.get("claims", ()):
            tried = claims.try_claim(paper, results, claim)
            names |= {of["key"]: of["name"] for of in tried if of["key"] != claims.MEAN}
            verdicts = {of["key"]: of["verdict"] for of in tried}
            data = next((of["data"] for of in tried if of["data"]), "")
            if _is_noted(paper, data, verdicts):
                data += f", [note](../experiments/{folder}/table.md#claims)"
            lines.append((_link(folder, paper), claim["text"], verdicts, data))
    keys = {**names, claims.MEAN: "mean"}
    rows = [
        (link, text, *(verdicts.get(key, "") for key in keys), data)
        for link, text, verdicts, data in lines
    ]
    return markdown.table(("table", "claim", *keys.values(), "data"), rows)


def _is_noted(paper, data, verdicts):
    has_note = "toy_note" in paper and is_toy(data)
    return has_note or claims.NOT_HERE in verdicts.values()


def _by_chance(tables):
    """What the rule makes of so many verdicts."""
    tried = (
        of
        for _, paper, results in tables
        for claim in paper.get("claims", ())
        for of in claims.try_claim(paper, results, claim)
    )
    unjudged = (claims.NOT_RUN, claims.NOT_HERE)
    judged = sum(of["verdict"] not in unjudged for of in tried)
    if not judged:
        return ""
    return (
        f" {judged} verdicts stand here: if nothing had any effect, about "
        f"{judged / 20:.0f} would say that it helps. Trust what the numbers of a claim "
        f"say together."
    )


def _section(folder, paper, results):
    """One table of the paper: numbers, figure, claims."""
    is_narrow = len(paper["numbers"]) <= FEW
    parts = [
        f"## {paper['table']}. {paper['title']}\n",
        beside(paper, results) if is_narrow else render.numbers(paper, results),
    ]
    if figure(paper, results):
        parts.append(f"![{paper['table']}](../experiments/{folder}/{FILE})\n")
    if paper.get("claims"):
        parts += [f"{note}\n" for note in claims.notes(paper, results)]
        parts.append(claims.table(paper, results))
    parts.append(
        f"[What was run, and how](../experiments/{folder}/README.md), "
        f"[number by number](../experiments/{folder}/table.md)\n"
    )
    return "\n".join(parts)


def beside(paper, results):
    """Markdown: one line per row, 'ours / paper' of each number."""
    lines = {row: {} for row in paper["rows"]}
    for row, key, printed, ours, *_ in render.compared(paper, results):
        lines[row][key] = f"{ours} / {printed}"
    header = ["ours / the paper's"]
    header += [number["name"] for number in paper["numbers"].values()]
    rows = [
        (
            paper["rows"][row]["name"],
            *(cells.get(key, "") for key in paper["numbers"]),
            counted(render.row_statuses(paper, results, row)),
        )
        for row, cells in lines.items()
    ]
    return markdown.table([*header, "status"], rows)


def _gallery(pictures):
    if not pictures:
        return
    yield "## Pictures\n"
    for of in pictures:
        yield f"{of['caption']}\n\n![{of['caption']}](pictures/{of['file']})\n"


def _link(folder, paper):
    return f"[{paper['table']}](../experiments/{folder}/table.md)"
