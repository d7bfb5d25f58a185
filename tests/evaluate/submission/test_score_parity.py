"""The job scores folders like cityscapesscripts 2.3.0, run on the same large files."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate import official
from naive_student_tf.evaluate.submission.score import evaluate_predictions
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.evaluate import large_scenes, official_files, wrong_predictions
from tests.evaluate.submission import prediction_folder

VOID = CITYSCAPES.void


def shrink(truth):
    """Segments lose nine pixels on the left and on the right to void."""
    packed = wrong_predictions.fill(truth)
    same = (np.roll(packed, 9, 1) == packed) & (np.roll(packed, -9, 1) == packed)
    return np.where(same, packed, VOID)


def shifted(pixels):
    return lambda truth: np.roll(wrong_predictions.fill(truth), pixels, 1)


def noisy(truth):
    """Every pixel a chance of a tenth to be of another class or instance."""
    rng = np.random.default_rng(3)
    packed = wrong_predictions.fill(truth)
    other = np.roll(packed, (211, 300), (0, 1))
    return np.where(rng.random(truth.shape) < 0.1, other, packed)


CASES = {
    "shifted by 9": shifted(9),
    "shifted by 40": shifted(40),
    "eroded": shrink,
    "relabelled": wrong_predictions.relabel,
    "split": wrong_predictions.split,
    "merged": wrong_predictions.join,
    "dropped": wrong_predictions.drop,
    "crowds mistaken": wrong_predictions.mistake_crowds,
    "noisy": noisy,
    "all void": lambda truth: np.full_like(truth, VOID),
}
OBJECTS = "caravans predicted"
PIECES = "thousands of segments"


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Case -> (OUTPUT of the job, results of the official tools)."""
    root = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(11)
    truths = [large_scenes.street(rng), large_scenes.calm(rng)]
    prediction_folder.write_truths(root, truths)
    folders = {
        case: root / case.replace(" ", "_") for case in (*CASES, OBJECTS, PIECES)
    }
    for case, wrong in CASES.items():
        prediction_folder.write_predictions(folders[case], [wrong(t) for t in truths])
    predict_caravans(folders[OBJECTS], truths)
    predict_pieces(folders[PIECES], truths)
    work_dir = root / "work"
    work_dir.mkdir()
    theirs = official.score(root, list(folders.values()), work_dir=work_dir)
    ours = [score(root, folder) for folder in folders.values()]
    return dict(zip(folders, zip(ours, theirs, strict=True), strict=True))


def score(data_dir, predictions, **settings):
    output = predictions / "scores.json"
    evaluate_predictions(
        **{"data_dir": str(data_dir), "split": "val_fine", "num_workers": 1},
        predictions=str(predictions),
        output=str(output),
        **settings,
    )
    return json.loads(output.read_text())


def predict_caravans(folder, truths):
    """Ids that are not evaluated: caravans and trailers over cars, roads, persons."""
    for number, truth in enumerate(truths):
        official_files.write_semantic(folder, number, truth // 256)
        path = folder / "semantic" / f"{official_files.image_name(number)}.png"
        ids = np.array(Image.open(path))
        ids[:, 200:700] = np.where(ids[:, 200:700] >= 24, 29, ids[:, 200:700])
        ids[600:640] = 30
        ids[100:140] = 4
        Image.fromarray(ids).save(path)


def predict_pieces(folder, truths):
    """Panoptic ids beyond 16 bits, more segments of a class than packed maps have."""
    folder = folder / "panoptic"
    folder.mkdir(parents=True)
    annotations = []
    for number, truth in enumerate(truths):
        name = official_files.image_name(number)
        piece = np.arange(large_scenes.HEIGHT)[:, None] // 20 * 100
        piece = piece + np.arange(large_scenes.WIDTH) // 100
        category = shifted(9)(truth) // 256
        ids = np.where(category < 19, category * 10_000 + piece + 65_536 * 40, 0)
        colors = np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1)
        Image.fromarray(colors.astype(np.uint8)).save(folder / f"{name}.png")
        drawn = [int(i) for i in np.unique(ids[ids > 0])]
        classes = [(i - 65_536 * 40) // 10_000 for i in drawn]
        segments = [
            {"id": i, "category_id": CITYSCAPES.label_ids[c]}
            for i, c in zip(drawn, classes, strict=True)
        ]
        annotations.append(
            {"image_id": name, "file_name": f"{name}.png", "segments_info": segments}
        )
    folder.with_suffix(".json").write_text(json.dumps({"annotations": annotations}))


@pytest.mark.parametrize("case", [*CASES, OBJECTS])
def test_iou_equals_the_official_one(scores, case):
    ours, theirs = scores[case][0]["official"]["semantic"], scores[case][1]["semantic"]
    for name, value in ours.items():
        if isinstance(value, dict):
            for key, inner in value.items():
                assert_same(inner, theirs[name][key])
        else:
            assert_same(value, theirs[name])
    assert_same(scores[case][0]["miou"], 100 * theirs["averageScoreClasses"])
    assert_same(scores[case][0]["iou_category"], 100 * theirs["averageScoreCategories"])
    assert_same(scores[case][0]["iiou"], 100 * theirs["averageScoreInstClasses"])


@pytest.mark.parametrize("case", CASES)
def test_average_precision_equals_the_official_one(scores, case):
    ours, theirs = scores[case][0]["official"]["instance"], scores[case][1]["instance"]
    averages = theirs["averages"]
    assert_same(ours["averages"]["allAp"], averages["allAp"])
    assert_same(ours["averages"]["allAp50%"], averages["allAp50%"])
    assert set(ours["averages"]["classes"]) == set(averages["classes"])
    for name, values in averages["classes"].items():
        for key, value in values.items():
            assert_same(ours["averages"]["classes"][name][key], value)
    assert_same(scores[case][0]["ap"], 100 * averages["allAp"])
    assert_same(scores[case][0]["ap50"], 100 * averages["allAp50%"])


@pytest.mark.parametrize("case", [*CASES, PIECES])
def test_panoptic_quality_equals_the_official_one(scores, case):
    ours, theirs = scores[case][0]["official"]["panoptic"], scores[case][1]["panoptic"]
    for part in ("All", "Things", "Stuff"):
        for key in ("pq", "sq", "rq"):
            assert_same(ours[part][key], theirs[part][key])
    assert set(ours["per_class"]) == set(theirs["per_class"])
    for label_id, values in theirs["per_class"].items():
        for key, value in values.items():
            assert_same(ours["per_class"][label_id][key], value)
    assert_same(scores[case][0]["pq"], 100 * theirs["All"]["pq"])
    assert_same(scores[case][0]["pq_things"], 100 * theirs["Things"]["pq"])
    assert_same(scores[case][0]["pq_stuff"], 100 * theirs["Stuff"]["pq"])


def test_the_cases_differ(scores):
    quality = {round(scores[case][0]["pq"], 3) for case in CASES}
    assert len(quality) >= len(CASES) - 1
    assert scores["all void"][0]["pq"] == 0
    objects, theirs = scores[OBJECTS][0], scores[OBJECTS][1]["semantic"]
    vehicle = objects["per_category"]["vehicle"]
    assert vehicle["iiou"] > vehicle["iou"]  # caravans are vehicles to one of them
    assert theirs["categoryInstScores"]["vehicle"] < 1


def test_what_is_not_predicted_is_null(scores):
    assert scores[PIECES][0]["miou"] is None
    assert scores[PIECES][0]["official"]["instance"] is None
    assert scores[OBJECTS][0]["pq"] is None


def test_a_licence_plate_is_what_lies_under_it(tmp_path):
    """The official converters draw no polygon of a negative id."""
    data = tmp_path / "data" / "gtFine" / "val" / "toytown"
    data.mkdir(parents=True)
    name = official_files.image_name(0)
    box = [[10, 10], [60, 10], [60, 40], [10, 40]]
    plate = [[20, 30], [40, 30], [40, 38], [20, 38]]
    group = [[100, 10], [140, 10], [140, 40], [100, 40]]
    objects = [("road", [[0, 0], [191, 0], [191, 95], [0, 95]]), ("car", box)]
    objects += [("license plate", plate), ("cargroup", group)]
    polygons = {
        "imgHeight": 96,
        "imgWidth": 192,
        "objects": [{"label": label, "polygon": points} for label, points in objects],
    }
    source = data / f"{name}_gtFine_polygons.json"
    source.write_text(json.dumps(polygons))
    draw_polygons(source, tmp_path)
    packed = np.zeros((96, 192), np.int32)
    packed[12:40, 10:61] = 13 * 256 + 1
    prediction_folder.write_predictions(tmp_path / "mine", [packed])
    (theirs,) = official.score(
        tmp_path / "data", [tmp_path / "mine"], work_dir=make(tmp_path / "work")
    )
    ours = score(tmp_path / "data", tmp_path / "mine")
    assert_same(ours["pq_things"] / 100, theirs["panoptic"]["Things"]["pq"])
    assert_same(ours["miou"] / 100, theirs["semantic"]["averageScoreClasses"])
    assert_same(ours["ap"] / 100, theirs["instance"]["averages"]["allAp"])
    assert 0 < ours["pq_things"] < 100


def make(folder):
    folder.mkdir()
    return folder


def draw_polygons(source, work_dir):
    """Runs the official converters from polygons to labelIds and instanceIds."""
    code = f"""
from cityscapesscripts.preparation import json2instanceImg, json2labelImg

source = {str(source)!r}
labels, instances = (source.replace("polygons.json", f"{{kind}}Ids.png")
                     for kind in ("label", "instance"))
json2labelImg.json2labelImg(source, labels, "ids")
json2instanceImg.json2instanceImg(source, instances, "ids")
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=work_dir)


def assert_same(ours, theirs):
    """Equal up to rounding in the last bits; None stands for NaN."""
    if math.isnan(theirs):
        assert ours is None
    else:
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
