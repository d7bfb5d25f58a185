"""Where a job runs: one builder per kind of machine, chosen by one binding."""

import tensorflow as tf


def one_device():
    """The first GPU if there is one, else the CPU."""
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.OneDeviceStrategy("GPU:0" if gpus else "CPU:0")


def mirrored(devices=None):
    """All GPUs of this machine, or the named devices ("CPU:0", "CPU:1")."""
    return tf.distribute.MirroredStrategy(devices)


def multi_worker():
    """All GPUs of several machines; TF_CONFIG in the environment names them.

    Every machine runs the same command, with `task.index` of its own:
        TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
                    "task": {"type": "worker", "index": 0}}'
    WORK_DIR is one directory that all of them see; worker 0 writes to it.
    """
    return tf.distribute.MultiWorkerMirroredStrategy()


def tpu(name="local", zone=None, project=None):
    """A Cloud TPU.

    Args:
        name: str, "local" on the VM of a TPU; else the name of the TPU, which may be
            a slice of several hosts, or a grpc:// address.
        zone, project: str, of a named TPU; None: those of this machine.
    """
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
        name, zone=zone, project=project
    )
    try:
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise RuntimeError(
            f"No TPU {name!r} answers: {error}. On a TPU VM use name = 'local' and "
            f"requirements-tpu.txt, and let no other process hold the TPU."
        ) from error
    return tf.distribute.TPUStrategy(resolver)
