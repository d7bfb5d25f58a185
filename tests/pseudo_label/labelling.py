"""Pseudo-labels of a few tiny shards, for the tests of the job."""

import hashlib

import tensorflow as tf

from naive_student_tf import lineage
from tests import tiny_shards

FRAMES = [
    *(tiny_shards.frame(number, labelled=False) for number in range(5)),
    *(tiny_shards.frame(number, labelled=False, ego=False) for number in (5, 6)),
]
SETTINGS = {"splits": ("train_sequence",), "iteration": 2, "batch_size": 2}


def teacher(tmp_path, weight=1.0, origin=None):
    """An Oracle of saved weights, which tell their lineage where it is given."""
    saved = {"weight": tf.Variable(weight)}
    if origin:
        saved["lineage"] = lineage.variable(origin)
    path = tf.train.Checkpoint(**saved).save(str(tmp_path / "teacher" / "ckpt"))
    return tiny_shards.Oracle(path)


def hashes(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
    }
