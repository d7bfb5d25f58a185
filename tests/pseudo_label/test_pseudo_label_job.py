"""One shard in, one shard out: the same frames with the teacher's labels."""

import dataclasses
import hashlib

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import checkpoint
from naive_student_tf.data import shards
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import job
from tests import tiny_shards

FRAMES = [
    *(tiny_shards.frame(number, labelled=False) for number in range(5)),
    *(tiny_shards.frame(number, labelled=False, ego=False) for number in (5, 6)),
]
SETTINGS = {"splits": ("train_sequence",), "iteration": 2, "batch_size": 2}


@pytest.fixture
def source(tmp_path):
    """Seven unlabelled frames in three shards; the last two know no ego vehicle."""
    tiny_shards.write(tmp_path / "shards" / "train_sequence", FRAMES)
    return tmp_path / "shards"


def teacher(tmp_path, weight=1.0):
    variable = tf.Variable(weight)
    path = tf.train.Checkpoint(weight=variable).save(str(tmp_path / "teacher" / "ckpt"))
    return tiny_shards.Oracle(path)


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


def hashes(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
    }


def test_the_shards_keep_their_names_and_counts(source, label):
    labelled, _ = label()
    before, _ = shards.read_manifest(str(source / "train_sequence"))
    after, _ = shards.read_manifest(str(labelled))
    assert [(s.file, s.count) for s in after] == [(s.file, s.count) for s in before]
    assert [s.count for s in after] == [3, 3, 1]


def test_frames_keep_all_but_their_label(label):
    labelled, _ = label()
    for new, old in zip(tiny_shards.read(labelled), FRAMES, strict=True):
        stripped = dataclasses.replace(new, panoptic=None, pseudo=None)
        for field in dataclasses.fields(old):
            expected, found = (getattr(f, field.name) for f in (old, stripped))
            np.testing.assert_array_equal(found, expected)


def test_labels_are_the_prediction_and_void_exactly_on_the_ego_vehicle(label):
    labelled, inference = label()
    for number, frame in enumerate(tiny_shards.read(labelled)):
        expected = inference(np.full((1, *tiny_shards.SIZE, 3), number))["panoptic"][0]
        if number < 5:
            expected[tiny_shards.EGO_ROWS] = CITYSCAPES.void
        np.testing.assert_array_equal(frame.panoptic, expected)
        assert frame.pseudo["ego_masked"] == int(number < 5)


def test_no_region_is_masked_where_none_is_bound(label):
    labelled, _ = label(void_regions=())
    frames = tiny_shards.read(labelled)
    assert all((frame.panoptic != CITYSCAPES.void).all() for frame in frames)
    assert {frame.pseudo["ego_masked"] for frame in frames} == {0}


def test_the_manifest_and_every_frame_name_the_teacher(label):
    labelled, inference = label()
    fingerprint = checkpoint.fingerprint(inference.checkpoint)
    _, facts = shards.read_manifest(str(labelled))
    assert facts["pseudo"] == {
        "iteration": 2,
        "teacher": fingerprint,
        "teacher_checkpoint": inference.checkpoint,
        "scales": [1.0],
        "flip": True,
        "void_regions": [1],
    }
    assert (facts["labelled"], facts["count"], facts["split"]) == (7, 7, "toy")
    for frame in tiny_shards.read(labelled):
        assert frame.pseudo["teacher"] == fingerprint
        assert frame.pseudo["iteration"] == 2


def test_a_lost_shard_is_made_again_byte_for_byte_and_the_others_are_kept(label):
    labelled, inference = label()
    before, calls = hashes(labelled), inference.calls
    first, second, _ = sorted(labelled.glob("*.tfrecord"))
    written = first.stat().st_mtime_ns
    second.unlink()
    (labelled / "manifest.json").unlink()
    label(inference)
    assert hashes(labelled) == before
    assert first.stat().st_mtime_ns == written
    assert inference.calls - calls == 2  # three frames, two at a time


def test_a_shard_does_not_depend_on_the_batch_size(label, tmp_path):
    labelled, inference = label()
    before = hashes(labelled)
    for path in labelled.iterdir():
        path.unlink()
    label(inference, batch_size=8)
    assert hashes(labelled) == before


def test_the_source_is_not_touched(source, label):
    before = hashes(source / "train_sequence")
    label()
    assert hashes(source / "train_sequence") == before


def test_labels_of_two_teachers_are_never_mixed(label, tmp_path):
    labelled, first = label()
    (labelled / "manifest.json").unlink()
    sorted(labelled.glob("*.tfrecord"))[-1].unlink()
    second = teacher(tmp_path / "another", weight=2.0)
    assert checkpoint.fingerprint(second.checkpoint) != checkpoint.fingerprint(
        first.checkpoint
    )
    with pytest.raises(ValueError, match=r"00000-of-00003.tfrecord was labelled by"):
        label(second)


def test_a_split_that_is_not_there_is_named(label):
    with pytest.raises(FileNotFoundError, match="no_such_split"):
        label(splits=("no_such_split",))
