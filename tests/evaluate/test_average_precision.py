"""Average precision with known answers; maps are strips of one row."""

import math

import numpy as np
import pytest

from naive_student_tf.evaluate import average_precision, instance_matching
from naive_student_tf.evaluate.instance_matching import (
    FALSE_POSITIVE,
    FORGIVEN,
    TRUE_POSITIVE,
)
from naive_student_tf.labels.cityscapes import CITYSCAPES

ROAD, PERSON, CAR, VOID = 0, 11 * 256, 13 * 256, 255 * 256


def strip(*parts):
    """int32 [1, W] from (value, length) pairs."""
    return np.concatenate([np.full(length, value) for value, length in parts])[None]


def _match(truth, instance_map, category, score):
    return instance_matching.match_map(
        truth, instance_map, category=category, score=score, label_space=CITYSCAPES
    )


def _car(*matches):
    result = average_precision.result(
        instance_matching.merge(matches), label_space=CITYSCAPES
    )
    return result["per_class"]["car"]


def _outcome(truth, instance_map, category=(13,)):
    """Outcomes of the first mask at all ten thresholds."""
    matches = _match(truth, instance_map, category, [0.5] * len(category))
    return matches.outcome[:, 0].tolist()


def test_a_perfect_prediction_is_100_and_other_classes_are_nan():
    truth = strip((CAR + 1, 100), (CAR + 2, 150), (ROAD, 50))
    matches = _match(truth, strip((1, 100), (2, 150), (0, 50)), [13, 13], [0.9, 0.1])
    result = average_precision.result(matches, label_space=CITYSCAPES)
    assert result["ap"] == result["ap50"] == 100
    assert math.isnan(result["per_class"]["bus"]["ap"])


def test_no_mask_at_all_is_0():
    truth = strip((CAR + 1, 100))
    assert _car(_match(truth, np.zeros_like(truth), [], []))["ap"] == 0


def test_all_void_has_no_precision():
    matches = _match(strip((VOID, 300)), strip((1, 300)), [13], [0.5])
    result = average_precision.result(matches, label_space=CITYSCAPES)
    assert math.isnan(result["ap"]) and math.isnan(result["ap50"])


def test_an_instance_split_in_two_hits_with_its_larger_part():
    matches = _match(
        strip((CAR + 1, 200)), strip((1, 130), (2, 70)), [13, 13], [0.5, 0.8]
    )
    # IoU 0.65 exceeds 0.50, 0.55 and 0.60; not 0.65. The smaller part scores higher:
    # precision 1/2 at recall 1, 0 at recall 0, then the point (0, 1).
    expected = np.dot([1 / 2, 0, 1], [0.5 * (1 - 0), 0.5 * (1 - 0), 0])
    assert matches.outcome[:, 0].tolist() == [TRUE_POSITIVE] * 3 + [FALSE_POSITIVE] * 7
    assert _car(matches)["ap50"] == pytest.approx(100 * expected)
    assert _car(matches)["ap"] == pytest.approx(100 * expected * 3 / 10)


def test_an_iou_equal_to_the_threshold_is_no_hit():
    half = _outcome(strip((CAR + 1, 200)), strip((1, 100), (0, 100)))
    assert half == [FALSE_POSITIVE] * 10


def test_of_two_masks_on_one_instance_the_better_score_counts():
    truth = strip((CAR + 1, 100), (ROAD, 40))
    masks = [
        (strip((1, 100), (0, 40)), 13, 0.3),
        (strip((1, 110), (0, 30)), 13, 0.7),
    ]
    matches = instance_matching.match_masks(truth, masks, label_space=CITYSCAPES)
    assert matches.outcome[0].tolist() == [FALSE_POSITIVE, TRUE_POSITIVE]
    assert matches.outcome[9].tolist() == [TRUE_POSITIVE, FALSE_POSITIVE]  # 10/11


def test_masks_and_a_map_of_the_same_instances_match_alike():
    truth = strip((CAR + 1, 120), (PERSON + 1, 130), (ROAD, 50))
    drawn = strip((1, 100), (2, 150), (0, 50))
    from_map = _match(truth, drawn, [13, 11], [0.3, 0.7])
    masks = [(drawn == 1, 13, 0.3), (drawn == 2, 11, 0.7)]
    from_masks = instance_matching.match_masks(truth, masks, label_space=CITYSCAPES)
    for ours, theirs in zip(from_map, from_masks, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("size", "counted"), [(100, 1), (99, 0)])
def test_instances_below_100_pixels_do_not_count(size, counted):
    truth = strip((CAR + 1, size), (ROAD, 50))
    matches = _match(truth, strip((1, size), (0, 50)), [13], [0.5])
    assert matches.instances[13] == counted
    assert matches.outcome[0, 0] == (TRUE_POSITIVE if counted else FORGIVEN)


def test_a_mask_is_forgiven_while_more_of_it_than_the_threshold_is_void():
    outcome = _outcome(strip((VOID, 72), (ROAD, 28)), strip((1, 100)))
    assert outcome == [FORGIVEN] * 5 + [FALSE_POSITIVE] * 5


def test_a_crowd_forgives_masks_of_its_class_only():
    truth = strip((CAR, 200), (ROAD, 50))
    drawn = strip((1, 120), (0, 130))
    assert _outcome(truth, drawn) == [FORGIVEN] * 10
    assert _outcome(truth, drawn, category=(11,)) == [FALSE_POSITIVE] * 10
    assert _match(truth, drawn, [13], [0.5]).instances[13] == 0


def test_a_crowd_below_100_pixels_enters_twice_as_in_the_official_script():
    outcome = _outcome(strip((CAR, 80), (ROAD, 120)), strip((1, 200)))
    assert outcome == [FORGIVEN] * 6 + [FALSE_POSITIVE] * 4  # 160 of 200


def test_void_with_an_instance_number_forgives_nothing():
    assert _outcome(strip((VOID + 1, 200)), strip((1, 200))) == [FALSE_POSITIVE] * 10


def test_only_forgiven_masks_and_a_missed_instance_is_0():
    truth = strip((CAR + 1, 100), (VOID, 100))
    matches = _match(truth, strip((0, 100), (1, 100)), [13], [0.5])
    assert _car(matches)["ap"] == 0  # the official script fails here


def test_the_curve_typed_by_hand_over_two_images():
    truth, drawn = strip((CAR + 1, 100), (ROAD, 100)), strip((1, 100), (2, 100))
    first = _match(truth, drawn, [13, 13], [0.9, 0.8])  # hit, miss
    second = _match(truth, drawn, [13, 13], [0.7, 0.6])  # hit, miss
    # Points from the lowest score: precision 2/4, 2/3, 1/2, 1 and (0, 1) at recall
    # 1, 1, 1/2, 1/2, 0; each weighs half the recall between its two neighbours.
    precision = np.array([2 / 4, 2 / 3, 1 / 2, 1, 1])
    width = np.array([0, 0.5, 0.5, 0.5, 0.5]) / 2
    assert _car(first, second)["ap50"] == pytest.approx(100 * precision @ width)


def test_equal_scores_make_one_point():
    truth, drawn = strip((CAR + 1, 100), (ROAD, 100)), strip((1, 100), (2, 100))
    tied = _match(truth, drawn, [13, 13], [0.5, 0.5])
    assert _car(tied)["ap50"] == pytest.approx(100 * (0.5 * 0.5 + 1 * 0.5))


def test_masks_without_pixels_and_of_stuff_are_left_out():
    truth = strip((CAR + 1, 100), (ROAD, 100))
    matches = _match(truth, strip((1, 100), (3, 100)), [13, 13, 0], [0.5, 0.9, 0.9])
    assert matches.category.tolist() == [13]


def test_short_lists_and_scores_that_are_not_finite_are_refused():
    truth = strip((CAR + 1, 100))
    with pytest.raises(ValueError, match="goes up to 2"):
        _match(truth, truth * 0 + 2, [13], [0.5])
    with pytest.raises(ValueError, match="finite"):
        _match(truth, truth * 0 + 1, [13], [math.nan])
