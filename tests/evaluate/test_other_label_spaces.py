"""Metrics of label spaces as large as Mapillary's, against slow obvious twins."""

import numpy as np
import pytest

from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.labels.label_space import LabelSpace


def label_space(classes, things):
    """The last `things` of `classes` classes have instances."""
    return LabelSpace(
        name=f"{classes} classes",
        class_names=tuple(f"class {c}" for c in range(classes)),
        thing_classes=tuple(range(classes - things, classes)),
        colors=((0, 0, 0),) * classes,
        label_ids=tuple(range(classes)),
    )


SPACES = [label_space(65, 37), label_space(124, 70)]  # v1.2, v2.0
spaces = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)


def blocks(space, *, seed):
    """A packed map of 12 x 12 pixel blocks: classes by chance, void, crowds."""
    rng = np.random.default_rng(seed)
    category = rng.integers(0, space.num_classes, (8, 30))
    is_thing = np.isin(category, space.thing_classes)
    number = np.arange(1, 241).reshape(8, 30)
    packed = category * 256 + np.where(is_thing & (number % 9 > 0), number, 0)
    packed[:, 0] = space.void
    return np.kron(packed, np.ones((12, 12), np.int64))


def predict(truth):
    """Moved by two pixels, some segments with another class."""
    packed = np.roll(truth, 2, 1)
    return np.where(packed % 256 % 5 == 4, packed - 256, packed)


def slow_iou(truth, prediction, space):
    """Per class: pixels in both over pixels in one of them, void of the truth apart."""
    true, found = truth // 256, prediction // 256
    known = true != 255
    scores = []
    for c in range(space.num_classes):
        union = known & ((true == c) | (found == c))
        both = known & (true == c) & (found == c)
        scores.append(100 * both.sum() / union.sum() if union.any() else np.nan)
    return scores


def slow_pq(truth, prediction, space):
    """Per class PQ, segment by segment as in the paper that defines it."""
    scores, void = {}, truth // 256 == 255
    for c in range(space.num_classes):
        crowd = c * 256 if c in space.thing_classes else -1
        of_truth = [v for v in np.unique(truth[truth // 256 == c]) if v != crowd]
        found = list(np.unique(prediction[prediction // 256 == c]))
        ious = []
        for v in list(of_truth):
            for w in found:
                union = ((truth == v) | ((prediction == w) & ~void)).sum()
                iou = ((truth == v) & (prediction == w)).sum() / union
                if iou > 0.5:
                    ious.append(iou)
                    of_truth.remove(v)
                    found.remove(w)
                    break
        forgiven = void | (truth == crowd)
        found = [w for w in found if forgiven[prediction == w].mean() <= 0.5]
        total = len(ious) + 0.5 * len(found) + 0.5 * len(of_truth)
        if total:
            scores[c] = 100 * sum(ious) / total
    return scores


@spaces
def test_iou_equals_its_slow_twin(space):
    truth, metrics = blocks(space, seed=1), Metrics(space)
    metrics.update(truth, category=predict(truth) // 256)
    result = metrics.result()
    found = [result["per_class"][name]["iou"] for name in space.class_names]
    expected = slow_iou(truth, predict(truth), space)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert result["miou"] == pytest.approx(np.nanmean(expected))
    assert "iiou" not in result and "iou_category" not in result


@spaces
def test_panoptic_quality_equals_its_slow_twin(space):
    truth, metrics = blocks(space, seed=2), Metrics(space)
    metrics.update(truth, panoptic=predict(truth))
    result, expected = metrics.result(), slow_pq(truth, predict(truth), space)
    for c, name in enumerate(space.class_names):
        assert result["per_class"][name]["pq"] == pytest.approx(expected.get(c, 0))
    assert result["pq"] == pytest.approx(np.mean(list(expected.values())))
    assert 10 < result["pq"] < 90


@spaces
def test_the_truth_scores_a_hundred(space):
    truth, metrics = blocks(space, seed=3), Metrics(space)
    values = [v for v in np.unique(truth) if v % 256 and v < space.void]
    drawn = np.zeros(truth.shape, np.int64)
    for number, v in enumerate(values, 1):
        drawn[truth == v] = number
    metrics.update(
        truth,
        category=truth // 256,
        panoptic=truth,
        instance_map=drawn,
        instance_category=[v // 256 for v in values],
        instance_score=[0.5] * len(values),
    )
    result = metrics.result()
    assert [result[name] for name in ("miou", "pq", "ap", "ap50")] == [100] * 4
