"""The real tf.distribute.TPUStrategy on TPU cores that do not exist.

Its replicas are the virtual CPUs of conftest.py, so that programs can be traced and
looked at, never run. It reaches into TensorFlow's private parts: for tests alone.
"""

import types

import numpy as np
import tensorflow as tf

HOST = "/job:localhost/replica:0/task:0/device"


def strategy(cores=4, *, master=""):
    """A TPUStrategy of one host with so many cores, one replica on each.

    Args:
        cores: int.
        master: str, the address of that host; "": this one.
    """
    devices = [types.SimpleNamespace(name=f"{HOST}:TPU:{i}") for i in range(cores)]
    metadata = tf.tpu.experimental.TPUSystemMetadata(
        num_cores=cores,
        num_hosts=1,
        num_of_cores_per_host=cores,
        topology=None,
        devices=devices,
    )
    resolver = types.SimpleNamespace(
        get_tpu_system_metadata=lambda: metadata, master=lambda: master
    )
    found = tf.distribute.TPUStrategy(resolver)
    cpus = [f"{HOST}:CPU:{i}" for i in range(cores)]
    found.extended._tpu_devices = np.array([[cpu] for cpu in cpus], dtype=object)
    found.extended._device_input_worker_devices = {cpus[0]: cpus}
    return found


def operations(function):
    """Names of all operations of a concrete function and of those that it calls."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    return [node.op for node in nodes]
