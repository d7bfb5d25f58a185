"""Our metrics equal cityscapesscripts 2.3.0, run as it is, on the same maps."""

import math

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate import official
from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.evaluate import official_files, wrong_predictions
from tests.evaluate.wrong_predictions import PREDICTIONS, VOID

SMALL = list(PREDICTIONS)
LARGE = "1024x2048, shifted by 9"
OVERLAPPING = "overlapping masks"


@pytest.fixture(scope="module")
def small_scores(tmp_path_factory):
    """Case name -> (ours, official) on four small images."""
    truths = wrong_predictions.scenes()
    cases = {name: _predict(truths, wrong) for name, wrong in PREDICTIONS.items()}
    cases[OVERLAPPING] = _overlap(truths)
    return _score_all(tmp_path_factory.mktemp("small"), truths, cases)


@pytest.fixture(scope="module")
def large_scores(tmp_path_factory):
    """The same for one image of full size."""
    street = np.kron(wrong_predictions.scenes()[0], np.ones((11, 11), np.int32))
    truths = [street[:1024, :2048]]
    cases = {LARGE: _predict(truths, PREDICTIONS["shifted by 9"])}
    return _score_all(tmp_path_factory.mktemp("large"), truths, cases)


@pytest.fixture
def scores(request):
    """(ours, official) of the case that a test is parametrized with."""
    case = request.param
    name = "large_scores" if case == LARGE else "small_scores"
    return request.getfixturevalue(name)[case]


every_case = pytest.mark.parametrize(
    "scores", [*SMALL, OVERLAPPING, LARGE], indirect=True
)


@every_case
def test_panoptic_quality_equals_the_official_one(scores):
    ours, official_result = scores[0], scores[1]["panoptic"]
    for part, suffix in (("All", ""), ("Things", "_things"), ("Stuff", "_stuff")):
        for key in ("pq", "sq", "rq"):
            _assert_same(ours[key + suffix], official_result[part][key])
            printed = f"{100 * official_result[part][key]:5.1f}"
            assert f"{ours[key + suffix]:5.1f}" == printed
    for name, values in ours["per_class"].items():
        label_id = CITYSCAPES.label_ids[CITYSCAPES.class_names.index(name)]
        for key, value in official_result["per_class"][str(label_id)].items():
            _assert_same(values[key], value)


@every_case
def test_average_precision_equals_the_official_one(scores):
    ours, averages = scores[0], scores[1]["instance"]["averages"]
    _assert_same(ours["ap"], averages["allAp"])
    _assert_same(ours["ap50"], averages["allAp50%"])
    assert f"{ours['ap'] / 100:.3f}" == f"{averages['allAp']:.3f}"
    assert len(averages["classes"]) == len(CITYSCAPES.thing_classes)
    for name, values in averages["classes"].items():
        _assert_same(ours["per_class"][name]["ap"], values["ap"])
        _assert_same(ours["per_class"][name]["ap50"], values["ap50%"])


@every_case
def test_iou_equals_the_official_one(scores):
    ours, theirs = scores[0], scores[1]["semantic"]
    _assert_same(ours["miou"], theirs["averageScoreClasses"])
    assert f"{ours['miou'] / 100:.3f}" == f"{theirs['averageScoreClasses']:.3f}"
    _assert_same(ours["iiou"], theirs["averageScoreInstClasses"])
    _assert_same(ours["iou_category"], theirs["averageScoreCategories"])
    _assert_same(ours["iiou_category"], theirs["averageScoreInstCategories"])
    for name, values in ours["per_class"].items():
        _assert_same(values["iou"], theirs["classScores"][name])
        _assert_same(values["iiou"], theirs["classInstScores"][name])
    for name, values in ours["per_group"].items():
        _assert_same(values["iou"], theirs["categoryScores"][name])
        _assert_same(values["iiou"], theirs["categoryInstScores"][name])


def test_the_cases_tell_metrics_apart(small_scores):
    quality = {name: ours["pq"] for name, (ours, _) in small_scores.items()}
    assert quality["perfect"] > quality["shifted by 2"] > quality["shifted by 9"] > 0
    assert quality["empty"] == 0
    assert len({round(value, 3) for value in quality.values()}) >= 12
    precision = [ours["ap"] for ours, _ in small_scores.values()]
    assert len({round(value, 3) for value in precision}) >= 10


def test_official_panoptic_ground_truth_is_the_partition_of_the_packed_map(tmp_path):
    truths = wrong_predictions.scenes()
    for number, truth in enumerate(truths):
        official_files.write_ground_truth(tmp_path, number, truth)
    submission = tmp_path / "perfect"
    official_files.write_panoptic(submission, truths)
    official.score(tmp_path, [submission], work_dir=tmp_path)
    for number, truth in enumerate(truths):
        name = f"{official_files.image_name(number)}_gtFine_panoptic.png"
        colors = np.array(Image.open(tmp_path / "cityscapes_panoptic_val" / name))
        ids = colors.astype(np.int64) @ [1, 256, 65536]
        pairs = np.unique(
            np.stack([np.minimum(truth, VOID), ids]).reshape(2, -1), axis=1
        )
        assert len(set(pairs[0])) == len(set(pairs[1])) == pairs.shape[1]
        assert set(pairs[0][pairs[1] == 0]) <= {VOID}


def _predict(truths, wrong):
    """Keyword arguments of Metrics.update for every image."""
    predictions = []
    for seed, truth in enumerate(truths):
        panoptic = wrong(truth)
        instance_map, categories, scores = wrong_predictions.instances_of(
            panoptic, seed=seed
        )
        predictions.append(
            {
                "category": (panoptic // 256).astype(np.uint8),
                "panoptic": panoptic,
                "instance_map": instance_map,
                "instance_category": categories,
                "instance_score": scores,
            }
        )
    return predictions


def _overlap(truths):
    """Every instance as three masks: as given, shifted, and widened."""
    predictions = _predict(truths, PREDICTIONS["filled"])
    for prediction in predictions:
        masks = []
        for mask, category, score in _masks(prediction):
            masks.append((mask, category, score))
            masks.append((np.roll(mask, 1, 1), category, round(1 - score, 1)))
            masks.append((mask | np.roll(mask, 4, 1), category, score))
        masks.append((np.zeros_like(masks[0][0] if masks else truths[0]), 13, 0.5))
        masks.append((np.ones(truths[0].shape, bool), 0, 0.9))  # not a thing
        prediction["instance_masks"] = masks
        for key in ("instance_map", "instance_category", "instance_score"):
            del prediction[key]
    return predictions


def _masks(prediction):
    if "instance_masks" in prediction:
        return prediction["instance_masks"]
    pairs = zip(
        prediction["instance_category"], prediction["instance_score"], strict=True
    )
    return [
        (prediction["instance_map"] == number, category, score)
        for number, (category, score) in enumerate(pairs, 1)
    ]


def _score_all(root, truths, cases):
    """Writes all files, runs the official tools once, and ours beside them."""
    for number, truth in enumerate(truths):
        official_files.write_ground_truth(root, number, truth)
    submissions = [root / name.replace(" ", "_") for name in cases]
    for submission, predictions in zip(submissions, cases.values(), strict=True):
        for number, prediction in enumerate(predictions):
            official_files.write_semantic(submission, number, prediction["category"])
            official_files.write_instances(submission, number, _masks(prediction))
        official_files.write_panoptic(submission, [p["panoptic"] for p in predictions])
    work_dir = root / "work"
    work_dir.mkdir()
    theirs = official.score(root, submissions, work_dir=work_dir)
    ours = [_our_result(truths, predictions) for predictions in cases.values()]
    return dict(zip(cases, zip(ours, theirs, strict=True), strict=True))


def _our_result(truths, predictions):
    metrics = Metrics(CITYSCAPES)
    for truth, prediction in zip(truths, predictions, strict=True):
        metrics.update(truth, **prediction)
    return metrics.result()


def _assert_same(ours, theirs):
    """Ours in percent, theirs in units: NaN together, and equal to rounding."""
    if math.isnan(theirs):
        assert math.isnan(ours)
        return
    assert ours == pytest.approx(100 * theirs, rel=0, abs=1e-11)
