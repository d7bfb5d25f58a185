"""Where a job runs: one builder per kind of machine, chosen by one binding."""

import tensorflow as tf


def one_device():
    """The first GPU if there is one, else the CPU."""
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.OneDeviceStrategy("GPU:0" if gpus else "CPU:0")


def mirrored(devices=None):
    """All GPUs of this machine, or the named devices ("CPU:0", "CPU:1")."""
    return tf.distribute.MirroredStrategy(devices)


def tpu(name="local"):
    """A Cloud TPU: "local" on a TPU VM, else its name or grpc:// address."""
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(name)
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)
