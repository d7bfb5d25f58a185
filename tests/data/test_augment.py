import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import augment
from tests.data.slow_twins import slow_crop

VOID = 65280
SCALES = tuple(np.round(np.arange(0.5, 2.01, 0.1), 1).tolist())


@functools.cache
def drawer(crop_size, scales, flip):
    """random_window of these settings as a graph: many draws are quicker."""
    return tf.function(
        functools.partial(
            augment.random_window, crop_size=crop_size, scales=scales, flip=flip
        )
    )


def draw(size, crop_size, *, scales=SCALES, flip=0.5, seed=(0, 0)):
    window = drawer(crop_size, scales, flip)(tf.constant(size), seed=tf.constant(seed))
    return window.numpy()


def window_of(size, crop_size, *, scale=1.0, flip=0.0, seed=(0, 0)):
    return draw(size, crop_size, scales=(scale,), flip=flip, seed=seed)


def crop_label(label, window, crop_size):
    crop = augment.resample_label(
        tf.constant(label, tf.int32), window, crop_size=crop_size, void=VOID
    )
    assert crop.dtype == tf.int32 and crop.shape == crop_size
    return crop.numpy()


def crop_image(image, window, crop_size):
    crop = augment.resample_image(tf.constant(image), window, crop_size=crop_size)
    assert crop.dtype == tf.uint8 and crop.shape == (*crop_size, 3)
    return crop.numpy()


@pytest.fixture
def source():
    """A noisy image and a label without two equal pixels, 23 x 31."""
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (23, 31, 3)).astype(np.uint8)
    return image, np.arange(23 * 31).reshape(23, 31)


def test_scale_1_and_a_crop_of_the_images_size_change_nothing(source):
    image, label = source
    window = window_of((23, 31), (23, 31))
    assert window.tolist() == [0, 0, 22, 30]
    np.testing.assert_array_equal(crop_image(image, window, (23, 31)), image)
    np.testing.assert_array_equal(crop_label(label, window, (23, 31)), label)


def test_scale_1_cuts_out_whole_pixels(source):
    image, label = source
    starts = set()
    for seed in range(30):
        window = window_of((23, 31), (17, 21), seed=(1, seed))
        y, x = int(window[0]), int(window[1])
        assert window.tolist() == [y, x, y + 16, x + 20]
        cut = np.s_[y : y + 17, x : x + 21]
        np.testing.assert_array_equal(crop_image(image, window, (17, 21)), image[cut])
        np.testing.assert_array_equal(crop_label(label, window, (17, 21)), label[cut])
        starts.add((y, x))
    assert {y for y, _ in starts} == set(range(7))  # every place that there is
    assert len({x for _, x in starts}) > 7


def test_scale_2_shows_every_pixel_and_the_mean_between_two():
    image = np.repeat(np.array([[0, 100], [40, 60]], np.uint8)[..., None], 3, axis=2)
    window = window_of((2, 2), (3, 3), scale=2.0)
    assert window.tolist() == [0, 0, 1, 1]
    expected = [[0, 50, 100], [20, 50, 80], [40, 50, 60]]
    np.testing.assert_array_equal(crop_image(image, window, (3, 3))[..., 0], expected)
    expected = [[1, 2, 2], [3, 4, 4], [3, 4, 4]]  # halves go up
    label = crop_label([[1, 2], [3, 4]], window, (3, 3))
    np.testing.assert_array_equal(label, expected)


def test_scale_one_half_shows_every_second_pixel(source):
    image, label = source
    window = window_of((23, 31), (12, 16), scale=0.5)
    assert window.tolist() == [0, 0, 22, 30]
    halved = crop_image(image, window, (12, 16))
    np.testing.assert_array_equal(halved, image[::2, ::2])
    halved = crop_label(label, window, (12, 16))
    np.testing.assert_array_equal(halved, label[::2, ::2])


def test_a_smaller_image_lies_anywhere_in_the_crop_with_padding_around_it():
    image = np.full((3, 4, 3), 200, np.uint8)
    label = np.arange(12).reshape(3, 4)
    places = set()
    for seed in range(40):
        window = window_of((3, 4), (5, 6), seed=(2, seed))
        y, x = int(-window[0]), int(-window[1])
        expected = np.pad(label, ((y, 2 - y), (x, 2 - x)), constant_values=VOID)
        np.testing.assert_array_equal(crop_label(label, window, (5, 6)), expected)
        crop = crop_image(image, window, (5, 6))
        padding = np.where(expected == VOID, augment.PAD_VALUE, 200)
        np.testing.assert_array_equal(crop, np.repeat(padding[..., None], 3, 2))
        places.add((y, x))
    assert places == {(y, x) for y in range(3) for x in range(3)}


def test_padding_is_the_gray_that_the_networks_scale_to_nearly_zero():
    assert abs(augment.PAD_VALUE / 127.5 - 1) < 0.005


@pytest.mark.parametrize("scale", [0.5, 0.7, 1.0, 1.3, 2.0])
def test_a_flip_mirrors_the_crop(source, scale):
    image, label = source
    crop_size = (19, 26)  # neither a power of two plus 1 nor smaller at every scale
    for seed in range(5):
        straight = window_of((23, 31), crop_size, scale=scale, seed=(3, seed))
        flipped = window_of((23, 31), crop_size, scale=scale, seed=(3, seed), flip=1.0)
        np.testing.assert_array_equal(flipped, straight[[0, 3, 2, 1]])
        mirrored = crop_label(label, flipped, crop_size)[:, ::-1]
        np.testing.assert_array_equal(mirrored, crop_label(label, straight, crop_size))
        mirrored = crop_image(image, flipped, crop_size)[:, ::-1].astype(int)
        difference = abs(mirrored - crop_image(image, straight, crop_size))
        assert difference.max() <= (0 if scale == 1 else 1)  # levels


@pytest.mark.parametrize("seed", range(12))
def test_random_crops_equal_those_made_pixel_by_pixel(seed):
    random = np.random.default_rng(seed)
    height, width = random.integers(5, 40, 2)
    crop_size = tuple(int(n) for n in random.integers(5, 40, 2))
    image = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    label = random.integers(0, 19, (height, width)) * 256
    window = draw((height, width), crop_size, seed=(7, seed))
    slow_image, slow_label = slow_crop(
        image, label, window, crop_size=crop_size, pad=augment.PAD_VALUE, void=VOID
    )
    crop = crop_image(image, window, crop_size)
    assert abs(crop - slow_image).max() <= 1  # one level of 256
    np.testing.assert_array_equal(crop_label(label, window, crop_size), slow_label)


@pytest.mark.parametrize("length", [51, 61, 121])
def test_the_last_row_and_column_are_never_taken_for_padding(length):
    image = np.full((length, length, 3), 10, np.uint8)
    for scale in np.float32(SCALES):  # many windows end on the border up to rounding
        side = 1 + int(scale * np.float32(length - 1))
        last = np.float32(side - 1) / scale
        for window in ([0, 0, last, last], [0, last, last, 0]):
            crop = crop_image(image, np.float32(window), (side, side))
            assert (crop == 10).all(), (scale, window)


def test_a_label_is_void_exactly_where_the_image_is_padded():
    image, label = np.zeros((20, 24, 3), np.uint8), np.ones((20, 24))
    crop_size, seen = (33, 41), 0
    for seed in range(25):
        window = draw((20, 24), crop_size, seed=(4, seed))
        void = crop_label(label, window, crop_size) == VOID
        padded = crop_image(image, window, crop_size)[..., 0] != 0
        np.testing.assert_array_equal(void, padded)
        seen += void.any() and not void.all()
    assert seen > 10


def test_windows_depend_on_the_seed_alone():
    def windows(run):
        seeds = [(run, position) for position in range(40)]
        return [draw((64, 128), (33, 65), seed=seed).tolist() for seed in seeds]

    assert windows(0) == windows(0)
    assert windows(0) != windows(1)
    assert len(set(map(tuple, windows(0)))) == 40


def test_every_scale_and_both_directions_are_drawn():
    scales = (0.5, 1.0, 2.0)
    seen = set()
    for seed in range(60):
        window = draw((64, 128), (9, 9), scales=scales, seed=(5, seed))
        seen.add((8 / (window[2] - window[0]), bool(window[3] < window[1])))
    assert seen == {(scale, flip) for scale in scales for flip in (False, True)}


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_flips_can_be_bound_to_never_and_always(flip):
    for seed in range(20):
        window = window_of((64, 64), (9, 9), flip=flip, seed=(6, seed))
        assert bool(window[3] < window[1]) == bool(flip)
