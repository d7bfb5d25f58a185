"""The parts of a report that show one evaluation: HTML from what evaluate.py wrote.

Every plot is a table at the same time, or has one below it.
"""

from html import escape

from naive_student_tf.evaluate import charts, score_table
from naive_student_tf.evaluate.report_html import html_table, note, section, swatch
from naive_student_tf.results_table import MISSING, format_number, value

BARS = {"iou": "IoU", "pq": "PQ", "ap": "AP"}
RECALLS = tuple(range(10, 100, 10))  # percent
DARK = 75  # percent of the accent from which text on it changes its color


def class_bars(metrics, *, label_space):
    """IoU, PQ and AP of every class as bars with their numbers.

    Args:
        metrics: dict, metrics.json.
        label_space: LabelSpace.
    """
    per_class = metrics["per_class"]
    shown = {k: v for k, v in BARS.items() if any(k in c for c in per_class.values())}
    header, rows = ["class"], []
    for name in shown.values():
        header += [name, ""]
    for name, color in zip(label_space.class_names, label_space.colors, strict=True):
        row = [swatch(color) + escape(name)]
        for key in shown:
            number = value(per_class[name], key)
            width = f"{number or 0:.1f}"
            row.append(
                f'<div class="bars" aria-hidden="true"><span class="after" '
                f'style="width:{width}%"></span></div>'
            )
            row.append(format_number(number))
        rows.append(row)
    bars = range(1, len(header), 2)
    table = html_table(
        header, rows, label="scores per class", kind="classes", text_columns=bars
    )
    return section("Scores per class", table, note("Percent, longer is better."))


def score_section(metrics, *, label_space):
    """All scores with all means; the table that the console gets."""
    header, rows = score_table.table(metrics, label_space=label_space)
    cells = [[escape(cell) for cell in row] for row in rows]
    return section("All scores", html_table(header, cells, label="all scores"))


def confusion_section(details, *, label_space):
    """The confusion matrix as a table whose cells are shaded."""
    if "confusion" not in details:
        return ""
    names = [*label_space.class_names, "void"]
    rows = []
    for name, pixels in zip(names[:-1], details["confusion"], strict=False):
        total = sum(pixels)
        cells = [_shaded(100 * count / total if total else None) for count in pixels]
        rows.append([escape(name), *cells])
    table = html_table(
        ["true class", *names], rows, label="confusion matrix", kind="confusion"
    )
    text = (
        "Of the pixels of a true class (row), the percentage predicted as each class "
        "(column); a dot is less than 0.5. A class without pixels has dashes."
    )
    return section("Confusion of classes", note(text), table)


def precision_recall_section(details, metrics, *, label_space):
    """Precision over recall of every thing class, charts and a table."""
    curves = details.get("precision_recall", {})
    drawn, rows = [], []
    for name in (label_space.class_names[c] for c in label_space.thing_classes):
        curve = curves.get(name)
        if not curve or not curve["recall"]:
            continue
        ap50 = format_number(value(metrics["per_class"][name], "ap50"))
        drawn.append(charts.draw_precision_recall(curve, name=name, ap50=ap50))
        rows.append([escape(name), *_precision_at(curve), ap50])
    if not drawn:
        return ""
    header = ["class", *(f"{recall} %" for recall in RECALLS), "AP50"]
    return section(
        "Precision over recall of instances",
        note("A mask counts if its IoU with an instance exceeds 0.5."),
        f'<div class="charts small">{"".join(drawn)}</div>',
        "<h3>Precision at a recall</h3>",
        html_table(header, rows, label="precision at a recall"),
    )


def extremes_section(details, pictures, *, kind, metric):
    """The worst or the best images with their score.

    Args:
        details: dict, details.json.
        pictures: dict, name of an image -> HTML.
        kind: str, worst or best.
        metric: str, what ranked them.
    """
    names = details.get(kind, [])
    if not names:
        return ""
    scores = details["images"]
    rows = [[escape(name), format_number(scores[name])] for name in names]
    table = html_table(["image", metric], rows, label=f"{kind} images")
    content = "".join(pictures.get(name, "") for name in names)
    return section(f"{kind.capitalize()} images", table, content)


def _shaded(percent):
    if percent is None:
        return MISSING
    text = "·" if percent < 0.5 else f"{percent:.0f}"
    kind = ' class="dark"' if percent > DARK else ""
    return f'<span style="--share:{percent:.0f}%"{kind}>{text}</span>'


def _precision_at(curve):
    """Percent at each of RECALLS: of the first point that reaches it, or a dash."""
    cells = []
    for recall in RECALLS:
        reached = (
            precision
            for found, precision in zip(
                curve["recall"], curve["precision"], strict=True
            )
            if 100 * found >= recall
        )
        precision = next(reached, None)
        cells.append(format_number(None if precision is None else 100 * precision))
    return cells
