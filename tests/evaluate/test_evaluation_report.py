"""The page about one evaluation: every plot is a table or has one beside it."""

import numpy as np
import pytest

from naive_student_tf.evaluate import (
    average_precision,
    chart_pictures,
    evaluation_report,
)
from naive_student_tf.evaluate import evaluation_sections as parts
from naive_student_tf.evaluate.evaluate import evaluate
from naive_student_tf.evaluate.instance_matching import Matches
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.labels.label_space import LabelSpace
from tests import tiny_shards
from tests.evaluate.test_report import Page, pictures_of

SPACE = LabelSpace(
    name="tiny",
    class_names=("road", "car"),
    thing_classes=(1,),
    colors=((100, 50, 0), (0, 0, 200)),
    label_ids=(7, 26),
)
CONFUSION = {"confusion": [[90, 8, 2], [0, 0, 0], [5, 5, 5]]}
CURVE = {"recall": [0.25, 0.5, 0.5], "precision": [1.0, 1.0, 0.75]}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("evaluation")
    frames = [tiny_shards.frame(number) for number in range(4)]
    shards = tiny_shards.write(root / "shards", frames)
    evaluate(
        data_dir=shards,
        work_dir=str(root / "eval"),
        inference=lambda: tiny_shards.Oracle("run/ckpt-5"),
        num_examples=1,
        num_extremes=1,
    )
    evaluation_report.write_evaluation_report(
        evaluation=str(root / "eval"),
        data_dir=shards,
        output=str(root / "report.html"),
        label_space=CITYSCAPES,
        title="Tiny <evaluation>",
    )
    return Page((root / "report.html").read_text())


def test_the_page_says_what_was_evaluated_and_how_it_scored(page):
    assert "Tiny <evaluation>" in page.text
    assert "PQ 100.0, AP 100.0, mIoU 100.0 on 4 images; checkpoint ckpt-5." in page.text


def test_every_example_shows_seven_pictures(page):
    captions = [
        "image",
        "ground truth",
        "prediction",
        "error",
        "center heatmap",
        "offsets of things",
        "void and ego vehicle",
    ]
    alternatives = [attributes["alt"] for attributes in page.all("img")]
    first = [text for text in alternatives if "_000000, PQ 100.0" in text]
    assert [text.partition(": ")[2] for text in first[:7]] == captions
    assert len(list(pictures_of(page))) == len(alternatives) == 3 * 7


def test_the_page_has_the_tables_beside_the_plots(page):
    rows = {tuple(row[:2]) for row in page.rows}
    assert ("road", "100.00") in rows  # all scores
    assert ("true class", "road") in rows  # confusion
    assert ("car", "100.0") in rows  # precision at a recall
    assert ("aachen_000000_000000", "100.0") in rows  # worst
    headings = ("All scores", "Confusion of classes", "Precision at a recall")
    assert all(text in page.text for text in headings)
    assert "Worst images" in page.text and "Best images" in page.text
    labels = [a["aria-label"] for a in page.all("svg")]
    assert any(text.startswith("Precision over recall of car") for text in labels)


def test_confusion_is_in_percent_of_the_true_pixels():
    page = Page(parts.confusion_section(CONFUSION, label_space=SPACE))
    assert page.rows == [
        ["true class", "road", "car", "void"],
        ["road", "90", "8", "2"],
        ["car", "–", "–", "–"],  # noqa: RUF001
    ]


def test_precision_is_that_of_the_first_point_that_reaches_a_recall():
    metrics = {"per_class": {"car": {"ap50": 43.75}}}
    details = {"precision_recall": {"car": CURVE}}
    text = parts.precision_recall_section(details, metrics, label_space=SPACE)
    page = Page(text)
    assert page.rows[1][:6] == ["car", "100.0", "100.0", "100.0", "100.0", "100.0"]
    assert page.rows[1][6:] == ["–", "–", "–", "–", "43.8"]  # noqa: RUF001


def test_precision_over_recall_goes_from_the_surest_mask_on():
    matches = Matches(
        category=np.array([1, 1, 1, 1, 0]),
        score=np.array([0.2, 0.9, 0.5, 0.4, 0.99]),
        outcome=np.array([[0, 1, 2, 1, 0]], np.uint8),  # 2: forgiven
        instances=np.array([0, 4]),
    )
    curves = average_precision.curves(matches, label_space=SPACE)
    third = pytest.approx(2 / 3)
    assert curves == {
        "car": {"recall": [0.25, 0.5, 0.5], "precision": [1.0, 1.0, third]}
    }


def test_a_class_without_masks_has_an_empty_curve():
    nothing = np.zeros(0, int)
    matches = Matches(nothing, nothing, np.zeros((1, 0)), np.array([0, 3]))
    curves = average_precision.curves(matches, label_space=SPACE)
    assert curves == {"car": {"recall": [], "precision": []}}
    metrics = {"per_class": {"car": {"ap50": 0.0}}}
    details = {"precision_recall": curves}
    assert not parts.precision_recall_section(details, metrics, label_space=SPACE)


def test_a_semantic_evaluation_has_no_part_about_instances():
    result = {"miou": 50.0, "per_class": {"road": {"iou": 50.0}, "car": {}}}
    page = Page(parts.class_bars(result, label_space=SPACE))
    assert page.rows[0] == ["class", "IoU", ""]
    assert page.rows[2] == ["car", "", "–"]  # noqa: RUF001
    assert parts.precision_recall_section({}, result, label_space=SPACE) == ""


def test_charts_for_tensorboard_are_pictures_with_ink():
    result = {"per_class": {"road": {"iou": 50.0}, "car": {"iou": 1.0, "ap50": 9.0}}}
    drawn = [
        chart_pictures.draw_confusion(CONFUSION["confusion"], names=SPACE.class_names),
        chart_pictures.draw_class_bars(result, label_space=SPACE),
        chart_pictures.draw_precision_recall({"car": CURVE}, result),
    ]
    for picture in drawn:
        assert picture.dtype == np.uint8 and picture.shape[-1] == 3
        assert (picture != 255).any() and (picture == 255).mean() > 0.3


def test_a_semantic_network_is_shown_without_heads(tmp_path):
    shards = tiny_shards.write(tmp_path / "shards", [tiny_shards.frame(0)])
    evaluate(
        data_dir=shards,
        work_dir=str(tmp_path / "eval"),
        inference=lambda: tiny_shards.Oracle("run/ckpt-5", instances=False),
        num_extremes=1,
    )
    text = evaluation_report.sections(
        str(tmp_path / "eval"), data_dir=shards, label_space=CITYSCAPES
    )
    page = Page(text)
    assert len(page.all("img")) == 3 * 5
    assert "Precision" not in page.text and "PQ" not in page.text
    assert "aachen_000000_000000, mIoU 100.0" in page.text


def test_an_evaluation_without_details_says_so(tmp_path):
    (tmp_path / "metrics.json").write_text('{"per_class": {}}')
    text = evaluation_report.sections(
        str(tmp_path), data_dir="nowhere", label_space=CITYSCAPES
    )
    assert "details.json does not exist: evaluate again" in Page(text).text
