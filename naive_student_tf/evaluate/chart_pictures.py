"""Charts of an evaluation as pictures for TensorBoard, with a table as their text.

The web page has the same as SVG and HTML (charts.py, evaluation_sections.py).
"""

import matplotlib
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from naive_student_tf.evaluate import score_table
from naive_student_tf.results_table import format_number, value

INK, LINE, BLUE = "#1b1f24", "#dde2e8", "#0b62c4"
STYLE = {"font.size": 11, "text.color": INK, "axes.edgecolor": LINE}
BARS = {"iou": "IoU", "pq": "PQ", "ap": "AP"}
DARK = 0.65  # share from which the text on a cell is white


def write_charts(result, details, *, label_space):
    """Writes confusion, bars per class, precision over recall, and the text table.

    Args:
        result: dict of `Metrics.result`.
        details: dict of `Metrics.details`.
        label_space: LabelSpace.
    """
    charts = {"per_class": draw_class_bars(result, label_space=label_space)}
    if "confusion" in details:
        names = label_space.class_names
        charts["confusion"] = draw_confusion(details["confusion"], names=names)
    curves = details.get("precision_recall", {})
    curves = {name: curve for name, curve in curves.items() if curve["recall"]}
    if curves:
        charts["precision_recall"] = draw_precision_recall(curves, result)
    for name, picture in charts.items():
        tf.summary.image(f"charts/{name}", picture[None])
    header, rows = score_table.table(result, label_space=label_space)
    lines = [header, ["---"] * len(header), *rows]
    tf.summary.text("scores", "\n".join(f"| {' | '.join(line)} |" for line in lines))


def draw_confusion(confusion, *, names):
    """The confusion matrix, rows in percent of the true pixels: uint8 [H, W, 3].

    Args:
        confusion: integers [num_classes + 1, num_classes + 1], void last.
        names: tuple of str, of the classes.
    """
    pixels = np.asarray(confusion, np.float64)[:-1]
    share = pixels / np.maximum(pixels.sum(1, keepdims=True), 1)
    side = 2.5 + 0.45 * len(names)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(side + 0.5, side), layout="constrained")
        axes = figure.subplots()
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(names) + 1), [*names, "void"], rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("predicted, percent of the true pixels", labelpad=14)
        axes.set_ylabel("true")
        axes.xaxis.set_label_position("top")
        axes.xaxis.tick_top()
        for (row, column), part in np.ndenumerate(share):
            if part >= 0.005:
                color = "white" if part > DARK else INK
                text = f"{100 * part:.0f}"
                axes.text(column, row, text, color=color, ha="center", va="center")
        return _to_array(figure)


def draw_class_bars(result, *, label_space):
    """IoU, PQ and AP of every class side by side: uint8 [H, W, 3]."""
    names, per_class = label_space.class_names, result["per_class"]
    shown = [key for key in BARS if any(key in of for of in per_class.values())]
    colors = np.array(label_space.colors) / 255
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4 * len(shown) + 1.5, 1 + 0.32 * len(names)))
        figure.set_layout_engine("constrained")
        columns = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for axes, key in zip(columns, shown, strict=True):
            numbers = [value(per_class[name], key) for name in names]
            lengths = [number or 0 for number in numbers]
            axes.barh(range(len(names)), lengths, color=colors)
            for row, number in enumerate(numbers):
                text = format_number(number)
                axes.text((number or 0) + 1, row, text, va="center")
            axes.set_title(BARS[key], loc="left", fontweight="bold")
            axes.set_xlim(0, 115)
            axes.set_xticks([0, 50, 100])
            axes.spines[["top", "right"]].set_visible(False)
        columns[0].set_yticks(range(len(names)), names)
        columns[0].invert_yaxis()
        return _to_array(figure)


def draw_precision_recall(curves, result):
    """Precision over recall, one small chart per class: uint8 [H, W, 3].

    Args:
        curves: dict, class name -> {recall, precision}, not empty.
        result: dict of `Metrics.result`.
    """
    rows = -(-len(curves) // 4)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12, 3 * rows), layout="constrained")
        grid = figure.subplots(rows, 4, squeeze=False).ravel()
        for axes, (name, curve) in zip(grid, curves.items(), strict=False):
            mark = "o" if len(curve["recall"]) == 1 else None
            points = curve["recall"], curve["precision"]
            axes.plot(*points, color=BLUE, linewidth=2, marker=mark)
            ap50 = format_number(value(result["per_class"][name], "ap50"))
            axes.set_title(f"{name}, AP50 {ap50}", loc="left", fontweight="bold")
            axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.08))
            axes.set(xlabel="recall", ylabel="precision")
            axes.set_xticks([0, 0.5, 1])
            axes.set_yticks([0, 0.5, 1])
            axes.grid(color=LINE)
            axes.spines[:].set_visible(False)
        for axes in grid[len(curves) :]:
            axes.set_visible(False)
        return _to_array(figure)


def _to_array(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
