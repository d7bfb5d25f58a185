"""Every test runs on the CPU, seen as four devices, whatever the machine has."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # before TensorFlow is imported

import naive_student_tf  # noqa: F401, I001  (first: it sets the environment)

import pytest
import tensorflow as tf

from naive_student_tf.compat import keras

REPLICAS = [tf.config.LogicalDeviceConfiguration()] * 4
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], REPLICAS
)


@pytest.fixture(autouse=True)
def fixed_seeds():
    """A test draws the same numbers alone and after others."""
    keras.utils.set_random_seed(0)
