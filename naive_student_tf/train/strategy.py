"""Where a job runs: one builder per kind of machine, chosen by one binding."""

import os

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
        name: str, "local" on the VM of a TPU of one host. Of a slice of several hosts
            their addresses, host 0 first, "grpc://10.0.0.2:8470,grpc://10.0.0.3:8470";
            or its name, for which the package cloud-tpu-client asks Google's API.
            None: what the environment variable TPU_NAME says.
        zone, project: str, of a named TPU; None: those of this machine.

    Raises:
        RuntimeError: it does not answer.
    """
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
            name, zone=zone, project=project
        )
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (tf.errors.OpError, OSError, RuntimeError, ValueError) as error:
        asked = name or os.environ.get("TPU_NAME", "")
        raise RuntimeError(
            f"No TPU {asked!r} answers: {error}. {_advice(asked)}"
        ) from error
    return tf.distribute.TPUStrategy(resolver)


def _advice(name):
    if name == "local":
        return "Install requirements-tpu.txt, and let no other process hold the TPU."
    if name.startswith("grpc://"):
        return (
            "Every host of the slice has to run the TensorFlow server of a -pod- image "
            "of the version that is installed here; docs/tpu.md."
        )
    return (
        "A TPU of one host is 'local' on its VM. Of a slice give the addresses of all "
        "hosts, 'grpc://IP0:8470,grpc://IP1:8470,...', as docs/tpu.md does: names "
        "need the package cloud-tpu-client."
    )
