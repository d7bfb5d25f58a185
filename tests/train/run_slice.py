"""A tiny training on a server in another process, as a slice of a TPU is one.

python -m tests.train.run_slice WORK_DIR SHARDS

It connects as strategy.tpu does, so that all it computes is computed by the server.
That has CPUs, so cluster.is_tpu has to lie. On one machine the server can ask this
process to run Python for it; the hosts of a slice cannot, so that is forbidden here.
"""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import tensorflow as tf

from naive_student_tf.data import pipeline
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.train import cluster, interrupt
from tests.train import tiny_training

ENDLESS = 20_000  # steps, which take minutes


def connect():
    """Starts a server and returns a strategy of one device there."""
    serve = [sys.executable, "-m", "tests.train.run_slice", "serve"]
    server = subprocess.Popen(
        serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # it ends with this process, which holds its input
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
        server.stdout.readline().strip()
    )
    tf.config.experimental_connect_to_cluster(resolver)
    strategy = tf.distribute.OneDeviceStrategy("/job:worker/task:0/device:CPU:0")
    strategy.extended._cluster_resolver = resolver
    return strategy


def serve():
    server = tf.distribute.Server({"worker": ["localhost:0"]}, job_name="worker")
    print(server.target, flush=True)
    sys.stdin.read()


def targets(batch):
    height, width = tiny_training.SIZE
    image = tf.cast(batch["image"][:, :height, :width], tf.float32) / 255
    return tiny_training.targets({"image": image})


def stopped_targets(mark):
    """The same; SIGTERM comes while a step runs, which the server says by a file."""

    def targets_that_stop(batch):
        with tf.control_dependencies([tf.io.write_file(str(mark), "")]):
            return targets({"image": tf.identity(batch["image"])})

    def stop():
        while not mark.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    return targets_that_stop


def picture(wanted, outputs):
    print(f"A picture of {wanted['image'].shape}.", flush=True)
    return np.zeros((2, 2, 3), np.uint8)


def train(work_dir, directory, **changes):
    """Four steps on shards; returns the values of the checkpoint."""
    data = pipeline.TrainingData(
        label_space=CITYSCAPES,
        directories=str(directory),
        crop_size=(9, 17),
        global_batch_size=4,
    )
    settings = {"targets": targets, "pictures": picture, "steps": 4, **changes}
    return tiny_training.train(work_dir, data=data, deterministic=False, **settings)


def not_here(*_):
    raise RuntimeError("The server asked this process for a record.")


def main(work_dir, directory):
    strategy = connect()
    pipeline.Reader._serialized = not_here
    cluster.is_tpu = lambda _: True
    remote = {"strategy": lambda: strategy}
    train(pathlib.Path(work_dir, "whole"), directory, **remote)
    try:
        train(
            pathlib.Path(work_dir, "stopped"),
            directory,
            targets=stopped_targets(pathlib.Path(work_dir, "a_step_runs")),
            steps=ENDLESS,
            steps_per_loop=ENDLESS,
            save_every=ENDLESS,
            **remote,
        )
    except interrupt.Preempted as error:
        print(f"Preempted: {error}", flush=True)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main(*sys.argv[1:])
