"""A student's input reads pseudo-labelled shards like any others, mixed as stated."""

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import pipeline
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import job
from tests import tiny_shards


@pytest.fixture
def directories(tmp_path):
    """Human labels of frame 8; a teacher's labels of frames 0 to 6."""
    frames = [tiny_shards.frame(number, labelled=False) for number in range(7)]
    tiny_shards.write(tmp_path / "shards" / "video", frames)
    saved = tf.train.Checkpoint(w=tf.Variable(1.0)).save(str(tmp_path / "ckpt"))
    job.pseudo_label(
        data_dir=str(tmp_path / "shards"),
        splits=("video",),
        work_dir=str(tmp_path / "pseudo"),
        inference=lambda: tiny_shards.Oracle(saved),
        iteration=1,
    )
    fine = tiny_shards.write(tmp_path / "shards" / "fine", [tiny_shards.frame(8)])
    return fine, str(tmp_path / "pseudo" / "video")


def batches(mix, *, size):
    data = pipeline.TrainingData(
        label_space=CITYSCAPES,
        directories=mix,
        crop_size=tiny_shards.SIZE,
        global_batch_size=size,
        scales=(1.0,),
        flip=0.0,
    )
    dataset = data.open(seed=0).dataset(start_step=0, num_steps=6)
    return [{name: value.numpy() for name, value in b.items()} for b in dataset]


@pytest.mark.parametrize(("human", "pseudo"), [(1, 1), (1, 3), (3, 1)])
def test_every_batch_holds_human_and_pseudo_labels_in_the_stated_proportion(
    directories, human, pseudo
):
    fine, video = directories
    for batch in batches({fine: human, video: pseudo}, size=4):
        numbers = batch["image"][:, 0, 0, 0]  # a frame's pixels tell its number
        assert (numbers == 8).mean() == human / (human + pseudo)


def test_pseudo_labels_alone_are_seen_once_per_epoch_and_void_where_the_car_is(
    directories,
):
    _, video = directories
    seen = batches(video, size=1)
    assert len({int(batch["image"][0, 0, 0, 0]) for batch in seen}) == 6
    for batch in seen:
        segment = batch["segment"][0]
        ego = np.unique(segment[tiny_shards.EGO_ROWS])
        assert len(ego) == 1  # one segment: void
        assert not (segment[: tiny_shards.EGO_ROWS.start] == ego[0]).any()
