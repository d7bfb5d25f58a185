"""Fixtures of the tests that label a few tiny shards."""

import pytest

from naive_student_tf.pseudo_label import job
from tests import tiny_shards
from tests.pseudo_label.labelling import FRAMES, SETTINGS, teacher


@pytest.fixture
def source(tmp_path):
    """Seven unlabelled frames in three shards; the last two know no ego vehicle."""
    tiny_shards.write(tmp_path / "shards" / "train_sequence", FRAMES)
    return tmp_path / "shards"


@pytest.fixture
def label(tmp_path, source):
    """Runs the job; returns the directory of the labelled shards and the teacher."""

    def label(inference=None, **settings):
        inference = inference or teacher(tmp_path)
        job.pseudo_label(
            data_dir=str(source),
            work_dir=str(tmp_path / "pseudo"),
            inference=lambda: inference,
            **{**SETTINGS, **settings},
        )
        return tmp_path / "pseudo" / "train_sequence", inference

    return label
