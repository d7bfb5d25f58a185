"""Pictures of label maps, typed by hand."""

import numpy as np
import pytest

from naive_student_tf.evaluate import canvas, pictures
from naive_student_tf.labels.label_space import LabelSpace

SPACE = LabelSpace(
    name="tiny",
    class_names=("road", "car"),
    thing_classes=(1,),
    colors=((100, 50, 0), (0, 0, 200)),
    label_ids=(7, 26),
)
VOID = SPACE.void
ROAD = 0
CAR = 256  # category 1, instance 0: a crowd
BLACK = [0, 0, 0]


def grey(height, width, level=100):
    return np.full((height, width, 3), level, np.uint8)


def test_a_category_gets_the_color_of_its_class_and_void_is_black():
    picture = pictures.draw_category(np.array([[0, 1, 255]]), label_space=SPACE)
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[[100, 50, 0], [0, 0, 200], BLACK]]


@pytest.mark.parametrize("category", [2, -1, 254])
def test_an_unknown_category_stops_with_its_value(category):
    with pytest.raises(ValueError, match=f"Category {category} .* tiny"):
        pictures.draw_category(np.array([[0, category]]), label_space=SPACE)


def test_labels_are_mixed_with_the_image_by_their_opacity():
    picture = pictures.draw_panoptic(
        grey(1, 3), np.array([[ROAD, CAR, VOID]]), label_space=SPACE, opacity=0.5
    )
    assert picture.tolist() == [[[100, 75, 50], [50, 50, 150], [50, 50, 50]]]


def test_two_instances_of_a_class_differ_in_shade_and_stuff_has_none():
    shade = pictures.instance_shade(np.array([0, 1, 2, 3]))
    assert shade[0] == 0
    assert len(set(shade)) == 4
    assert shade.max() <= pictures.BRIGHTEST_SHADE


def test_the_outline_lies_inside_an_instance_and_stuff_has_none():
    panoptic = np.full((5, 5), ROAD)
    panoptic[1:4, 1:4] = CAR + 1
    panoptic[4, 4] = VOID
    outline = pictures.instance_outline(panoptic, np.where(panoptic == CAR + 1, 1, 0))
    assert outline.astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 1, 0, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
    ]


def test_two_touching_cars_are_separated_by_an_outline():
    panoptic = np.array([[CAR + 1, CAR + 1, CAR + 2, CAR + 2]])
    picture = pictures.draw_panoptic(grey(1, 4), panoptic, label_space=SPACE)
    white = (picture == 255).all(axis=-1)
    assert white.tolist() == [[False, True, True, False]]


def test_errors_are_red_void_is_grey_and_a_void_prediction_is_wrong():
    picture = pictures.draw_error(
        np.array([[0, 1, 1, 255]]), np.array([[0, 0, 255, 1]]), ignore_label=255
    )
    expected = [pictures.RIGHT, pictures.WRONG, pictures.VOID_GREY, pictures.WRONG]
    assert picture[0].tolist() == [list(color) for color in expected]


def test_the_ego_region_wins_over_void_and_the_rest_is_the_dimmed_image():
    void = np.array([[True, True, False]])
    ego = np.array([[False, True, False]])
    picture = pictures.draw_void(grey(1, 3), void, ego=ego)
    assert picture.tolist() == [[[80, 150, 190], [206, 120, 15], [60, 60, 60]]]


def test_enlarging_repeats_pixels_and_keeps_labels():
    assert canvas.enlarge(np.array([[1, 2]]), factor=2).tolist() == [
        [1, 1, 2, 2],
        [1, 1, 2, 2],
    ]
    with pytest.raises(ValueError, match="Enlarged by 0"):
        canvas.enlarge(np.array([[1]]), factor=0)


def test_a_float_image_and_a_map_of_another_size_are_refused():
    with pytest.raises(ValueError, match="float64"):
        pictures.draw_panoptic(np.zeros((1, 1, 3)), [[0]], label_space=SPACE)
    with pytest.raises(ValueError, match=r"\[1, 2\].*\[1, 3\]"):
        pictures.draw_panoptic(grey(1, 3), [[0, 0]], label_space=SPACE)
