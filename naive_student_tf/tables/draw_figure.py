"""Curves with a band and the points behind them, as an SVG file.

Written by hand, without Matplotlib: the bytes depend on the numbers only, in every
lane, so that a test can compare the file with what the results give.
"""

import math
import statistics
from html import escape

WIDTH, HEIGHT = 270, 190  # of a plot, in CSS pixels
LEFT, TOP, BOTTOM, GAP = 46, 104, 52, 54
INK, MUTED, LINE = "#1b1f24", "#57606a", "#dde2e8"
COLORS = ("#0b62c4", "#c2570c", "#2f7d4f", "#8a3fa8")
DASHES = ("", "6 3", "2 3", "8 3 2 3")  # a second sign beside the color
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def draw(panels, *, title, note, x_name):
    """Draws one plot per panel, side by side, with one legend.

    Args:
        panels: {name: {series: [(x, values of the seeds)], x ascending}}, the same
            series in each; a series may be empty.
        title: str. note: str, a line below it. x_name: str, below each axis.

    Returns:
        str, an SVG document with a text alternative.
    """
    series = list(next(iter(panels.values())))
    xs = sorted({x for panel in panels.values() for x in _xs(panel)})
    plots = [
        _plot(panel, name=name, x_name=x_name, xs=xs, left=LEFT + i * (WIDTH + GAP))
        for i, (name, panel) in enumerate(panels.items())
    ]
    width = LEFT + len(panels) * (WIDTH + GAP) - GAP + 16
    height = TOP + HEIGHT + BOTTOM
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="{FONT}" font-size="12">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(_describe(panels))}</desc>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            _text(14, 26, title, size=16, weight="bold"),
            _text(14, 46, note, fill=MUTED),
            *_legend(series),
            *plots,
            "</svg>\n",
        ]
    )


def mean_and_spread(values):
    """(mean, standard deviation); the deviation of one value is 0."""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return statistics.mean(values), spread


def ticks(low, high, *, most=5):
    """Round numbers that span [low, high]: at most `most` + 2, ascending."""
    rough = max(high - low, 1e-9) / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(i * step, 9) for i in range(first, last + 1)]


def _plot(panel, *, name, x_name, xs, left):
    """One pair of axes with all its series."""
    levels = ticks(*_range(panel))
    margin = (xs[-1] - xs[0]) * 0.06 or 0.5

    def place(x, y):
        along = (x - xs[0] + margin) / (xs[-1] - xs[0] + 2 * margin)
        up = (y - levels[0]) / (levels[-1] - levels[0])
        return left + along * WIDTH, TOP + (1 - up) * HEIGHT

    parts = [_text(left, TOP - 12, name, size=13, weight="bold")]
    for level in levels:
        _, y = place(xs[0], level)
        parts.append(_line([(left, y), (left + WIDTH, y)], LINE, 1))
        parts.append(_text(left - 7, y + 4, f"{level:g}", fill=MUTED, anchor="end"))
    below = TOP + HEIGHT + 18
    for x in xs:
        at, _ = place(x, levels[0])
        parts.append(_text(at, below, f"{x:g}", fill=MUTED, anchor="middle"))
    middle = left + WIDTH / 2
    parts.append(_text(middle, below + 20, x_name, fill=MUTED, anchor="middle"))
    for i, points in enumerate(panel.values()):
        parts += _series(points, place, color=COLORS[i], dash=DASHES[i])
    return "\n".join(parts)


def _series(points, place, *, color, dash):
    """Band, seeds and means of one series, from the back to the front."""
    if not points:
        return []
    spans = [(x, *mean_and_spread(values)) for x, values in points]
    upper = [place(x, mean + spread) for x, mean, spread in spans]
    lower = [place(x, mean - spread) for x, mean, spread in spans]
    means = [place(x, mean) for x, mean, _ in spans]
    seeds = [place(x, value) for x, values in points for value in values]
    band = _points([*upper, *reversed(lower)])
    parts = [f'<polygon points="{band}" fill="{color}" fill-opacity="0.14"/>']
    parts += [_circle(at, 2.6, color, opacity=0.45) for at in seeds]
    if len(means) > 1:
        parts.append(_line(means, color, 2.2, dash=dash))
    return parts + [_circle(at, 4.2, color) for at in means]


def _legend(names):
    """One line: a sample and the name of each series; none for a single one."""
    parts, left = [], 14
    for i, name in enumerate(names if len(names) > 1 else ()):
        sample = [(left, 66), (left + 26, 66)]
        parts.append(_line(sample, COLORS[i], 2.2, dash=DASHES[i]))
        parts.append(_circle((left + 13, 66), 4.2, COLORS[i]))
        parts.append(_text(left + 33, 70, name))
        left += 33 + 7 * len(name) + 28
    return parts


def _range(panel):
    """The lowest and the highest number that a plot shows; never the same."""
    seen = []
    for points in panel.values():
        for _, values in points:
            mean, spread = mean_and_spread(values)
            seen += [mean - spread, mean + spread, *values]
    low, high = min(seen, default=0), max(seen, default=1)
    return (low, high) if low < high else (low - 1, high + 1)


def _describe(panels):
    told = []
    for name, panel in panels.items():
        for series, points in panel.items():
            values = [
                f"at {x:g}: {mean:.1f} ± {spread:.1f}"
                for x, (mean, spread) in ((x, mean_and_spread(v)) for x, v in points)
            ]
            told.append(f"{name}, {series}: {', '.join(values) or 'not run'}.")
    return " ".join(told)


def _xs(panel):
    return [x for points in panel.values() for x, _ in points]


def _text(x, y, text, *, size=12, fill=INK, weight="normal", anchor="start"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
        f'font-weight="{weight}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _line(points, color, width, *, dash=""):
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{color}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _circle(at, radius, color, *, opacity=1):
    x, y = at
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}" '
        f'fill-opacity="{opacity}"/>'
    )


def _points(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
