"""What stands above claims tried on the toy city: its numbers are the config's."""

import inspect
import pathlib
import statistics

import gin
import pytest

from naive_student_tf import config
from naive_student_tf.data import doctor
from naive_student_tf.data.toy_city import write
from naive_student_tf.tables import claims, measured, record

EXPERIMENTS = pathlib.Path(__file__).parents[2] / "experiments"
TOLD = ("table_01", "table_03", "table_04", "table_05", "figure_06", "training_length")
METRICS = ("pq", "ap", "miou")


def note(name):
    return record.read_paper(EXPERIMENTS / name)["toy_note"]


def labelled_frames():
    """(train_fine, val_fine) of the toy city of all rows."""
    config.load(["gin_configs/demo/toy_city.gin"])
    parameters = inspect.signature(write.write_toy_city).parameters

    def bound(name):
        try:
            return gin.query_parameter(f"write_toy_city.{name}")
        except ValueError:
            return parameters[name].default

    train = bound("train_cities") * bound("train_snippets_per_city")
    return train, bound("val_cities") * bound("val_frames_per_city")


def gain(better, worse):
    """Mean of the three numbers of one row minus another's; rows as table/row."""
    return sum(
        sign * statistics.mean(mean(*row.split("/"), key) for key in METRICS)
        for sign, row in ((1, better), (-1, worse))
    )


def mean(table, row, key):
    results = record.read_current(EXPERIMENTS / table)
    return statistics.mean(measured.over_seeds(results, row, key))


@pytest.mark.parametrize("name", TOLD)
def test_a_note_counts_the_labels_as_the_config_does(name):
    train, val = labelled_frames()
    known = [doctor.KNOWN_COUNTS[split] for split in ("train_fine", "val_fine")]
    words = f"{train} labelled frames of train_fine and the {val} of val_fine"
    assert words in note(name)
    assert f"(Cityscapes: {known[0]:,} and {known[1]:,})" in note(name)


def test_the_readme_counts_them_too():
    train, val = labelled_frames()
    text = " ".join((EXPERIMENTS.parent / "README.md").read_text().split())
    assert f"{val} labelled frames beside {train} of train_fine" in text


@pytest.mark.parametrize("name", [*TOLD, "table_06"])
def test_a_note_is_shown_above_the_claims(name):
    text = (EXPERIMENTS / name / "table.md").read_text()
    before, _, after = text.partition(note(name))
    assert before.endswith("## Claims\n\n**At the toy scale.** ") and after
    page = EXPERIMENTS.parent / "docs" / "results.md"
    assert note(name) in page.read_text()


def test_most_of_the_gain_of_table_4_is_its_teacher_s_labels():
    """The rows differ in what the teacher was trained on, see their gin files."""
    with_val = gain("table_04/train_sequence_extra", "table_04/train_fine")
    without = gain("figure_05/semi_supervised_100", "figure_05/supervised_100")
    assert 0 < without < with_val / 2


def test_most_of_the_gain_of_the_control_of_training_length_is_too():
    with_val = mean("training_length", "naive_student_180k", "pq")
    without = mean("table_03", "no_val_fine", "pq")
    supervised = mean("training_length", "supervised_60k", "pq")
    assert without - supervised < (with_val - supervised) / 2


PAPER = {
    "table": "Table 0",
    "toy_note": "Mind the labels.",
    "numbers": {"pq": {"name": "PQ (%)"}},
    "rows": {row: {"name": row, "printed": {"pq": {"value": "1"}}} for row in "ab"},
    "claims": [{"text": "B helps.", "better": "b", "worse": "a", "expect": "better"}],
}


def results(data):
    return [
        {"row": row, "seed": seed, "data": data, "metrics": {"pq": pq + seed**2 / 10}}
        for seed in range(3)
        for row, pq in (("a", 1.0), ("b", 2.0 + seed))
    ]


def test_a_note_is_for_embedded_data_only():
    noted = "\n## Claims\n\n**At the toy scale.** Mind the labels.\n\n| claim "
    assert claims.section(PAPER, results("toy_city")).startswith(noted)
    assert "Mind" not in claims.section(PAPER, results("cityscapes"))
    assert claims.notes(PAPER, []) == []


def test_a_claim_that_says_nothing_at_toy_scale_has_no_verdict_there():
    claim = PAPER["claims"][0] | {"no_toy": "one network stands for both"}
    paper = PAPER | {"claims": [claim]}

    def verdicts(data):
        tried = claims.try_claim(paper, results(data), claim)
        return {of["verdict"] for of in tried}

    assert verdicts("toy_city") == {"not at this scale"}
    assert verdicts("cityscapes") == {"shows"}
    assert claims.try_claim(paper, [], claim)[0]["verdict"] == "not run"
    reason = "`not at this scale`: one network stands for both."
    assert reason in claims.section(paper, results("toy_city"))
    assert reason not in claims.section(paper, results("cityscapes"))
