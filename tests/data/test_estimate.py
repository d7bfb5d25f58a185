"""A build tells its size before it starts."""

import functools
import shutil
import types

import numpy as np
import pytest

from naive_student_tf.data import build_shards, estimate, example, shards
from naive_student_tf.data.cityscapes import Cityscapes
from naive_student_tf.data.recode import Recode
from tests.data import cityscapes_files as write

NAMES = [f"bonn_{number:06d}_000019" for number in range(6)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("cityscapes")
    write.write_fine(root, "train", *NAMES)
    return root


def build(root, work_dir, **settings):
    build_shards.build_shards(
        source=functools.partial(Cityscapes, data_dir=str(root)),
        splits=("train_fine",),
        work_dir=str(work_dir),
        frames_per_shard=4,
        num_workers=1,
        **settings,
    )


def planned(root, work_dir):
    source = functools.partial(Cityscapes, data_dir=str(root))
    return build_shards._plan(source, "train_fine", str(work_dir), 4)


def test_a_small_split_is_known_to_the_byte(root, tmp_path):
    before = estimate.of_split(planned(root, tmp_path), None)
    assert before.frames_written == 0
    build(root, tmp_path)
    parts, _ = shards.read_manifest(str(tmp_path / "train_fine"))
    assert before.bytes_left == sum(part.bytes for part in parts)


def test_what_is_written_is_not_counted_again(root, tmp_path):
    build(root, tmp_path)
    (tmp_path / "train_fine" / "manifest.json").unlink()
    (tmp_path / "train_fine" / shards.shard_name("train_fine", 1, 2)).unlink()
    found = estimate.of_split(planned(root, tmp_path), None)
    assert found.frames_written == 4
    one = estimate.of_split(planned(root, tmp_path / "fresh"), None).bytes_left / 6
    assert found.bytes_left == round(2 * one)


def test_the_estimate_is_printed_before_the_build(root, tmp_path, capsys):
    build(root, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("train_fine: 6 frames, 0 of them written; about ")
    assert any("shards: 6/6 frames" in line for line in lines[1:])


def test_a_disk_without_room_stops_the_build_before_it_starts(
    root, tmp_path, monkeypatch
):
    full = types.SimpleNamespace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(OSError, match=r"the disk has 0.0 MB free\. Choose another"):
        build(root, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_bucket_is_not_asked_for_room():
    estimate.check_room("gs://bucket/shards", [estimate.Estimate(0, 10**18)])


def test_re_encoding_tells_its_effect_in_the_manifest(root, tmp_path):
    recode = Recode(longer_side=4, jpeg_quality=90)
    build(root, tmp_path, recode=recode)
    effect = shards.read_manifest(str(tmp_path / "train_fine"))[1]["recode"]
    assert (effect["longer_side"], effect["jpeg_quality"]) == (4, 90)
    assert effect["frames_compared"] == 6
    assert effect["share_of_bytes"] > 0
    assert effect["psnr_db"] is None or effect["psnr_db"] > 20
    source = Cityscapes(data_dir=str(root), split="train_fine")
    frame = recode(source.read_frame(source.list_frames()[0]))
    assert (frame.width, frame.image_format) == (4, "jpeg")


def test_a_build_as_is_says_nothing_of_re_encoding(root, tmp_path):
    build(root, tmp_path)
    assert "recode" not in shards.read_manifest(str(tmp_path / "train_fine"))[1]


def test_a_name_that_comes_twice_is_refused(root, tmp_path):
    source = functools.partial(Cityscapes, data_dir=str(root))
    with pytest.raises(ValueError, match=f"6 frames .* more than once, .*{NAMES[0]}"):
        build_shards.build_shards(
            source=source, splits=("train_fine+train_fine",), work_dir=str(tmp_path)
        )


def test_names_stand_in_the_manifest_in_the_order_of_the_records(root, tmp_path):
    build(root, tmp_path)
    assert shards.read_manifest(str(tmp_path / "train_fine"))[1]["names"] == NAMES


def test_the_sample_is_spread_over_the_split(tmp_path):
    class Source:
        read = ()

        def read_frame(self, number):
            self.read += (number,)
            return write_frame(number)

    source = Source()
    parts = {str(tmp_path / "x"): list(range(100))}
    split = build_shards.Split("s", "", source, list(range(100)), parts)
    found = estimate.of_split(split, None)
    assert source.read == (0, 14, 28, 42, 57, 71, 85, 99)
    assert found.bytes_left > 0


def write_frame(number):
    pixels = np.full((2, 2, 3), number, np.uint8)
    return example.Frame(example.encode_png(pixels), "png", str(number), 2, 2)
