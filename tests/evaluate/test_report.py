"""The report: read back with an HTML parser."""

import base64
import html.parser
import io
import math

import numpy as np
import pytest
from PIL import Image

from naive_student_tf import results_table
from naive_student_tf.evaluate import report, report_tables
from naive_student_tf.labels.label_space import LabelSpace

VOID_ELEMENTS = {"meta", "img", "source", "br", "path", "use", "rect"}
SPACE = LabelSpace(
    name="tiny",
    class_names=("road", "car"),
    thing_classes=(1,),
    colors=((100, 50, 0), (0, 0, 200)),
    label_ids=(7, 26),
)
RESULTS = [
    {
        "stage": "supervised",
        "iteration": 0,
        "pq": 20.04,
        "ap": 2.4,
        "miou": 30.8,
        "seconds": 61,
        "per_class": {"road": {"iou": 88.1, "pq": 77.7}, "car": {"iou": 12.3}},
    },
    {
        "stage": "student <1> & co",
        "iteration": 1,
        "pq": 21.5,
        "ap": None,
        "miou": 33.1,
        "per_class": {"road": {"iou": 91.4}, "car": {"iou": math.nan, "pq": 0.0}},
    },
]
PICTURE = np.full((4, 8, 3), 90, np.uint8)


class Page(html.parser.HTMLParser):
    """Tags, links, table rows and text of a page; fails on unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.text = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID_ELEMENTS:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "tr" in self.open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def write(tmp_path):
    def write(results=RESULTS, **others):
        path = tmp_path / "report.html"
        facts = {"title": "Toy run", "label_space": SPACE, **others}
        report.write_report(path, results=results, **facts)
        text = path.read_text(encoding="utf-8")
        return Page(text), text

    return write


def pictures_of(page):
    sources = [a["src"] for a in page.all("img")]
    sources += [a["srcset"] for a in page.all("source")]
    for source in sources:
        prefix, content = source.split(",", 1)
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            picture.load()
            assert prefix == f"data:{picture.get_format_mimetype()};base64"
            yield picture.size, getattr(picture, "n_frames", 1)


def test_the_headline_has_every_number_and_the_gain_over_the_control(write):
    page, _ = write()
    assert page.rows[0] == ["stage", "iteration", "PQ", "AP", "mIoU", "mean", "time"]
    assert page.rows[1] == [
        "supervised", "0", "20.0", "2.4", "30.8", "17.7", "1 min 01 s"
    ]  # fmt: skip
    assert page.rows[2] == [
        "student <1> & co", "1", "21.5+1.5", "–", "33.1+2.3", "–", "–"  # noqa: RUF001
    ]  # fmt: skip


def test_every_picture_decodes_and_has_an_alternative_text(write):
    row = ("frame 7", [("image", PICTURE), ("error", PICTURE)])
    page, _ = write(rows=[row], strip=[PICTURE, PICTURE + 50, PICTURE])
    assert list(pictures_of(page)) == [
        ((8, 4), 1),
        ((8, 4), 1),
        ((8, 4), 3),
        ((8, 4), 1),
    ]
    alternatives = [attributes["alt"] for attributes in page.all("img")]
    assert alternatives == ["frame 7: image", "frame 7: error", report.STRIP_ALT]


def test_the_page_refers_to_nothing_outside_itself(write):
    row = ("frame", [("image", PICTURE)])
    page, text = write(rows=[row], strip=[PICTURE] * 2, settings={"a": 1})
    assert "http" not in text
    assert "@import" not in text and "//" not in text.split("</style>")[0]
    assert not page.all("link") and not page.all("script")
    for _, attributes in page.tags:
        for name in ("src", "srcset", "href"):
            assert attributes.get(name, "#").startswith(("data:", "#"))


def test_ids_are_unique_and_every_reference_inside_has_its_target(write):
    page, text = write()
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(page.all("svg")) == 2
    assert len(ids) == len(set(ids)) > 0
    targets = {a["href"][1:] for _, a in page.tags if a.get("href", "").startswith("#")}
    targets |= {part.split(")")[0] for part in text.split("url(#")[1:]}
    assert targets
    assert targets <= set(ids)


def test_text_from_outside_is_escaped_everywhere(write):
    evil = "<b>&\"'"
    page, text = write(
        results=[{"stage": evil, "iteration": evil, "miou": 1.0}],
        title=evil,
        summary=evil,
        rows=[(evil, [(evil, PICTURE)])],
        pseudo_labels=[{evil: evil}],
        settings={evil: evil, evil + "group": {evil: evil}},
        control=evil,
    )
    assert "<b>" not in text
    assert page.text.count(evil) >= 13
    assert page.all("img")[0]["alt"] == f"{evil}: {evil}"


def test_a_semantic_run_shows_miou_alone(write):
    results = [
        {"stage": r["stage"], "iteration": r["iteration"], "miou": r["miou"]}
        for r in RESULTS
    ]
    page, _ = write(results=results, rows=[("frame", [("image", PICTURE)])])
    assert page.rows[0] == ["stage", "iteration", "mIoU"]
    assert len(page.all("svg")) == 1
    assert "PQ" not in page.text
    assert "instances" not in page.text


def test_a_missing_value_is_a_dash_and_never_zero(write):
    page, _ = write(settings={"device": None}, pseudo_labels=[{"pq": None, "n": 3}])
    assert ["–", "3"] in page.rows  # noqa: RUF001
    assert ["device", "–"] in page.rows  # noqa: RUF001
    assert not {"0", "0.0"} & {cell for row in page.rows[2:] for cell in row}


def test_classes_compare_the_control_with_the_last_result(write):
    page, _ = write([RESULTS[0], {**RESULTS[0], "stage": "first"}, RESULTS[1]])
    last = "student <1> & co"
    assert ["class", "IoU", "supervised", last, "PQ", "supervised", last] in page.rows
    assert ["road", "", "88.1", "91.4+3.3", "", "77.7", "–"] in page.rows  # noqa: RUF001


def test_a_class_that_does_not_occur_has_no_panoptic_quality():
    assert report_tables.class_score(RESULTS[1], "car", "pq") is None
    assert report_tables.class_score(RESULTS[1], "road", "iou") == 91.4


def test_the_curve_takes_the_last_stage_of_an_iteration_and_else_the_control():
    results = [
        {"stage": "supervised", "iteration": 0, "pq": 20.0},
        {"stage": "student_1", "iteration": 1, "pq": 19.0},
        {"stage": "finetune_1", "iteration": 1, "pq": 21.0},
        {"stage": "student_2", "iteration": 2, "pq": None},
    ]
    points, level = report_tables.curve_points(results, "pq", control="supervised")
    assert points == [(0, 20.0), (1, 21.0)]
    assert level == 20.0
    teacher = {"stage": "teacher", "iteration": 0, "pq": 18.0}
    points, _ = report_tables.curve_points(
        [teacher, *results], "pq", control="supervised"
    )
    assert points[0] == (0, 18.0)


def test_sections_without_content_are_left_out(write):
    page, _ = write(results=[{"stage": "teacher", "iteration": 0, "miou": 5.0}])
    assert len(page.all("h2")) == 1
    assert not page.all("svg") and not page.all("img")
    assert "dashed" not in page.text and results_table.CONTROL not in page.text


def test_a_report_of_no_result_is_refused(write):
    with pytest.raises(ValueError, match="no results came"):
        write(results=[])
