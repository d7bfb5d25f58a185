import math

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data.segments import index_segments
from naive_student_tf.data.targets import PanopticTargets, center_heatmap, pixel_grid
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.data.slow_twins import slow_targets

VOID, MARKED_VOID = 65280, 65281
ROAD, PERSONS, PERSON_1, PERSON_2 = 0, 2816, 2817, 2818
CAR_1, CAR_2, CAR_3 = 3329, 3330, 3331


def targets_of(*labels, **settings):
    """Targets of a batch of packed labels, as NumPy."""
    tables = [
        index_segments(
            tf.constant(label, tf.int32), label_space=CITYSCAPES, max_segments=12
        )
        for label in labels
    ]
    segment, table = (tf.stack(parts) for parts in zip(*tables, strict=True))
    image = tf.zeros([*segment.shape, 3], tf.uint8)
    batch = {"image": image, "segment": segment, "table": table}
    targets = PanopticTargets(CITYSCAPES, **settings)(batch)
    return {name: value.numpy() for name, value in targets.items()}


# A car of five pixels in an L, a crowd of persons, a caravan, void, road.
LABEL = [
    [CAR_1, ROAD, ROAD, VOID],
    [CAR_1, ROAD, PERSONS, VOID],
    [CAR_1, CAR_1, CAR_1, MARKED_VOID],
]


def test_categories_keep_crowds_and_ignore_void():
    category = targets_of(LABEL)["category"]
    expected = [[13, 0, 0, 255], [13, 0, 11, 255], [13, 13, 13, 255]]
    np.testing.assert_array_equal(category[0], expected)
    assert category.dtype == np.int32


def test_void_and_crowd_have_no_weight_in_the_center_loss():
    weight = targets_of(LABEL)["center_weight"]
    assert weight.shape == (1, 3, 4, 1)
    expected = [[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0]]
    np.testing.assert_array_equal(weight[0, ..., 0], expected)


def test_only_instances_have_offsets():
    weight = targets_of(LABEL)["offset_weight"]
    expected = [[1, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]
    np.testing.assert_array_equal(weight[0, ..., 0], expected)


def test_offsets_lead_to_the_rounded_mean_of_the_instance():
    # mean (7/5, 3/5), rounded (1, 1): a pixel that is not the car's own
    offset = targets_of(LABEL)["offset"][0]
    none = [0, 0]
    expected = [
        [[1, 1], none, none, none],
        [[0, 1], none, none, none],
        [[-1, 1], [-1, 0], [-1, -1], none],
    ]
    np.testing.assert_array_equal(offset, expected)


def test_the_heatmap_is_1_at_the_rounded_mean_and_falls_as_a_gaussian():
    heatmap = targets_of(LABEL, sigma=2.0)["center_heatmap"]
    assert heatmap.shape == (1, 3, 4, 1)
    assert heatmap[0, 1, 1, 0] == 1
    assert heatmap[0, 1, 3, 0] == pytest.approx(math.exp(-0.5))  # also on void
    assert heatmap[0, 2, 2, 0] == pytest.approx(math.exp(-0.25))
    assert (heatmap == 1).sum() == 1  # neither crowd nor caravan has one


@pytest.mark.parametrize("area, weight", [(5, 1), (6, 3)])
def test_instances_below_the_area_weigh_more_and_crowds_do_not(area, weight):
    weights = targets_of(LABEL, small_instance_area=area)["semantic_weight"]
    expected = [[weight, 1, 1, 0], [weight, 1, 1, 0], [weight, weight, weight, 0]]
    np.testing.assert_array_equal(weights[0], expected)


def test_the_area_that_counts_is_that_of_the_crop():
    cut = [row[:1] for row in LABEL]  # three of the five pixels are left
    whole, part = (
        targets_of(LABEL, small_instance_area=4),
        targets_of(cut, small_instance_area=4),
    )
    assert whole["semantic_weight"].max() == 1
    assert part["semantic_weight"].min() == 3


def test_a_crop_without_instances_has_an_empty_heatmap_and_no_offsets():
    targets = targets_of([[ROAD, PERSONS], [VOID, 256]])
    assert not targets["center_heatmap"].any()
    assert not targets["offset"].any() and not targets["offset_weight"].any()
    np.testing.assert_array_equal(targets["center_weight"][0, ..., 0], [[1, 0], [0, 1]])


def test_an_unlabelled_crop_has_no_weight_at_all():
    targets = targets_of([[VOID, VOID]])
    assert (targets["category"] == 255).all()
    for name in ("semantic_weight", "center_weight", "offset_weight"):
        assert not targets[name].any(), name
    assert all(np.isfinite(value).all() for value in targets.values())


def test_instances_beyond_the_bound_are_treated_as_a_crowd():
    label = [[CAR_1, CAR_2, CAR_3, ROAD]]
    targets = targets_of(label, max_instances=2)
    assert (targets["center_heatmap"][0, 0, :, 0] == 1).tolist() == [1, 1, 0, 0]
    assert targets["center_weight"][0, 0, :, 0].tolist() == [1, 1, 0, 1]
    assert targets["offset_weight"][0, 0, :, 0].tolist() == [1, 1, 0, 0]
    assert targets["semantic_weight"][0, 0].tolist() == [3, 3, 3, 1]


def test_by_default_every_instance_of_a_full_table_is_drawn():
    assert PanopticTargets(CITYSCAPES).max_instances == 256


def test_the_image_becomes_float_in_0_to_255():
    label = tf.zeros([1, 2], tf.int32)
    segment, table = index_segments(label, label_space=CITYSCAPES, max_segments=2)
    image = tf.constant([[[0, 128, 255], [1, 2, 3]]], tf.uint8)
    batch = {"image": image[None], "segment": segment[None], "table": table[None]}
    shown = PanopticTargets(CITYSCAPES)(batch)["image"]
    assert shown.dtype == tf.float32
    np.testing.assert_array_equal(shown[0], image)


def random_label(seed, height=21, width=26):
    """Rectangles of all kinds over each other."""
    random = np.random.default_rng(seed)
    values = [ROAD, 512, VOID, MARKED_VOID, PERSONS, PERSON_1, PERSON_2, CAR_1, CAR_2]
    label = np.full((height, width), ROAD)
    for value in random.permutation(values * 2):
        y, x = random.integers(0, (height - 2, width - 2))
        h, w = random.integers(1, 9, 2)
        label[y : y + h, x : x + w] = value
    return label


@pytest.mark.parametrize("sigma", [1.0, 2.5, 8.0])
def test_random_maps_give_the_targets_of_the_slow_twin(sigma):
    labels = [random_label(seed) for seed in range(4)]
    fast = targets_of(*labels, sigma=sigma, small_instance_area=20)
    for number, label in enumerate(labels):
        slow = slow_targets(
            label, CITYSCAPES, sigma=sigma, small_area=20, small_weight=3.0
        )
        for name, expected in slow.items():
            ours = fast[name][number]
            ours = ours.reshape(expected.shape)
            np.testing.assert_allclose(ours, expected, atol=1e-6, err_msg=name)


def test_half_a_pixel_is_rounded_to_even_as_numpy_rounds():
    label = [[CAR_1, CAR_1, CAR_2, CAR_2]]  # means 0.5 and 2.5
    heatmap = targets_of(label)["center_heatmap"]
    assert (heatmap[0, 0, :, 0] == 1).tolist() == [1, 0, 1, 0]


def test_a_gaussian_ends_three_sigma_and_one_pixel_from_its_center():
    heatmap = center_heatmap(
        tf.constant([[[0.0, 10.0]]]), tf.constant([[True]]), height=1, width=21, sigma=2
    ).numpy()[0, 0]
    assert heatmap[3] > 0 and heatmap[17] > 0  # 3 * 2 + 1 away
    assert heatmap[2] == 0 and heatmap[18] == 0


def test_where_two_gaussians_meet_the_larger_wins():
    both = tf.constant([[[0.0, 1.0], [0.0, 4.0]]])

    def draw(*valid):
        return center_heatmap(
            both, tf.constant([valid]), height=1, width=6, sigma=1.5
        ).numpy()

    expected = np.maximum(draw(True, False), draw(False, True))
    np.testing.assert_array_equal(draw(True, True), expected)
    assert not draw(False, False).any()


def test_heatmaps_of_a_batch_do_not_mix():
    centers = tf.constant([[[0.0, 0.0]], [[1.0, 2.0]]])
    valid = tf.constant([[True], [True]])
    heatmap = center_heatmap(centers, valid, height=2, width=3, sigma=1).numpy()
    np.testing.assert_array_equal(heatmap[0] == 1, [[1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(heatmap[1] == 1, [[0, 0, 0], [0, 0, 1]])


def test_the_pixel_grid_is_y_then_x():
    grid = pixel_grid(2, 3).numpy()
    assert grid.shape == (2, 3, 2)
    assert grid[1, 2].tolist() == [1, 2]


def test_targets_are_made_with_static_shapes_under_xla():
    make = tf.function(PanopticTargets(CITYSCAPES, sigma=2.0), jit_compile=True)
    segment, table = index_segments(
        tf.constant(LABEL), label_space=CITYSCAPES, max_segments=6
    )
    image = tf.zeros([1, 3, 4, 3], tf.uint8)
    batch = {"image": image, "segment": segment[None], "table": table[None]}
    compiled = make(batch)
    for name, expected in targets_of(LABEL, sigma=2.0).items():
        assert compiled[name].shape == expected.shape
        np.testing.assert_allclose(compiled[name], expected, atol=1e-6, err_msg=name)
