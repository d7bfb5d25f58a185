"""IoU on maps small enough for a pencil."""

import math

import numpy as np
import pytest

from naive_student_tf.evaluate import cityscapes_protocol, mean_iou
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.labels.label_space import LabelSpace

ROAD, SIDEWALK, PERSON, RIDER, CAR, VOID = 0, 1, 11, 12, 13, 255
SIZE = {"car": 12794.0202738185, "person": 3462.4756337644}


def _count(truth, category, label_space=CITYSCAPES):
    return mean_iou.count(np.array(truth), np.array(category), label_space=label_space)


def _result(truth, category):
    return mean_iou.result(_count(truth, category), label_space=CITYSCAPES)


def test_a_perfect_prediction_is_100_and_absent_classes_are_nan():
    result = _result([[ROAD * 256, CAR * 256 + 1]], [[ROAD, CAR]])
    assert result["miou"] == result["iiou"] == result["iou_category"] == 100
    assert math.isnan(result["per_class"]["sky"]["iou"])


def test_an_empty_prediction_is_0():
    result = _result([[ROAD * 256, CAR * 256 + 1]], [[VOID, VOID]])
    assert result["miou"] == result["iiou"] == 0


def test_all_void_has_no_iou():
    result = _result([[VOID * 256] * 3], [[ROAD, CAR, VOID]])
    assert math.isnan(result["miou"]) and math.isnan(result["iou_category"])


def test_iou_typed_by_hand():
    truth = [[ROAD * 256] * 3 + [SIDEWALK * 256] * 2]
    result = _result(truth, [[ROAD, ROAD, SIDEWALK, SIDEWALK, VOID]])
    assert result["per_class"]["road"]["iou"] == pytest.approx(100 * 2 / 3)
    assert result["per_class"]["sidewalk"]["iou"] == pytest.approx(100 * 1 / 3)
    assert result["miou"] == pytest.approx(50)


def test_a_class_that_is_only_predicted_counts_0():
    result = _result([[ROAD * 256] * 2], [[ROAD, CAR]])
    assert result["per_class"]["car"]["iou"] == 0
    assert result["miou"] == 25


def test_a_crowd_counts_as_its_class():
    result = _result([[CAR * 256] * 4], [[CAR, CAR, CAR, ROAD]])
    assert result["per_class"]["car"]["iou"] == 75


def test_a_crowd_is_no_instance():
    result = _result([[CAR * 256] * 4], [[CAR, CAR, CAR, ROAD]])
    assert math.isnan(result["per_class"]["car"]["iiou"])


def test_classes_confused_within_a_group_cost_the_group_nothing():
    truth = [[ROAD * 256, SIDEWALK * 256, PERSON * 256 + 1]]
    result = _result(truth, [[SIDEWALK, ROAD, RIDER]])
    assert result["miou"] == 0
    assert result["iou_category"] == result["iiou_category"] == 100


def test_instances_weigh_by_their_mean_size_over_their_size():
    truth = [[CAR * 256 + 1] * 2 + [CAR * 256 + 2] * 4 + [ROAD * 256] * 3]
    result = _result(truth, [[CAR, CAR, CAR, ROAD, ROAD, ROAD, CAR, ROAD, ROAD]])
    hit = SIZE["car"] * (2 / 2 + 1 / 4)
    missed = SIZE["car"] * 3 / 4
    expected = 100 * hit / (hit + missed + 1)  # one false positive pixel
    assert result["per_class"]["car"]["iiou"] == pytest.approx(expected, abs=1e-12)
    assert result["per_group"]["vehicle"]["iiou"] == pytest.approx(expected, abs=1e-12)
    assert math.isnan(result["per_group"]["flat"]["iiou"])


def test_other_classes_than_those_of_cityscapes_have_iou_only():
    pond = LabelSpace(
        name="pond",
        class_names=("water", "boat"),
        thing_classes=(1,),
        colors=((0, 0, 255), (255, 0, 0)),
        label_ids=(0, 1),
    )
    counts = _count([[0, 0, 257]], [[0, 1, 1]], label_space=pond)
    result = mean_iou.result(counts, label_space=pond)
    assert result == {
        "miou": 50,
        "per_class": {"water": {"iou": 50}, "boat": {"iou": 50}},
    }


def test_a_category_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="Category 33 "):
        _count([[0, 0]], [[0, 33]])


def test_confusion_has_true_rows_and_predicted_columns():
    counts = _count([[ROAD * 256, ROAD * 256, VOID * 256]], [[CAR, VOID, CAR]])
    rows, columns = np.nonzero(counts.confusion)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    assert pairs == [(ROAD, CAR), (ROAD, 19), (19, CAR)]


def test_the_groups_and_sizes_are_the_official_ones():
    labels = pytest.importorskip("cityscapesscripts.helpers.labels")
    categories = [labels.name2label[n].category for n in CITYSCAPES.class_names]
    assert cityscapes_protocol.class_groups(CITYSCAPES) == tuple(categories)
    sizes = cityscapes_protocol.mean_instance_sizes(CITYSCAPES)
    assert sizes[CAR] == SIZE["car"] and sizes[PERSON] == SIZE["person"]
    assert np.isnan(sizes[ROAD])
