"""The only module that names a Keras.

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

__all__ = ["keras"]
