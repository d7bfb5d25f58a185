"""What differs between the two lanes."""

import tensorflow as tf

import naive_student_tf.compat  # noqa: F401


def test_grappler_does_not_fuse_convolutions_where_that_is_slow():
    """The tests see no GPU; the lane of TensorFlow 2.15 fuses well."""
    options = tf.config.optimizer.get_experimental_options()
    assert options.get("remapping", True) == tf.__version__.startswith("2.15")
