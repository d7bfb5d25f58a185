"""Curves as SVG for a web page: no file, no font, colors from the page's style.

Matplotlib writes the SVG; ink and accents become the CSS variables `--ink`,
`--muted`, `--line` and `--accent`, so that one drawing fits light and dark mode.
"""

import html
import io
import re

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, LINE, ACCENT = "#010203", "#040506", "#070809", "#0a0b0c"  # stand-ins
VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", ACCENT: "accent"}
SIZE_INCHES = (3.3, 2.1)  # shown at about 330 CSS pixels: 9 points read as 12 pixels
SMALL_INCHES = (2.4, 2.0)  # four beside each other
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "naive_student_tf", "font.size": 9}


def draw_curve(points, *, name, control=None):
    """Draws a metric over the iterations.

    Args:
        points: list of (iteration, percent), at least one.
        name: str, of the metric, the title.
        control: float, percent of the supervised control (a dashed line), or None.

    Returns:
        str, an `<svg>` element with a text alternative, for use inside HTML.
    """
    iterations, values = zip(*points, strict=True)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        axes = figure.subplots()
        if control is not None:
            axes.axhline(control, color=MUTED, linestyle=(0, (5, 3)), linewidth=1.2)
        axes.plot(iterations, values, color=ACCENT, marker="o", linewidth=2)
        for point in points:
            _label_point(axes, *point)
        _style_axes(axes, name)
        return _to_html(figure, label=_describe(points, name, control), prefix=name)


def draw_precision_recall(curve, *, name, ap50):
    """Draws precision over recall of one class, both from 0 to 1.

    Args:
        curve: dict(recall=..., precision=...), lists of fractions, recall ascending.
        name: str, of the class.
        ap50: str, its AP at IoU 0.5 in percent, shown beside the name.

    Returns:
        str, an `<svg>` element with a text alternative.
    """
    recall = [0.0, *curve["recall"]]
    precision = [curve["precision"][0], *curve["precision"]]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SMALL_INCHES, layout="constrained")
        axes = figure.subplots()
        axes.plot(recall, precision, color=ACCENT, linewidth=2)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.08)
        _style_axes(axes, f"{name}, AP50 {ap50}")
        axes.margins(0)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_xlabel("recall", color=MUTED)
        axes.set_ylabel("precision", color=MUTED)
        axes.grid(axis="x", color=LINE, linewidth=0.8)
        label = (
            f"Precision over recall of {name}, AP50 {ap50}: recall reaches "
            f"{max(recall):.2f}, precision there is {precision[-1]:.2f}."
        )
        return _to_html(figure, label=label, prefix=f"pr{name}")


def _label_point(axes, iteration, percent):
    axes.annotate(
        f"{percent:.1f}",
        (iteration, percent),
        xytext=(0, 6),
        textcoords="offset points",
        ha="center",
        color=INK,
    )


def _style_axes(axes, name):
    axes.set_title(name, color=INK, fontsize=10, fontweight="bold", loc="left")
    axes.set_xlabel("iteration", color=MUTED)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.margins(x=0.12, y=0.25)
    axes.tick_params(colors=MUTED, length=0)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _describe(points, name, control):
    values = ", ".join(f"iteration {i}: {percent:.1f}" for i, percent in points)
    dashed = "" if control is None else f"; dashed line, control: {control:.1f}"
    return f"{name} in percent. {values}{dashed}."


def _to_html(figure, *, label, prefix):
    """The bare `<svg>`: no XML header, no metadata, ids that are unique in the page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    slug = re.sub(r"\W", "", prefix)
    body = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{slug}-", body)
    for color, variable in VARIABLES.items():
        body = body.replace(color, f"var(--{variable})")
    view_box = re.search(r'viewBox="[^"]*"', svg).group()
    return f'<svg role="img" aria-label="{html.escape(label)}" {view_box}>{body}'
