"""The page of results and the index: what they show, from results typed by hand."""

from naive_student_tf.tables import index, results_page

PAPER = {
    "table": "Table 0",
    "title": "A table",
    "numbers": {"pq": {"name": "PQ (%)"}, "ap": {"name": "AP (%)"}},
    "rows": {
        "a": {
            "name": "A",
            "printed": {
                "pq": {"value": "62.9", "tolerance": 0.5},
                "ap": {"value": None},
            },
        },
        "b": {"name": "B", "printed": {"pq": {"value": "65.3", "tolerance": 0.5}}},
    },
    "claims": [{"text": "B helps.", "better": "b", "worse": "a", "expect": "better"}],
    "figure": {"x": "x", "series": {"S": {"0": "a", "1": "b"}}},
}
SCORES = {"a": (10.0, 20.0, 30.0), "b": (11.0, 22.0, 33.0)}
RESULTS = [
    {"row": row, "seed": seed, "data": "toy_city", "metrics": {"pq": pq}}
    for row, values in SCORES.items()
    for seed, pq in enumerate(values)
]
TABLES = [("table_00", PAPER, RESULTS)]


def page(tables=TABLES, **changed):
    nothing = {"records": [], "benchmarks": [], "pictures": []}
    return results_page.page(tables, **nothing | changed)


def test_every_claim_has_one_line_with_a_verdict_per_number():
    (line,) = results_page.overview(TABLES).splitlines()[2:]
    link = "[Table 0](../experiments/table_00/table.md)"
    assert line == f"| {link} | B helps. | shows |  | toy_city |"


def test_a_claim_with_a_note_says_so_and_one_without_a_verdict_is_not_counted():
    noted = [("table_00", PAPER | {"toy_note": "Mind."}, RESULTS)]
    link = "toy_city, [note](../experiments/table_00/table.md#claims) |"
    assert results_page.overview(noted).splitlines()[-1].endswith(link)
    assert "**At the toy scale.** Mind.\n" in page(noted)
    claim = PAPER["claims"][0] | {"no_toy": "too small"}
    unjudged = [("table_00", PAPER | {"claims": [claim]}, RESULTS)]
    last = results_page.overview(unjudged).splitlines()[-1]
    assert "| not at this scale |" in last and last.endswith(link)
    assert "1 verdicts stand here" in page() and "verdicts stand" not in page(unjudged)


def test_a_row_stands_beside_the_paper_s():
    lines = results_page.beside(PAPER, RESULTS).splitlines()
    assert lines[2:] == [
        "| A | 20.0 ± 10.0 / 62.9 | \N{EN DASH} / \N{EN DASH} | toy 1, not run 1 |",
        "| B | 22.0 ± 11.0 / 65.3 |  | toy |",
    ]


def test_the_figure_is_shown_where_there_are_results():
    image = "![Table 0](../experiments/table_00/figure.svg)"
    assert image in page()
    assert image not in page([("table_00", PAPER, [])])


def test_other_experiments_pictures_and_benchmarks_are_shown():
    text = page(
        records=[("demo", "The demo", "| a |\n")],
        benchmarks=[("tta.md", "Test-time augmentation")],
        pictures=[{"file": "val.webp", "caption": "A frame"}],
    )
    assert "## The demo\n\n| a |\n\n[More](../experiments/demo/README.md)" in text
    assert "- [Test-time augmentation](../benchmarks/tta.md)" in text
    assert "A frame\n\n![A frame](pictures/val.webp)" in text


def test_the_index_has_hours_and_memory_where_they_are_known():
    sums = {"hours": 49.84, "is_bound": True, "stages_not_run": 3}
    sums = {"v5e:4x8": sums | {"hbm_peak_bytes": 12.1 * 2**30}}
    nothing = {"hours": 0, "is_bound": False, "stages_not_run": 2}
    nothing = {"v5e:4x8": nothing | {"hbm_peak_bytes": None}}
    hours = {"chips": {"v5e:4x8": 32}, "rows": {"table_00/b": sums}}
    hours["tables"] = {"table_00": nothing}
    text = index.index(TABLES, hours=hours)
    assert "| [Table 0](table_00/README.md) | A table | \N{EN DASH} + 2 |" in text
    first, second = text.splitlines()[-2:]
    assert first.endswith("| [a.gin](table_00/a.gin) | toy 1, not run 1 |  |")
    assert second.endswith("| [b.gin](table_00/b.gin) | toy | ≥ 49.8 h + 3, 12.1 GiB |")


def test_the_index_does_without_hours():
    last = index.index(TABLES, hours={}).splitlines()[-1]
    assert last.endswith("| [b.gin](table_00/b.gin) | toy |")
