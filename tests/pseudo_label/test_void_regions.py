"""The ego vehicle becomes void where the annotated frame shows it, nowhere else."""

import dataclasses

import numpy as np
import pytest

from naive_student_tf.pseudo_label.void_regions import (
    check_known,
    mask_regions,
    masks_ego_vehicle,
)
from tests import tiny_shards

VOID = 255 * 256
LABEL = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
REGIONS = np.array([[0, 1, 3], [1, 0, 2]], np.uint8)
FRAME = dataclasses.replace(tiny_shards.frame(0), void_regions=REGIONS)


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ((1,), [[1, VOID, 3], [VOID, 5, 6]]),
        ((1, 3), [[1, VOID, VOID], [VOID, 5, 6]]),
        ((1, 2, 3), [[1, VOID, VOID], [VOID, 5, VOID]]),
        ((), LABEL),
    ],
)
def test_the_chosen_regions_become_void(regions, expected):
    masked = mask_regions(LABEL, FRAME, regions, void=VOID)
    np.testing.assert_array_equal(masked, expected)


def test_a_frame_whose_regions_nobody_knows_keeps_its_label():
    unknown = dataclasses.replace(FRAME, void_regions=None)
    np.testing.assert_array_equal(mask_regions(LABEL, unknown, (1,), void=VOID), LABEL)


@pytest.mark.parametrize(
    ("regions", "known", "expected"),
    [
        ((1,), REGIONS, True),
        ((1, 2, 3), REGIONS, True),
        ((2, 3), REGIONS, False),  # other regions become void
        ((), REGIONS, False),
        ((1,), np.where(REGIONS == 1, 3, REGIONS), False),  # no ego vehicle is there
        ((1,), None, False),
    ],
)
def test_the_ego_vehicle_is_masked_where_it_is_known_and_chosen(
    regions, known, expected
):
    frame = dataclasses.replace(FRAME, void_regions=known)
    assert masks_ego_vehicle(frame, regions) is expected


def test_the_prediction_itself_is_not_changed():
    before = LABEL.copy()
    for regions in ((1,), ()):
        mask_regions(LABEL, FRAME, regions, void=VOID)[:] = 0
    np.testing.assert_array_equal(LABEL, before)


def facts(known, space="cityscapes"):
    return {"with_void_regions": known, "count": 9, "label_space": {"name": space}}


def check(facts, regions=(1,), without=()):
    check_known("train_extra", facts, regions, without=without)


def test_a_split_that_knows_no_region_is_refused_unless_it_may(caplog):
    said = r"train_extra: 0 of 9 .* gtCoarse.*without_regions = \('train_extra',\)"
    with pytest.raises(ValueError, match=said):
        check(facts(0))
    check(facts(0), without=("train_extra",))
    assert "0 of 9 frames have a map of the ego vehicle" in caplog.text


@pytest.mark.parametrize("some", [facts(4), facts(0, "camvid")])
def test_frames_without_regions_are_warned_of(some, caplog):
    check(some)
    assert f"{some['with_void_regions']} of 9 frames have a map" in caplog.text


@pytest.mark.parametrize(
    ("known", "regions"), [(9, (1,)), (0, ()), (4, ()), (None, (1,))]
)
def test_nothing_is_said_where_all_is_known_or_nothing_is_masked(
    known, regions, caplog
):
    check(facts(known), regions)
    assert not caplog.text
