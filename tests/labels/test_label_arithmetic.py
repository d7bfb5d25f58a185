import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.labels import panoptic

# road, a crowd of persons, two cars, void
CATEGORY = [[0, 11, 13], [13, 255, 0]]
INSTANCE = [[0, 0, 1], [255, 0, 0]]
PACKED = [[0, 2816, 3329], [3583, 65280, 0]]


def test_pack_gives_category_times_256_plus_instance():
    packed = panoptic.pack(np.array(CATEGORY), np.array(INSTANCE), label_divisor=256)
    np.testing.assert_array_equal(packed, PACKED)


def test_another_divisor_gives_another_label():
    assert panoptic.pack(13, 7, label_divisor=1000) == 13007
    assert panoptic.unpack(13007, label_divisor=1000) == (13, 7)


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.int64])
def test_unpack_inverts_pack_in_every_width_that_holds_the_product(kind):
    category, instance = panoptic.unpack(np.array(PACKED, kind), label_divisor=256)
    np.testing.assert_array_equal(category, CATEGORY)
    np.testing.assert_array_equal(instance, INSTANCE)
    packed = panoptic.pack(category, instance, label_divisor=256)
    assert packed.dtype == kind
    np.testing.assert_array_equal(packed, PACKED)


def test_tensors_stay_tensors():
    packed = tf.constant(PACKED)
    category, instance = panoptic.unpack(packed, label_divisor=256)
    np.testing.assert_array_equal(category, CATEGORY)
    again = panoptic.pack(category, instance, label_divisor=256)
    assert again.dtype == tf.int32
    np.testing.assert_array_equal(again, PACKED)


def test_every_uint16_label_survives_the_round_trip():
    labels = np.arange(2**16, dtype=np.uint16)
    parts = panoptic.unpack(labels, label_divisor=256)
    np.testing.assert_array_equal(panoptic.pack(*parts, label_divisor=256), labels)
