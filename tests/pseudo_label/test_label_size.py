"""A pseudo-label of a full-size frame takes little room, and comes back exactly."""

import numpy as np
import pytest

from naive_student_tf.data import example
from tests.pseudo_label.street_maps import street_map

MOST_BYTES = 120_000


@pytest.mark.parametrize("instances", [10, 60, 200])
def test_a_busy_street_fits(instances):
    label = street_map(instances=instances)
    assert label.shape == (1024, 2048)
    assert len(np.unique(label % 256)) > 0.7 * instances  # some are hidden
    data = example.encode_png(label)
    assert len(data) <= MOST_BYTES
    decoded = example.decode_png(data)
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, label)


def test_noise_does_not_fit_so_the_bound_says_something():
    noise = np.random.default_rng(0).integers(0, 20, (1024, 2048)).astype(np.uint16)
    assert len(example.encode_png(noise)) > MOST_BYTES
