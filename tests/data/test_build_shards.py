"""Stopped in the middle, a build ends with the bytes of an undisturbed one."""

import functools
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from naive_student_tf.data import build_shards, pipeline, shards
from naive_student_tf.data.cityscapes import Cityscapes
from tests.data import cityscapes_files as write

PROJECT = pathlib.Path(__file__).parents[2]
NAMES = [f"aachen_{number:06d}_000019" for number in range(7)]
SPLIT = "train_fine"
SHARDS = [shards.shard_name(SPLIT, index, 4) for index in range(4)]

# Builds, and stops in the third shard, once two are there, until it is killed.
PROGRAM = """
import pathlib, time
from naive_student_tf.data import build_shards, cityscapes

class Cityscapes(cityscapes.Cityscapes):
    def read_panoptic(self, path):
        second = pathlib.Path({work_dir!r}, {split!r}, {second!r})
        if "000004_000019" in path and second.exists():
            pathlib.Path({waiting!r}).touch()
            time.sleep(600)
        return super().read_panoptic(path)

def source(split):
    return Cityscapes(data_dir={data_dir!r}, split=split)

if __name__ == "__main__":
    build_shards.build_shards(source=source, splits=({split!r},), work_dir={work_dir!r},
                              frames_per_shard=2, num_workers=1)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Seven frames with labels; the sixth and seventh without fixed regions."""
    root = tmp_path_factory.mktemp("cityscapes")
    for number, name in enumerate(NAMES):
        ids = np.full(write.SIZE, 26000 + number, np.uint16)
        write.write_image(root / "leftImg8bit", "train", name)
        write.write_labels(root / "gtFine", "train", name, ids=ids)
        if number > 4:
            path = root / "gtFine" / "train" / "aachen"
            (path / f"{name}_gtFine_labelIds.png").unlink()
    return root


def build(root, work_dir, *, frames_per_shard=2, splits=(SPLIT,), num_workers=1):
    build_shards.build_shards(
        source=functools.partial(Cityscapes, data_dir=str(root)),
        splits=splits,
        work_dir=str(work_dir),
        frames_per_shard=frames_per_shard,
        num_workers=num_workers,
    )


@pytest.fixture(scope="module")
def whole(root, tmp_path_factory):
    """An undisturbed build, made in one process."""
    work_dir = tmp_path_factory.mktemp("whole")
    build(root, work_dir)
    return work_dir / SPLIT


def digests(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.iterdir()
    }


def test_a_build_holds_every_frame_once_in_order(whole, root):
    parts, _ = shards.read_manifest(str(whole))
    assert [part.file for part in parts] == SHARDS
    assert [part.count for part in parts] == [2, 2, 2, 1]
    frames = [
        frame for part in parts for frame in pipeline.read_frames(str(whole), part)
    ]
    assert [frame.filename for frame in frames] == NAMES
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.panoptic, 13 * 256 + number + 1)
        image = root / "leftImg8bit" / "train" / "aachen"
        image = image / f"{frame.filename}_leftImg8bit.png"
        assert frame.image == image.read_bytes()
        assert (frame.void_regions is None) == (number > 4)


def test_the_manifest_says_what_the_shards_hold_and_who_made_them(whole):
    _, facts = shards.read_manifest(str(whole))
    assert facts["count"] == facts["labelled"] == 7
    assert facts["with_void_regions"] == 5
    assert (facts["source"], facts["split"]) == ("Cityscapes", SPLIT)
    assert facts["label_space"]["class_names"][:2] == ["road", "sidewalk"]


def test_a_killed_build_ends_byte_identical_when_started_again(whole, root, tmp_path):
    waiting, work_dir = tmp_path / "waiting", tmp_path / "work"
    script = tmp_path / "program.py"
    script.write_text(
        PROGRAM.format(
            waiting=str(waiting),
            data_dir=str(root),
            split=SPLIT,
            second=SHARDS[1],
            work_dir=str(work_dir),
        )
    )
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    run = subprocess.Popen([sys.executable, script], env=environment)
    while not waiting.exists() and run.poll() is None:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    expected = {*SHARDS[:2], f"{SHARDS[2]}.tmp"}  # killed while it wrote the third
    assert set(digests(work_dir / SPLIT)) == expected
    first = (work_dir / SPLIT / SHARDS[0]).stat()
    build(root, work_dir, num_workers=2)
    assert digests(work_dir / SPLIT) == digests(whole)
    assert (work_dir / SPLIT / SHARDS[0]).stat().st_mtime_ns == first.st_mtime_ns


def test_a_build_without_its_end_is_completed(whole, root, tmp_path):
    build(root, tmp_path)
    (tmp_path / SPLIT / "manifest.json").unlink()
    (tmp_path / SPLIT / SHARDS[-1]).unlink()
    build(root, tmp_path)
    assert digests(tmp_path / SPLIT) == digests(whole)


def test_a_finished_build_is_left_alone(root, tmp_path, capsys):
    build(root, tmp_path)
    before = (tmp_path / SPLIT / SHARDS[0]).stat().st_mtime_ns
    build("/nowhere", tmp_path)  # the data set is not needed any more
    assert (tmp_path / SPLIT / SHARDS[0]).stat().st_mtime_ns == before
    assert f"{SPLIT}: already built" in capsys.readouterr().out


def test_finished_shards_of_a_data_set_that_has_grown_are_refused(tmp_path):
    write.write_fine(tmp_path / "data", "train", *NAMES[:2])
    build(tmp_path / "data", tmp_path)
    write.write_fine(tmp_path / "data", "train", NAMES[2])
    said = r"train_fine was built from 2 frames, .* now lists 3 frames.* Delete"
    with pytest.raises(ValueError, match=said):
        build(tmp_path / "data", tmp_path)


def test_finished_shards_are_refused_when_labels_came_later(tmp_path):
    """As when gtCoarse, which marks the ego vehicle, is unzipped after the build."""
    write.write_image(tmp_path / "data" / "leftImg8bit", "train_extra", NAMES[0])
    build(tmp_path / "data", tmp_path, splits=("train_extra",))
    write.write_labels(tmp_path / "data" / "gtCoarse", "train_extra", NAMES[0])
    with pytest.raises(
        ValueError, match=r"0 with void regions; .* 1 with void regions"
    ):
        build(tmp_path / "data", tmp_path, splits=("train_extra",))


def test_a_shard_of_an_interrupted_build_that_is_cut_off_is_named(root, tmp_path):
    build(root, tmp_path)
    (tmp_path / SPLIT / "manifest.json").unlink()
    path = tmp_path / SPLIT / SHARDS[1]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{path}: record 1 is cut off.*Delete"):
        build(root, tmp_path)


@pytest.mark.parametrize("size", [0, None])
def test_shards_left_by_another_build_are_not_mixed_in(root, tmp_path, size):
    build(root, tmp_path, frames_per_shard=6)
    (tmp_path / SPLIT / "manifest.json").unlink()
    first = tmp_path / SPLIT / shards.shard_name(SPLIT, 0, 2)
    if size is not None:  # a machine that lost power may leave an empty file
        first.write_bytes(b"")
    with pytest.raises(ValueError, match=f"{first} holds .* would write 4.*Delete"):
        build(root, tmp_path, frames_per_shard=4)  # two shards as well


def test_shards_of_other_frames_are_not_mixed_in(root, tmp_path):
    other = tmp_path / "other"
    for name in ("aachen_000000_000018", *NAMES[:6]):  # as many
        write.write_fine(other, "train", name)
    build(other, tmp_path)
    (tmp_path / SPLIT / "manifest.json").unlink()
    with pytest.raises(ValueError, match=r"2 frames.*000018.* would write 2, .*000000"):
        build(root, tmp_path)


def test_a_broken_frame_stops_the_build_and_is_named(root, tmp_path):
    data = tmp_path / "data"
    write.write_fine(data, "train", *NAMES[:3])
    path = data / f"leftImg8bit/train/aachen/{NAMES[2]}_leftImg8bit.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=f"{path}: not a readable PNG"):
        build(data, tmp_path / "work")
    assert not (tmp_path / "work" / SPLIT / "manifest.json").exists()


def test_every_split_gets_its_directory(root, tmp_path):
    write.write_fine(tmp_path / "data", "train", *NAMES[:2])
    write.write_fine(tmp_path / "data", "val", NAMES[4])
    build(tmp_path / "data", tmp_path / "w", splits=("train_fine", "val_fine"))
    assert shards.find(str(tmp_path / "w")) == ["train_fine", "val_fine"]
