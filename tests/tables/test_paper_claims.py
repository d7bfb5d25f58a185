"""Claims: differences within a seed, judged by one rule; numbers typed by hand."""

import math

import pytest

from naive_student_tf.tables import claims

CLAIM = {"text": "B helps.", "better": "b", "worse": "a", "expect": "better"}
PAPER = {
    "table": "Table 0",
    "numbers": {
        "pq": {"name": "PQ (%)"},
        "ap": {"name": "AP (%)"},
        "params": {"name": "Params", "count": ["params"]},
    },
    "rows": {
        "a": {"name": "A", "printed": {"pq": {"value": "62.9"}, "params": {}}},
        "b": {"name": "B", "printed": {"pq": {"value": "65.3"}, "params": {}}},
        "c": {"name": "C", "printed": {"pq": {"value": None}, "params": {}}},
    },
    "claims": [CLAIM],
}
MINUS = "\N{MINUS SIGN}"


def line(row, seed, pq, *, data="toy_city", **more):
    return {"row": row, "seed": seed, "data": data, "metrics": {"pq": pq, **more}}


def tried(results, **changed):
    return claims.try_claim(PAPER, results, CLAIM | changed)


# 1, 2, 3: mean 2, deviation 1, error 0.58, 2.92 errors are 1.69.
# 0, 2, 3: mean 1.67, deviation 1.53, error 0.88, 2.92 errors are 2.58.
@pytest.mark.parametrize(
    ("differences", "expect", "verdict"),
    [
        ([], "better", "not run"),
        ([5.0], "better", "cannot be told from noise"),
        ([5.0, 5.1], "better", "cannot be told from noise"),
        ([1.0, 2.0, 3.0], "better", "shows"),
        ([-1.0, -2.0, -3.0], "better", "does not show"),
        ([0.0, 2.0, 3.0], "better", "cannot be told from noise"),
        ([1.0, 2.0, 3.0], "no better", "does not show"),
        ([-1.0, -2.0, -3.0], "no better", "shows"),
        ([0.1, -0.1, 0.0], "no better", "cannot be told from noise"),
        ([0.0, 0.0, 0.0], "no better", "cannot be told from noise"),
        ([0.0, 0.0, 0.0], "better", "cannot be told from noise"),
    ],
)
def test_the_rule(differences, expect, verdict):
    assert claims.verdict(differences, expect=expect) == verdict


def test_a_bound_is_the_quantile_of_student_s_distribution():
    for freedom, bound in claims.T_95.items():
        assert _share_below(bound, freedom) == pytest.approx(0.95, abs=2e-4)


def _share_below(bound, freedom, steps=20_000):
    """The integral of the density, by the trapezoidal rule."""
    scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2)
    scale /= math.sqrt(freedom * math.pi)
    density = [
        scale * (1 + (bound * i / steps) ** 2 / freedom) ** (-(freedom + 1) / 2)
        for i in range(steps + 1)
    ]
    return 0.5 + bound / steps * (sum(density) - (density[0] + density[-1]) / 2)


def test_more_seeds_than_the_table_has_need_no_less_than_its_last_bound():
    differences = [0.9, -0.1] * 8  # mean 0.4, deviation 0.52, error 0.129
    assert claims.verdict(differences, expect="better") == "shows"


def test_rows_are_compared_within_a_seed():
    results = [
        *(line("a", 0, 10.0), line("a", 1, 20.0), line("a", 2, 30.0)),
        *(line("b", 2, 33.0), line("b", 0, 11.0), line("b", 1, 22.0)),
    ]
    (pq,) = tried(results)
    assert pq["differences"] == [1.0, 2.0, 3.0]
    assert (pq["data"], pq["verdict"]) == ("toy_city", "shows")


def test_a_seed_of_one_row_only_does_not_count():
    (pq,) = tried([line("a", 0, 10.0), line("b", 0, 11.0), line("b", 1, 99.0)])
    assert pq["differences"] == [1.0]


def test_the_newest_line_of_a_seed_counts():
    (pq,) = tried([line("a", 0, 10.0), line("b", 0, 11.0), line("b", 0, 12.5)])
    assert pq["differences"] == [2.5]


def test_data_sets_are_not_mixed():
    toy = [line(row, seed, 1.0) for row in "ab" for seed in (0, 1, 2)]
    city = [
        line("a", 0, 60.0, data="city"),
        line("b", 1, 70.0, data="city"),
    ]
    (pq,) = tried(toy + city)
    assert (pq["data"], pq["differences"]) == ("toy_city", [0.0, 0.0, 0.0])
    (pq,) = tried([*toy, *city, line("b", 0, 63.0, data="city")])
    assert (pq["data"], pq["differences"]) == ("city", [3.0])


def test_a_number_that_both_rows_have_is_tried_though_it_is_not_printed():
    results = [line("a", 0, 10.0, ap=5.0), line("b", 0, 11.0, ap=8.0)]
    pq, ap, mean = tried(results)
    assert [of["name"] for of in (pq, ap, mean)] == [
        "PQ (%)",
        "AP (%)",
        "mean of the 2",
    ]
    assert [of["differences"] for of in (pq, ap, mean)] == [[1.0], [3.0], [2.0]]
    assert [of["printed"] for of in (pq, ap, mean)] == [pytest.approx(2.4), None, None]


def test_a_share_of_the_other_row_may_be_what_has_to_be_reached():
    results = [line("a", seed, 40.0) for seed in range(3)]
    results += [line("b", seed, 38.1 + 0.1 * seed) for seed in range(3)]
    (plain,), (of,) = tried(results), tried(results, share={"pq": 0.95})
    assert plain["verdict"] == claims.DOES_NOT_SHOW and of["verdict"] == claims.SHOWS
    assert of["differences"] == pytest.approx([0.1, 0.2, 0.3])
    assert of["printed"] is None


def test_of_an_error_the_smaller_one_is_better():
    numbers = {"pq": {"name": "Error (%)", "is_error": True}, "ap": {"name": "AP (%)"}}
    paper = PAPER | {"numbers": numbers}
    results = [line("a", seed, 20.0, ap=5.0) for seed in range(3)]
    results += [line("b", seed, 19.0 - 0.1 * seed, ap=5.0) for seed in range(3)]
    error, ap, mean = claims.try_claim(paper, results, CLAIM)
    assert error["differences"] == pytest.approx([1.0, 1.1, 1.2])
    assert error["verdict"] == claims.SHOWS
    assert error["printed"] == pytest.approx(62.9 - 65.3)
    assert ap["differences"] == [0.0] * 3
    assert mean["differences"] == pytest.approx([0.5, 0.55, 0.6])


def test_the_paper_s_difference_is_missing_where_it_prints_none():
    (pq,) = tried([], better="c")
    assert (pq["printed"], pq["verdict"]) == (None, "not run")


def test_the_lines_below_a_table():
    results = [line(row, 0, pq) for row, pq in (("a", 10.0), ("b", 9.0))]
    results += [line(row, 1, pq) for row, pq in (("a", 10.0), ("b", 10.5))]
    assert claims.section(PAPER, results).splitlines()[:6] == [
        *("", "## Claims", ""),
        "| claim | number | paper | ours | seeds above 0 | data | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| B helps. | PQ (%) | +2.4 | {MINUS}0.2 ± 1.1 | 1 of 2 | toy_city "
        "| cannot be told from noise |",
    ]


def test_a_table_without_claims_has_no_such_lines():
    assert claims.section(PAPER | {"claims": []}, []) == ""


def test_a_claim_about_a_row_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"'B helps.' names the row 'd'"):
        tried([], worse="d")


def test_a_claim_that_expects_something_else_is_refused():
    with pytest.raises(ValueError, match=r"expects 'equal'; give one of"):
        tried([], expect="equal")
