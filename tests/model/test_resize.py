"""Two matrix products are TensorFlow's bilinear resize with aligned corners."""

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.model import resize
from tests import bfloat16

SIZES = [((3, 5), (5, 9)), ((1, 1), (4, 3)), ((4, 6), (9, 7)), ((9, 7), (1, 3))]


def random_map(height, width, channels=2):
    shape = (2, height, width, channels)
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def interpolate(x, height, width):
    """The slow twin: every output pixel from its four neighbours."""
    (_, in_height, in_width, _), out = x.shape, []
    for i in range(height):
        y = i * (in_height - 1) / max(height - 1, 1)
        for j in range(width):
            z = j * (in_width - 1) / max(width - 1, 1)
            (top, left), dy, dx = (int(y), int(z)), y % 1, z % 1
            bottom = min(top + 1, in_height - 1)
            right = min(left + 1, in_width - 1)
            upper = x[:, top, left] * (1 - dx) + x[:, top, right] * dx
            lower = x[:, bottom, left] * (1 - dx) + x[:, bottom, right] * dx
            out.append(upper * (1 - dy) + lower * dy)
    return np.stack(out, axis=1).reshape(x.shape[0], height, width, -1)


def test_three_rows_become_five_with_the_middles_between():
    expected = [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]]
    np.testing.assert_array_equal(resize.interpolation_matrix(3, 5), expected)


def test_a_single_output_row_is_the_first_input_row():
    np.testing.assert_array_equal(resize.interpolation_matrix(3, 1), [[1, 0, 0]])


def test_a_single_input_row_is_repeated():
    np.testing.assert_array_equal(resize.interpolation_matrix(1, 3), [[1], [1], [1]])


def test_the_weights_of_the_papers_sizes_are_exact_quarters():
    weights = resize.interpolation_matrix(257, 1025)
    np.testing.assert_array_equal(weights * 4, np.round(weights * 4))
    np.testing.assert_array_equal(weights.sum(axis=1), 1)


@pytest.mark.parametrize(("before", "after"), SIZES)
def test_it_is_the_interpolation_of_four_neighbours(before, after):
    x = random_map(*before)
    expected = interpolate(x, *after)
    result = resize.resize_bilinear(tf.constant(x), *after)
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize(("before", "after"), SIZES)
def test_it_is_tensorflows_resize_and_gradient(before, after):
    x = tf.constant(random_map(*before))
    upstream = random_map(*after)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours = resize.resize_bilinear(x, *after)
        theirs = tf.compat.v1.image.resize_bilinear(x, after, align_corners=True)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(ours, x, upstream), tape.gradient(theirs, x, upstream), atol=1e-5
    )


def test_sizes_that_only_the_running_graph_knows_give_the_same():
    x, reference = random_map(3, 5), random_map(6, 4)
    layer = resize.ResizeLike()
    unknown = tf.TensorSpec((None, None, None, 2), tf.float32)
    graph = tf.function(lambda a, b: layer([a, b]), input_signature=[unknown] * 2)
    np.testing.assert_array_equal(graph(x, reference), layer([x, reference]))


def test_known_sizes_put_constant_matrices_into_the_graph():
    def of(spec):
        graph = tf.function(lambda a: resize.resize_bilinear(a, 9, 9))
        return {
            op.type for op in graph.get_concrete_function(spec).graph.get_operations()
        }

    assert "Range" not in of(tf.TensorSpec((2, 5, 5, 1), tf.float32))
    assert "Range" in of(tf.TensorSpec((2, None, None, 1), tf.float32))


def test_large_matrices_are_computed_and_equal_to_the_constant_ones(monkeypatch):
    constant = [resize.interpolation_matrix(*sizes) for sizes in ((129, 513), (5, 3))]
    monkeypatch.setattr(resize, "LARGEST_CONSTANT", 0)
    computed = [resize.interpolation_matrix(*sizes) for sizes in ((129, 513), (5, 3))]
    for expected, found in zip(constant, computed, strict=True):
        assert tf.is_tensor(found) and not tf.is_tensor(expected)
        np.testing.assert_array_equal(found, expected)


def test_a_full_size_resize_puts_no_large_constant_into_the_graph():
    graph = tf.function(lambda a: resize.resize_bilinear(a, 1025, 2049))
    traced = graph.get_concrete_function(tf.TensorSpec((1, 257, 513, 1)))
    assert traced.graph.as_graph_def().ByteSize() < 2_000_000


def test_the_same_size_passes_untouched():
    x = tf.constant(random_map(3, 5))
    assert resize.resize_bilinear(x, 3, 5) is x


@bfloat16.needed
def test_bfloat16_stays_bfloat16_and_is_exact_where_the_weights_are():
    x = tf.constant([[[[0.0], [2.0]], [[4.0], [6.0]]]], tf.bfloat16)
    result = resize.resize_bilinear(x, 3, 3)
    assert result.dtype == tf.bfloat16
    expected = [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    np.testing.assert_array_equal(tf.cast(result, tf.float32)[0, :, :, 0], expected)
