"""Counts of single frames that add up to the metrics of all of them."""

import dataclasses

import numpy as np

from naive_student_tf.evaluate.label_quality import LabelQuality
from naive_student_tf.evaluate.metrics import Metrics
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards


def shifted(number):
    return np.roll(tiny_shards.truth(number), 2, axis=1)


def test_sums_over_frames_give_the_metrics_of_all_frames():
    quality, metrics = LabelQuality(CITYSCAPES), Metrics(CITYSCAPES)
    total = {}
    for number in range(3):
        truth, label = tiny_shards.truth(number), shifted(number)
        counts = quality.count(truth, label)
        total = {name: total.get(name, 0) + value for name, value in counts.items()}
        metrics.update(truth, category=label // 256, panoptic=label)
    expected = metrics.result()
    found = quality.result(total)
    assert found == {name: expected[name] for name in found}
    assert set(found) == {"pq", "sq", "rq", "pq_things", "pq_stuff", "miou"}
    assert 0 < found["pq"] < 100


def test_a_label_space_without_things_has_no_panoptic_figures():
    space = dataclasses.replace(CITYSCAPES, thing_classes=())
    quality = LabelQuality(space)
    counts = quality.count(np.zeros((2, 2), int), np.zeros((2, 2), int))
    assert quality.result(counts) == {"miou": 100}


def test_what_is_not_defined_is_none():
    quality = LabelQuality(CITYSCAPES)
    void = np.full((2, 2), CITYSCAPES.void)
    found = quality.result(quality.count(void, void))
    assert found["miou"] is None and found["pq_things"] is None
