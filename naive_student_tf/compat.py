"""The only module that names a Keras, and what else differs between TensorFlows.

The project uses the Keras 2 API everywhere: `tf.keras` on TensorFlow 2.15 and
the package `tf_keras` from 2.16 on, where `tf.keras` is Keras 3. The two read
each other's checkpoints. Keras 3 differs silently under tf.distribute
(clipping before aggregation, equal dropout masks on all replicas).
"""

import tensorflow as tf

if tuple(int(part) for part in tf.__version__.split(".")[:2]) < (2, 16):
    keras = tf.keras
else:
    import tf_keras as keras

    # Grappler fuses a convolution with the batch norm and ReLU behind it. On a CPU
    # without AVX-512 kernels (see the package's __init__.py) the fused one takes 1.5
    # to 3 times the time of the three; XLA, so a TPU, fuses on its own.
    if not tf.config.list_physical_devices("GPU"):
        tf.config.optimizer.set_experimental_options({"remapping": False})

__all__ = ["keras"]
