"""Frames resized and re-encoded on their way into shards."""

import dataclasses

import numpy as np
import pytest

from naive_student_tf.data import example
from naive_student_tf.data.recode import Recode

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (4, 8, 3), dtype=np.uint8)
PANOPTIC = np.array([[0, 0, 256, 256, 512, 512, 768, 768]] * 2 + [[65280] * 8] * 2)


def frame(pixels=PIXELS, **changes):
    values = {
        "image": example.encode_png(pixels),
        "image_format": "png",
        "filename": "a",
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "panoptic": PANOPTIC.astype(np.uint16),
        "void_regions": np.arange(32, dtype=np.uint8).reshape(4, 8),
    }
    return example.Frame(**{**values, **changes})


def test_by_default_a_frame_keeps_its_bytes():
    before = frame()
    assert Recode()(before) is before
    assert Recode(longer_side=8)(before) is before


def test_labels_are_resized_by_the_nearest_pixel():
    after = Recode(longer_side=4)(frame())
    assert (after.height, after.width) == (2, 4)
    assert after.panoptic.dtype == np.uint16
    np.testing.assert_array_equal(after.panoptic, [[0, 256, 512, 768], [65280] * 4])
    np.testing.assert_array_equal(
        after.void_regions, [[9, 11, 13, 15], [25, 27, 29, 31]]
    )


def test_a_small_frame_is_enlarged():
    after = Recode(longer_side=16)(frame())
    assert example.pixels(after).shape == (8, 16, 3)
    np.testing.assert_array_equal(after.panoptic, PANOPTIC.repeat(2, 0).repeat(2, 1))


def test_an_image_is_averaged_when_it_shrinks():
    stripes = np.zeros((2, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    after = example.pixels(Recode(longer_side=8)(frame(stripes, panoptic=None)))
    assert abs(after[0, 3].astype(int) - 100).max() <= 2


@pytest.mark.parametrize(
    "size, expected",
    [
        ((3000, 4000), (1633, 2177)),
        ((2448, 3264), (1633, 2177)),
        ((4000, 3000), (2177, 1633)),
        ((1, 9000), (1, 2177)),
    ],
)
def test_the_longer_side_is_exact_and_the_shape_is_kept(size, expected):
    sized = dataclasses.replace(frame(), height=size[0], width=size[1])
    assert Recode(longer_side=2177)._size(sized) == expected


def test_jpeg_changes_pixels_a_little_and_labels_not_at_all():
    smooth = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    before = frame(smooth, panoptic=None, void_regions=None)
    after = Recode(jpeg_quality=95)(before)
    assert (after.image_format, after.height, after.width) == ("jpeg", 64, 64)
    difference = example.pixels(after).astype(int) - smooth
    assert 0 < abs(difference).max() < 16
    expected = 10 * np.log10(255**2 / np.mean(difference**2.0))
    assert Recode(jpeg_quality=95).psnr_db(before) == pytest.approx(expected)


def test_a_higher_quality_is_nearer_and_lossless_is_equal():
    psnr = [Recode(jpeg_quality=q).psnr_db(frame()) for q in (50, 95)]
    assert psnr[0] < psnr[1]
    assert Recode(longer_side=4).psnr_db(frame()) == np.inf


def test_a_jpeg_is_not_compressed_twice():
    once = Recode(jpeg_quality=50)(frame())
    assert Recode(jpeg_quality=95)(once) is once
    assert Recode()(once) is once


def test_equal_frames_become_equal_bytes():
    again = [Recode(longer_side=6, jpeg_quality=90)(frame()).image for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize(
    "wrong", [{"jpeg_quality": 0}, {"jpeg_quality": 101}, {"longer_side": 0}]
)
def test_settings_that_mean_nothing_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} is {wrong[name]}"):
        Recode(**wrong)
