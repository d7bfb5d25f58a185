"""Records as deeplab2 writes them become ours."""

import functools

import gin
import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import config
from naive_student_tf.data import build_shards, example
from naive_student_tf.data.deeplab2_records import Deeplab2Records
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards

LABEL = np.array([[0, 11_001, 13_002], [13_017, 255_000, 18_001]], np.int32)
PACKED = [[0, 11 * 256 + 1, 13 * 256 + 1], [13 * 256 + 2, 65280, 18 * 256 + 1]]
NAMES = ["aachen_000000_000019", "bonn_000001_000019", "ulm_000002_000019"]


def record(name, label=LABEL, label_format="raw", size=(2, 3)):
    """The keys of deeplab2's data set builder, typed from its documentation."""
    values = {
        "image/encoded": example.encode_png(np.full((*size, 3), 7, np.uint8)),
        "image/filename": f"/data/{name}_leftImg8bit.png",
        "image/format": "png",
        "image/height": size[0],
        "image/width": size[1],
        "image/channels": 3,
    }
    if label is not None:
        data = label.tobytes() if label_format == "raw" else example.encode_png(label)
        values["image/segmentation/class/encoded"] = data
        values["image/segmentation/class/format"] = label_format
    features = {key: example._feature(value) for key, value in values.items()}
    made = tf.train.Example(features=tf.train.Features(feature=features))
    return made.SerializeToString()


def write(path, *records):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for each in records:
            writer.write(each)


def source(tmp_path, **settings):
    return Deeplab2Records(str(tmp_path), "train", CITYSCAPES, **settings)


def labels_of(tmp_path, **settings):
    read = source(tmp_path, **settings)
    return [read.read_frame(frame).panoptic for frame in read.list_frames()]


def test_records_of_all_files_are_listed_by_name(tmp_path):
    write(tmp_path / "train-00001.tfrecord", record(NAMES[2]))
    write(tmp_path / "train-00000.tfrecord", record(NAMES[0]), record(NAMES[1], None))
    write(tmp_path / "val-00000.tfrecord", record("x"))
    frames = source(tmp_path).list_frames()
    assert [frame.filename for frame in frames] == NAMES
    assert [bool(frame.label) for frame in frames] == [True, False, True]


@pytest.mark.parametrize("split", ["train_fine", "val_fine", "test_fine"])
def test_the_job_reads_the_names_that_deeplab2_writes(tmp_path, split):
    subset = split.removesuffix("_fine")
    for other in ("train", "val", "test", "trainval"):
        name = NAMES[0] if other == subset else NAMES[1]
        write(tmp_path / f"{other}-00000-of-00010.tfrecord", record(name))
    config.load(
        ["gin_configs/jobs/build_shards_deeplab2.gin"], [f"DATA_DIR = '{tmp_path}'"]
    )
    (frame,) = gin.get_configurable(Deeplab2Records)(split=split).list_frames()
    assert frame.filename == NAMES[0]


def test_files_that_are_there_are_named_where_none_matches(tmp_path):
    write(tmp_path / "validation.tfrecord", record(NAMES[0]))
    with pytest.raises(FileNotFoundError, match=r"holds \['validation.tfrecord'\]"):
        labels_of(tmp_path)


def test_a_raw_label_is_packed_as_ours(tmp_path):
    write(tmp_path / "train-0.tfrecord", record(NAMES[0]), record(NAMES[1], None))
    first, second = labels_of(tmp_path)
    assert first.dtype == np.uint16
    np.testing.assert_array_equal(first, PACKED)
    assert second is None


def test_a_png_label_is_packed_as_ours(tmp_path):
    label = np.array([[0, 11 * 256 + 5, 0], [0, 65280, 0]], np.uint16)
    write(tmp_path / "train-0.tfrecord", record(NAMES[0], label, "png"))
    (found,) = labels_of(tmp_path, label_divisor=256)
    np.testing.assert_array_equal(found, [[0, 2817, 0], [0, 65280, 0]])


@pytest.mark.parametrize("bad", [19_000, 1_001, 254_000])
def test_a_label_of_another_space_is_named(tmp_path, bad):
    label = np.full((2, 3), bad, np.int32)
    write(tmp_path / "train-0.tfrecord", record(NAMES[0], label))
    match = rf"train-0\.tfrecord, {NAMES[0]}: labels \[{bad}\] are not of cityscapes"
    with pytest.raises(ValueError, match=match):
        labels_of(tmp_path)


@pytest.mark.parametrize("label", [LABEL[:1], LABEL.astype(np.int16)])
def test_a_label_of_another_size_is_named(tmp_path, label):
    write(tmp_path / "train-0.tfrecord", record(NAMES[0], label))
    with pytest.raises(ValueError, match=f"{NAMES[0]}: the label has 3 values, .* 2x3"):
        labels_of(tmp_path)


def test_other_records_and_missing_or_cut_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No file matches 'train-\*.tfrecord'"):
        labels_of(tmp_path)
    path = tmp_path / "train-0.tfrecord"
    write(path, b"no example")
    with pytest.raises(ValueError, match=f"{path}: not a record of deeplab2"):
        labels_of(tmp_path)
    write(path, record(NAMES[0]))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=f"{path}: the record at byte 0 is cut off"):
        labels_of(tmp_path)


def test_they_become_shards_like_any_frames(tmp_path):
    write(tmp_path / "train-0.tfrecord", *map(record, NAMES))
    build_shards.build_shards(
        source=functools.partial(
            Deeplab2Records, data_dir=str(tmp_path), label_space=CITYSCAPES
        ),
        splits=("train",),
        work_dir=str(tmp_path / "ours"),
        num_workers=1,
    )
    frames = tiny_shards.read(tmp_path / "ours" / "train")
    assert [frame.filename for frame in frames] == NAMES
    np.testing.assert_array_equal(frames[2].panoptic, PACKED)
