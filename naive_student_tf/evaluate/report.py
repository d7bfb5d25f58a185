"""Writes what a run found as one self-contained web page: numbers, curves, pictures.

The page needs no server and no other file: the style is inside, pictures are base64.
"""

from html import escape
from pathlib import Path

from naive_student_tf import results_table
from naive_student_tf.evaluate import report_tables
from naive_student_tf.evaluate.report_html import (
    animation,
    image,
    note,
    scroll,
    section,
    swatch,
)
from naive_student_tf.evaluate.report_style import STYLE

VOID_COLOR = (0, 0, 0)
FRAMES_PER_SECOND = 4  # slow enough to compare the pseudo-labels of a frame
STRIP_ALT = "Video frames with their pseudo-labels, side by side"


def write_report(
    path,
    *,
    title,
    results,
    label_space,
    summary="",
    pseudo_labels=(),
    rows=(),
    strip=(),
    settings=None,
    control=results_table.CONTROL,
    evaluation="",
):
    """Writes the report of a run.

    Args:
        path: str or Path, of the HTML file.
        title: str.
        results: list of dicts, at least one, see `results_table`; what has no values
            is left out of the page.
        label_space: LabelSpace of the pictures and of the scores per class.
        summary: str, one sentence: what ran.
        pseudo_labels: list of dicts with equal keys, the quality of pseudo-labels
            where their truth is known; keys become columns.
        rows: list of (title, [(caption, uint8 [H, W, 3]), ...]), see `scenes`.
        strip: sequence of uint8 [H, W, 3], frames of an animation.
        settings: dict of names and values; a dict as a value becomes a group.
        control: str, the stage that the others are compared with.
        evaluation: str, HTML of more sections, see evaluation_report.py.
    """
    if not results:
        raise ValueError(f"{path}: no results came; evaluate a stage first.")
    sections = [
        _results(results, control),
        section("Quality of the pseudo-labels", _quality(pseudo_labels)),
        section("Scores per class", _classes(results, control, label_space)),
        section("Pictures", _pictures(rows, results, label_space)),
        section("Pseudo-labelled video", _strip(strip)),
        evaluation,
        section("Settings", report_tables.settings_table(settings or {})),
    ]
    Path(path).write_text(page(title, summary, "".join(sections)), encoding="utf-8")


def page(title, summary, body):
    """A whole page; `title` and `summary` are plain text, `body` is HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1><p class="lead">{escape(summary)}</p></header>
<main>{body}</main>
</body>
</html>
"""


def _results(results, control):
    compared = results_table.find_control(results, control=control) is not None
    text = "All metrics in percent; the best of each column is bold."
    if compared:
        text += f" Signed numbers: difference to {control}."
    curves = report_tables.curves(results, control=control)
    if curves:
        text_below = "Last stage of each iteration" + (
            f"; dashed line: {control}." if compared else "."
        )
        curves = f"<h3>By iteration</h3>{curves}{note(text_below)}"
    headline = report_tables.headline_table(results, control=control)
    return section("Results", headline, note(text), curves)


def _quality(pseudo_labels):
    if not pseudo_labels:
        return ""
    text = "Measured against the truth of the frames that were labelled."
    return report_tables.quality_table(pseudo_labels) + note(text)


def _pictures(rows, results, label_space):
    if not rows:
        return ""
    pictures = "".join(picture_row(title, cells) for title, cells in rows)
    captions = {caption for _, cells in rows for caption, _ in cells}
    has_instances = {"pq", "ap"} & set(results_table.shown_metrics(results))
    notes = picture_notes(
        label_space, instances=bool(has_instances), error="error" in captions
    )
    return notes + pictures


def picture_notes(label_space, *, instances=True, error=True):
    """The legend of classes and how to read the pictures."""
    texts = []
    if instances:
        texts.append("White outlines and shades tell instances apart.")
    if error:
        texts.append("In the picture of errors red is wrong and grey is void.")
    if instances and error:
        texts.append(
            "The color of an offset is its direction, as in the wheel in the corner, "
            "its brightness the distance. Void is blue, the ego vehicle orange."
        )
    return _legend(label_space) + note(" ".join(texts))


def picture_row(title, cells):
    """Pictures of one frame below their title.

    Args:
        title: str.
        cells: list of (caption, uint8 [H, W, 3]).
    """
    pictures = "".join(
        f"<figure>{image(picture, alt=f'{title}: {caption}')}"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for caption, picture in cells
    )
    heading = f"<figcaption>{escape(title)}</figcaption>"
    return (
        f'<figure class="row">{heading}<div class="pictures">{pictures}</div></figure>'
    )


def _strip(strip):
    if not len(strip):
        return ""
    picture = animation(strip, frames_per_second=FRAMES_PER_SECOND, alt=STRIP_ALT)
    return f'<div class="strip">{scroll(picture, label=STRIP_ALT)}</div>'


def _classes(results, control, label_space):
    return report_tables.class_table(results, control=control, label_space=label_space)


def _legend(label_space):
    """Class colors, stuff and things apart, and void."""
    classes = list(zip(label_space.class_names, label_space.colors, strict=True))
    things = [classes[c] for c in label_space.thing_classes]
    stuff = [entry for entry in classes if entry not in things]
    return _legend_line("stuff", [*stuff, ("void", VOID_COLOR)]) + (
        _legend_line("things", things) if things else ""
    )


def _legend_line(kind, entries):
    items = "".join(
        f"<li>{swatch(color)}{escape(name)}</li>" for name, color in entries
    )
    return f'<ul class="legend"><li class="kind">{kind}</li>{items}</ul>'
