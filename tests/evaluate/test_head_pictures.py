"""Pictures of center heatmaps and offsets, typed by hand."""

import numpy as np
import pytest

from naive_student_tf.evaluate import head_pictures

RIGHT, LEFT, DOWN, UP = (0, 4), (0, -4), (4, 0), (-4, 0)  # (dy, dx)


def test_a_certain_center_is_white_and_no_center_is_the_dimmed_image():
    image = np.full((1, 2, 3), 100, np.uint8)
    picture = head_pictures.draw_center_heatmap(image, np.array([[[0.0], [1.0]]]))
    assert picture.tolist() == [[[40, 40, 40], [255, 255, 255]]]


def test_a_likely_center_is_red_before_it_is_yellow():
    image = np.zeros((1, 2, 3), np.uint8)
    weak, strong = head_pictures.draw_center_heatmap(image, [[0.3, 0.6]])[0].tolist()
    assert weak[0] > 0 and weak[1] == weak[2] == 0
    assert strong[0] > strong[1] > 0 and strong[2] == 0


def test_a_heatmap_of_another_stride_is_refused():
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match=r"\[1, 1\].*\[4, 4\]"):
        head_pictures.draw_center_heatmap(image, np.zeros((1, 1, 1)))


def test_the_hue_of_an_offset_is_its_direction():
    picture = head_pictures.draw_offset(np.array([[RIGHT, LEFT, DOWN, UP]]))
    assert picture[0].tolist() == [
        [255, 0, 0],
        [0, 255, 255],
        [128, 255, 0],
        [128, 0, 255],
    ]


def test_the_value_of_an_offset_is_the_root_of_its_magnitude():
    offset = np.array([[(0, 0), (0, 1), (0, 4), (0, 9)]])
    picture = head_pictures.draw_offset(offset, max_magnitude=4)
    assert picture[0, :, 0].tolist() == [0, 128, 255, 255]


def test_a_masked_offset_is_black_and_does_not_set_the_scale():
    offset = np.array([[(0, 1), (0, 100)]])
    picture = head_pictures.draw_offset(offset, mask=np.array([[True, False]]))
    assert picture[0].tolist() == [[255, 0, 0], [0, 0, 0]]


def test_no_offset_at_all_is_black():
    with np.errstate(all="raise"):
        picture = head_pictures.draw_offset(np.zeros((2, 2, 2)))
    assert picture.max() == 0


def test_the_key_shows_red_on_the_right_and_black_in_the_middle_and_corners():
    key = head_pictures.draw_offset_key(size=9)
    assert key.shape == (9, 9, 3)
    assert key[4, 8].tolist() == [255, 0, 0]
    assert key[4, 4].max() == key[0, 0].max() == 0
