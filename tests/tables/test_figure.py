"""Figures: what is drawn where, from numbers typed by hand."""

from xml.etree import ElementTree

import pytest

from naive_student_tf.tables import draw_figure
from naive_student_tf.tables.figure import figure

PAPER = {
    "table": "Figure 0",
    "numbers": {
        "pq": {"name": "PQ (%)"},
        "params": {"name": "Params", "count": ["params"]},
    },
    "rows": {"a_20": {}, "a_40": {}, "b_20": {}},
    "figure": {
        "x": "labels (%)",
        "series": {"A": {"40": "a_40", "20": "a_20"}, "B": {"20": "b_20"}},
    },
}


def line(row, seed, pq, *, data="toy_city"):
    return {"row": row, "seed": seed, "data": data, "metrics": {"pq": pq}}


RESULTS = [line("a_20", 0, 12.0), line("a_20", 1, 14.0), line("a_40", 0, 20.0)]


def tags(svg, name):
    root = ElementTree.fromstring(svg)
    return [e for e in root.iter() if e.tag.endswith("}" + name)]


def texts(svg):
    return [element.text for element in tags(svg, "text")]


def test_every_seed_and_every_mean_is_a_point():
    circles = tags(figure(PAPER, RESULTS), "circle")
    seeds = [c for c in circles if c.get("r") == "2.6"]
    means = [c for c in circles if c.get("r") == "4.2"]
    assert (len(seeds), len(means)) == (3, 2 + 2)  # two of them are the legend's


def test_points_lie_where_the_axes_say():
    """The plot spans 10 to 20 upwards from y = 294 to y = 104: 19 pixels per point."""
    svg = figure(PAPER, RESULTS)
    curves = [e for e in tags(svg, "polyline") if e.get("stroke-width") == "2.2"]
    (curve,) = curves[2:]  # after two samples of the legend
    first, last = (tuple(map(float, p.split(","))) for p in curve.get("points").split())
    assert (first[1], last[1]) == (294 - 19 * 3, 294 - 19 * 10)
    labels = {e.text: float(e.get("x")) for e in tags(svg, "text")}
    assert (first[0], last[0]) == (labels["20"], labels["40"])


def test_the_band_is_mean_and_deviation():
    (band,) = tags(figure(PAPER, RESULTS), "polygon")
    heights = [float(p.split(",")[1]) for p in band.get("points").split()]
    spread = 2**0.5  # of 12 and 14
    expected = [294 - 19 * (value - 10) for value in (13 + spread, 20, 20, 13 - spread)]
    assert heights == pytest.approx(expected, abs=0.06)


def test_a_figure_of_toy_data_says_so():
    assert "Figure 0 (toy)" in texts(figure(PAPER, RESULTS))
    real = figure(PAPER, [line("a_20", 0, 60.0, data="cityscapes")])
    assert "Figure 0" in texts(real)
    assert any(text.startswith("cityscapes, seeds 0:") for text in texts(real))


def test_the_figure_can_be_read_aloud():
    (told,) = tags(figure(PAPER, RESULTS), "desc")
    assert told.text == (
        "PQ (%), A: at 20: 13.0 ± 1.4, at 40: 20.0 ± 0.0. PQ (%), B: not run."
    )


def test_data_sets_are_not_mixed():
    svg = figure(PAPER, [*RESULTS, line("a_20", 0, 60.0, data="cityscapes")])
    assert "A: at 20: 60.0 ± 0.0." in svg


def test_without_results_or_without_a_figure_nothing_is_drawn():
    assert figure(PAPER, []) is None
    assert figure(PAPER, [line("other", 0, 1.0)]) is None
    without = {key: value for key, value in PAPER.items() if key != "figure"}
    assert figure(without, RESULTS) is None


def test_the_bytes_do_not_depend_on_the_order_of_the_seeds():
    assert figure(PAPER, RESULTS) == figure(PAPER, [RESULTS[1], RESULTS[0], RESULTS[2]])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (12.0, 20.0, [12, 14, 16, 18, 20]),
        (12.1, 13.0, [12.0, 12.2, 12.4, 12.6, 12.8, 13.0]),
        (0.0, 100.0, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert draw_figure.ticks(low, high) == expected


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ({"A": {"20": "c"}}, r"'A' names the row 'c'; there are \['a_20'"),
        ({"A": {"all": "a_20"}}, r"'A' has x = 'all'; expected a number"),
        ({name: {} for name in "ABCDE"}, r"has 5 series; there are 4 colors"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused(series, message):
    paper = PAPER | {"figure": {"x": "x", "series": series}}
    with pytest.raises(ValueError, match=message):
        figure(paper, RESULTS)
