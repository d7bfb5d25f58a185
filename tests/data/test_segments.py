import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data.segments import index_segments
from naive_student_tf.labels.cityscapes import CITYSCAPES

VOID, MARKED_VOID = 65280, 65281
ROAD, PERSONS, PERSON_1, CAR_1, CAR_2 = 0, 11 * 256, 11 * 256 + 1, 3329, 3330

# A car of three pixels, a person, a crowd of persons, road and void.
LABEL = [
    [VOID, ROAD, ROAD, CAR_2, CAR_2],
    [ROAD, ROAD, PERSONS, CAR_2, PERSON_1],
]


def index(label, max_segments=8):
    segment, table = index_segments(
        tf.constant(label), label_space=CITYSCAPES, max_segments=max_segments
    )
    assert segment.dtype == tf.uint8 and table.dtype == tf.float32
    assert table.shape == (max_segments, 5)
    return segment.numpy(), table.numpy()


def test_segments_are_numbered_instances_first_then_by_value():
    segment, _ = index(LABEL)
    expected = [[4, 2, 2, 1, 1], [2, 2, 3, 1, 0]]
    np.testing.assert_array_equal(segment, expected)


def test_the_table_has_category_instance_area_and_mean_position():
    _, table = index(LABEL)
    expected = [
        [11, 1, 1, 1, 4],
        [13, 2, 3, 1 / 3, 10 / 3],
        [0, 0, 4, 0.5, 1],
        [11, 0, 1, 1, 2],
        [255, 0, 1, 0, 0],
        *[[255, 0, 0, 0, 0]] * 3,  # unused rows
    ]
    np.testing.assert_allclose(table, expected, rtol=1e-6)


def test_the_order_of_the_table_does_not_depend_on_where_segments_lie():
    _, table = index(LABEL)
    _, mirrored = index(np.array(LABEL)[::-1, ::-1].tolist())
    np.testing.assert_array_equal(mirrored[:, :3], table[:, :3])


def test_a_marked_void_comes_after_all_true_instances():
    _, table = index([[MARKED_VOID, CAR_1, ROAD, VOID]])
    assert table[:4, :2].tolist() == [[13, 1], [255, 1], [0, 0], [255, 0]]


def test_a_marked_void_stays_there_wherever_it_lies():
    segment, table = index([[ROAD, CAR_1, MARKED_VOID]])
    assert segment.tolist() == [[2, 0, 1]]
    assert table[:3, :2].tolist() == [[13, 1], [255, 1], [0, 0]]


def test_a_category_that_the_label_space_lacks_is_refused():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"(?s)cityscapes does not.*19"
    ):
        index([[ROAD, CAR_1, 19 * 256]])


@pytest.mark.parametrize("value", [-1, 1 << 16])
def test_a_value_beyond_16_bits_is_refused(value):
    with pytest.raises(tf.errors.InvalidArgumentError):
        index([[ROAD, value]])


def test_a_crop_without_instances_has_only_stuff_and_void():
    segment, table = index([[ROAD, VOID]], max_segments=3)
    assert segment.tolist() == [[0, 1]]
    assert table[:, 0].tolist() == [0, 255, 255]
    assert table[:, 2].tolist() == [1, 1, 0]


def test_as_many_segments_as_rows_fit_and_one_more_does_not():
    label = [[CAR_1, CAR_2, ROAD, PERSONS]]
    assert index(label, max_segments=4)[1][:, 2].tolist() == [1, 1, 1, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="more segments than max"):
        index(label, max_segments=3)


def test_the_bound_holds_inside_an_input_pipeline():
    dataset = tf.data.Dataset.from_tensors([[CAR_1, CAR_2, ROAD]]).map(
        lambda label: index_segments(label, label_space=CITYSCAPES, max_segments=2)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="raise that binding"):
        next(iter(dataset))


def test_256_segments_are_numbered_by_8_bits_and_257_are_refused():
    label = np.arange(256)[None] + 13 * 256  # a crowd of cars and 255 cars
    segment, table = index(label.astype(np.int32), max_segments=256)
    np.testing.assert_array_equal(segment[0], [255, *range(255)])
    assert table[:, 1].tolist() == [*range(1, 256), 0]
    with pytest.raises(ValueError, match="max_segments is 257; 8 bits"):
        index(LABEL, max_segments=257)


def test_means_stay_exact_on_a_frame_of_two_million_pixels():
    label = np.zeros((1025, 2049), np.int32)
    label[:, -1] = CAR_1
    _, table = index(label)
    np.testing.assert_array_equal(table[0], [13, 1, 1025, 512, 2048])
    np.testing.assert_array_equal(table[1], [0, 0, 1025 * 2048, 512, 1023.5])


@pytest.mark.parametrize("seed", range(3))
def test_random_maps_are_described_by_their_own_pixels(seed):
    values = np.array([VOID, MARKED_VOID, ROAD, 256, PERSONS, PERSON_1, CAR_1, CAR_2])
    label = np.random.default_rng(seed).choice(values, (13, 17)).astype(np.int32)
    segment, table = index(label)
    category, instance = table[:, 0].astype(int), table[:, 1].astype(int)
    np.testing.assert_array_equal((category * 256 + instance)[segment], label)
    for row, (_, _, area, y, x) in enumerate(table):
        pixels = np.argwhere(segment == row)
        assert area == len(pixels)
        np.testing.assert_allclose((y, x), pixels.mean(0), rtol=1e-5)
