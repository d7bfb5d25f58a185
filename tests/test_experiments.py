"""The tables of the paper: every row has a config, every number a computed status."""

import json
import pathlib
import re

import pytest
import tensorflow as tf

from naive_student_tf import config
from naive_student_tf.compat import keras
from naive_student_tf.tables import claims, measured, publish, record, render
from naive_student_tf.tables.figure import FILE

ROOT = pathlib.Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"
FOLDERS = sorted(path.parent for path in EXPERIMENTS.glob("*/paper.json"))
JOB = ROOT / "gin_configs" / "jobs" / "tables.gin"
TABLES = {folder.name: record.read_paper(folder) for folder in FOLDERS}
ROWS = [(name, row) for name, paper in TABLES.items() for row in paper["rows"]]
COUNTED = [(name, row) for name, row in ROWS if "count_with" in TABLES[name]]

PRINTED = {"value": "63.0", "tolerance": 0.5}
PAPER = {
    "table": "Table 0",
    "title": "A table",
    "numbers": {
        "params": {"name": "Params (M)", "count": ["trainable_params"], "unit": 1e6},
        "pq": {"name": "PQ (%)"},
        "block": {"name": "B5", "count": ["stages", "b5", "convolutions"]},
    },
    "rows": {
        "net": {
            "name": "Net",
            "printed": {
                "params": {"value": "147.27", "tolerance": 0.005},
                "pq": PRINTED,
                "block": {"value": ["3x3 512", "3x3 1024"], "printed_in": "Table 11"},
            },
        }
    },
}
DESCRIPTION = {
    "trainable_params": 147269974,
    "stages": [
        {"name": "b4", "convolutions": []},
        {"name": "b5", "convolutions": ["3x3 1024", "3x3 1024"]},
    ],
}


def line(metrics, *, row="net", data=None):
    return {"row": row, "metrics": metrics, "data": data, "config": "c"}


def statuses(results):
    rows = render.table(PAPER, results).splitlines()[6:]
    return [row.split(" | ")[-1].removesuffix(" |") for row in rows]


@pytest.fixture(scope="module", autouse=True)
def weights_are_zeros():
    """Random numbers for 174 million weights would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            keras.initializers.HeNormal,
            "__call__",
            lambda self, shape, dtype=None, **_: tf.zeros(shape, dtype),
        )
        yield


def test_the_job_knows_every_table():
    config.load([str(JOB)])
    tables = config.macro("TABLES")
    assert [ROOT / table for table in tables] == FOLDERS


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_config_and_every_config_of_a_network_is_a_row(name):
    rows = set(TABLES[name]["rows"])
    assert {path.stem for path in (EXPERIMENTS / name).glob("*.gin")} == rows
    networks = {path.stem for path in (EXPERIMENTS / name).glob("networks/*.gin")}
    assert networks in (set(), rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_printed_number_is_described_and_has_a_tolerance(name):
    paper = TABLES[name]
    for row in paper["rows"].values():
        assert set(row["printed"]) <= set(paper["numbers"])
        for printed in row["printed"].values():
            if isinstance(printed["value"], str):
                assert re.fullmatch(r"\d+(\.\d+)?", printed["value"])
                assert printed["tolerance"] > 0


@pytest.mark.parametrize("name", TABLES)
def test_every_claim_compares_two_rows(name):
    for claim in TABLES[name].get("claims", ()):
        assert claim["text"].endswith(".") and claim["better"] != claim["worse"]
        assert claims.try_claim(TABLES[name], [], claim)


def generated():
    """What the job would write, {path from the repository's root: text}."""
    config.load([str(JOB)])
    macros = {name: config.macro(name.upper()) for name in ("output", "page")}
    files = publish.files(config.macro("TABLES"), root=ROOT, **macros)
    return {path.as_posix(): text for path, text in files.items()}


def test_generated_files_are_those_that_the_results_give():
    files = generated()
    assert {"experiments/README.md", "docs/results.md"} < set(files)
    for path, expected in files.items():
        assert (ROOT / path).read_text() == expected, path


def test_no_figure_stays_whose_results_are_gone():
    drawn = {path for path in generated() if path.endswith(FILE)}
    found = EXPERIMENTS.glob(f"*/{FILE}")
    assert {path.relative_to(ROOT).as_posix() for path in found} == drawn


@pytest.mark.parametrize(("name", "row"), COUNTED)
def test_a_row_counts_what_its_results_say(name, row, tmp_path):
    folder, paper = EXPERIMENTS / name, TABLES[name]
    output = tmp_path / "network.json"
    files = [paper["count_with"], str(record.network(folder, row))]
    config.load(files, [f"OUTPUT = '{output}'"])
    config.run()
    counted = record.measured(paper, row, json.loads(output.read_text()))
    results = record.read_results(folder)
    known = {key: measured.newest(results, row, key)[0] for key in counted}
    assert counted == known


@pytest.mark.parametrize(("name", "row"), COUNTED)
def test_a_row_was_counted_with_the_configs_that_are_here(name, row):
    files = [TABLES[name]["count_with"], str(record.network(EXPERIMENTS / name, row))]
    counted = [
        line
        for line in record.read_results(EXPERIMENTS / name)
        if line["row"] == row and line["data"] is None
    ]
    assert counted[-1]["config"] == record._fingerprint(files)


def test_a_number_without_a_result_is_not_run():
    assert statuses([]) == ["not run"] * 3
    assert statuses([line({"pq": 63.0}, row="other")]) == ["not run"] * 3


def test_a_number_inside_the_tolerance_is_reproduced_and_outside_it_off():
    assert render.status(PRINTED, 63.5) == "reproduced"
    assert render.status(PRINTED, 62.5) == "reproduced"
    assert render.status(PRINTED, 62.4) == "off"
    assert render.status(PRINTED, None) == "not run"


def test_a_number_of_the_toy_city_is_no_reproduction():
    assert render.status(PRINTED, 63.0, data="toy_city") == "toy"
    assert render.status(PRINTED, 63.0, data="cityscapes") == "reproduced"
    assert statuses([line({"pq": 63.0}, data="toy_city")]) == [
        "not run",
        "toy",
        "not run",
    ]


def test_a_number_that_the_paper_only_draws_is_measured():
    drawn = {"value": None}
    assert render.status(drawn, None) == "not run"
    assert render.status(drawn, 63.0, data="toy_city") == "toy"
    assert render.status(drawn, 63.0, data="cityscapes") == "measured"
    paper = PAPER | {"rows": {"net": {"name": "Net", "printed": {"pq": drawn}}}}
    results = [line({"pq": 63.04}, data="cityscapes")]
    assert render.table(paper, results).splitlines()[-1] == (
        "| Net | PQ (%) | \N{EN DASH} | 63.0 | \N{EN DASH} | measured |"
    )


def test_a_toy_number_has_no_difference_to_the_paper_s():
    results = [
        line({"pq": pq}, data="toy_city") | {"seed": seed}
        for seed, pq in enumerate((20.0, 21.0, 22.0))
    ]
    cells = "| Net | PQ (%) | 63.0 | 21.0 ± 1.0 | \N{EN DASH} | toy |"
    assert cells in render.table(PAPER, results)


def test_the_newest_result_counts():
    results = [line({"pq": 63.0, "params": 147269974}), line({"pq": 60.0})]
    assert statuses(results) == ["reproduced", "off", "not run"]


def test_the_table_shows_paper_ours_and_difference():
    counted = record.measured(PAPER, "net", DESCRIPTION)
    assert counted == {
        "params": 147269974,
        "block": ["3x3 1024", "3x3 1024"],
    }
    rows = render.table(PAPER, [line({**counted, "pq": 62.9})]).splitlines()[6:]
    assert rows == [
        "| Net | Params (M) | 147.27 | 147.2700 | 0.0000 | reproduced |",
        "| Net | PQ (%) | 63.0 | 62.900 | \N{MINUS SIGN}0.100 | reproduced |",
        "| Net | B5 | 3x3 512, 3x3 1024 (Table 11) | 3x3 1024, 3x3 1024 "
        "| \N{EN DASH} | off |",
    ]


def test_a_count_in_ones_is_shown_as_the_whole_number_it_is():
    numbers = {"blocks": {"name": "B6, blocks", "count": ["repeats"]}}
    printed = {"blocks": {"value": "3", "tolerance": 0.5}}
    rows = {"net": {"name": "Net", "printed": printed}}
    paper = PAPER | {"numbers": numbers, "rows": rows}
    last = render.table(paper, [line({"blocks": 3})]).splitlines()[-1]
    assert last == "| Net | B6, blocks | 3 | 3 | 0 | reproduced |"
    last = render.table(paper, [line({"blocks": 1})]).splitlines()[-1]
    assert last == "| Net | B6, blocks | 3 | 1 | \N{MINUS SIGN}2 | off |"


def test_a_number_that_the_description_does_not_have_is_named():
    paper = {"rows": {"net": {"printed": {"x": {}}}}, "numbers": {"x": {}}}
    paper["numbers"]["x"]["count"] = ["stages", "b9", "size"]
    with pytest.raises(ValueError, match=r"no 'b9' in \['b4', 'b5'\]"):
        record.measured(paper, "net", DESCRIPTION)


def test_the_job_appends_what_is_new_and_renders(tmp_path, monkeypatch):
    found = dict(DESCRIPTION)
    monkeypatch.setattr(record, "_describe", lambda files: found)
    folder = tmp_path / "table_00"
    folder.mkdir()
    paper = PAPER | {"count_with": str(JOB)}
    (folder / "paper.json").write_text(json.dumps(paper))
    (folder / "net.gin").write_text("# Table 0, row 1.\n")
    output, page = tmp_path / "experiments" / "README.md", tmp_path / "docs.md"
    output.parent.mkdir()
    for params in (1, 1, 147269974):
        found["trainable_params"] = params
        publish.update_tables(tables=(str(folder),), output=str(output), page=str(page))
    results = record.read_results(folder)
    assert [line["metrics"]["params"] for line in results] == [1, 147269974]
    assert (folder / "table.md").read_text() == render.table(paper, results)
    assert (
        "| [Table 0](table_00/table.md) | Net | [net.gin](table_00/net.gin) "
        "| reproduced 1, off 1, not run 1 |"
    ) in output.read_text()
    assert "## Table 0. A table" in page.read_text()


def test_a_repeated_seed_is_not_recorded_twice(tmp_path):
    path = tmp_path / "results.jsonl"

    def seen(seed, pq, *, data="toy_city"):
        result = line({"pq": pq}, data=data) | {"seed": seed}
        record.append_new(path, result)
        return [(r["seed"], r["metrics"]["pq"]) for r in record.read_results(tmp_path)]

    seen(0, 1.0)
    assert seen(1, 2.0) == [(0, 1.0), (1, 2.0)]
    assert seen(0, 1.0) == [(0, 1.0), (1, 2.0)]
    assert seen(1, 3.0)[2:] == [(1, 3.0)]
    assert seen(1, 2.0)[3:] == [(1, 2.0)]  # newest again
    assert seen(1, 2.0, data="cityscapes")[4:] == [(1, 2.0)]


def test_a_row_that_cannot_be_counted_stops_the_job(tmp_path):
    file = tmp_path / "row.gin"
    file.write_text("from __gin__ import dynamic_registration\nWIDHT = 3\n")
    with pytest.raises(RuntimeError, match=r"row\.gin.*WIDHT"):
        record._describe(["gin_configs/jobs/describe.gin", str(file)])
