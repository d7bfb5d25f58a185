"""The interface of evaluation jobs."""

import numpy as np
import pytest

from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.evaluate import wrong_predictions


def _everything(truth, wrong):
    panoptic = wrong_predictions.PREDICTIONS[wrong](truth)
    drawn, category, score = wrong_predictions.instances_of(panoptic, seed=0)
    return {
        "category": panoptic // 256,
        "panoptic": panoptic,
        "instance_map": drawn,
        "instance_category": category,
        "instance_score": score,
    }


def test_only_categories_give_only_iou():
    metrics = Metrics(CITYSCAPES)
    metrics.update(np.array([[0, 256]]), category=np.array([[0, 1]], np.uint8))
    result = metrics.result()
    assert result["miou"] == 100
    assert "pq" not in result and "ap" not in result
    assert set(result["per_class"]["road"]) == {"iou", "iiou"}


def test_everything_gives_all_metrics_as_python_floats():
    metrics = Metrics(CITYSCAPES)
    truth = wrong_predictions.scenes()[0]
    metrics.update(truth, **_everything(truth, "shifted by 2"))
    result = metrics.result()
    expected = {"iou", "iiou", "pq", "sq", "rq", "ap", "ap50"}
    assert set(result["per_class"]["car"]) == expected
    nested = [*result["per_class"].values(), *result["per_group"].values()]
    flat = [v for k, v in result.items() if not k.startswith("per_")]
    assert all(type(v) is float for v in flat)
    assert all(type(v) is float for values in nested for v in values.values())


def test_two_halves_merged_are_the_whole():
    truths = wrong_predictions.scenes()
    whole, first, second = (Metrics(CITYSCAPES) for _ in range(3))
    for number, truth in enumerate(truths):
        given = _everything(truth, "scattered")
        whole.update(truth, **given)
        (first if number < 2 else second).update(truth, **given)
    first.merge(second)
    assert first.images == 4
    for key in ("pq", "ap", "miou", "iiou"):
        assert first.result()[key] == pytest.approx(whole.result()[key], abs=1e-12)


def test_another_size_than_the_ground_truth_is_refused():
    with pytest.raises(ValueError, match=r"\(4, 8\).*\(8, 16\).*Resize"):
        Metrics(CITYSCAPES).update(np.zeros((8, 16), int), category=np.zeros((4, 8)))


def test_every_image_must_bring_the_same_kinds():
    metrics = Metrics(CITYSCAPES)
    maps = np.zeros((2, 2), np.int32)
    with pytest.raises(ValueError, match="expected some of"):
        metrics.update(maps)
    metrics.update(maps, category=maps)
    with pytest.raises(ValueError, match="same kinds"):
        metrics.update(maps, panoptic=maps)


def test_no_image_is_an_error():
    with pytest.raises(ValueError, match="No image"):
        Metrics(CITYSCAPES).result()
