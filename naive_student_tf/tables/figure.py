"""A figure of the paper from our results: mean, spread and every seed.

`paper["figure"]` is {x: str, what the axis shows; series: {name: {x: row}}}, with x a
number written as a string. There is one panel per number of the table that is not
counted.
"""

from naive_student_tf.tables import draw_figure
from naive_student_tf.tables.measured import is_toy, over_seeds

FILE = "figure.svg"  # beside table.md


def figure(paper, results):
    """figure.svg as text; None without a `figure` or without a result."""
    if "figure" not in paper:
        return None
    _check(paper)
    series = paper["figure"]["series"]
    rows = {row for points in series.values() for row in points.values()}
    keys = [key for key, of in paper["numbers"].items() if "count" not in of]
    lines = [r for r in results if r["row"] in rows and {*keys} & {*r["metrics"]}]
    if not lines:
        return None
    data = lines[-1]["data"]
    lines = [line for line in lines if line["data"] == data]
    panels = {paper["numbers"][key]["name"]: _panel(series, lines, key) for key in keys}
    return draw_figure.draw(
        panels,
        title=f"{paper['table']}{' (toy)' if is_toy(data) else ''}",
        note=f"{data}, seeds {_listed(lines)}: mean, standard deviation, every seed",
        x_name=paper["figure"]["x"],
    )


def _panel(series, lines, key):
    """{name of the series: [(x, values of the seeds)], x ascending}."""
    return {
        name: [
            (float(x), sorted(values))
            for x, row in sorted(points.items(), key=lambda point: float(point[0]))
            if (values := over_seeds(lines, row, key))
        ]
        for name, points in series.items()
    }


def _listed(lines):
    return ", ".join(map(str, sorted({line["seed"] for line in lines})))


def _check(paper):
    series, most = paper["figure"]["series"], len(draw_figure.COLORS)
    if len(series) > most:
        raise ValueError(
            f"{paper['table']}: the figure has {len(series)} series; there are {most} "
            "colors."
        )
    for name, points in series.items():
        for x, row in points.items():
            if row not in paper["rows"]:
                raise ValueError(
                    f"{paper['table']}: the figure's series {name!r} names the row "
                    f"{row!r}; there are {list(paper['rows'])}."
                )
            try:
                float(x)
            except ValueError:
                raise ValueError(
                    f"{paper['table']}: the figure's series {name!r} has x = {x!r}; "
                    "expected a number."
                ) from None
