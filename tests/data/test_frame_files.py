"""Broken or mismatched files of a frame stop the writer, by name."""

import dataclasses
import pathlib

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.data import example, files
from naive_student_tf.data.cityscapes import Cityscapes
from tests.data import cityscapes_files as write

NAME = "aachen_000000_000019"
IDS = np.array([[7, 24, 26001, 3], [1, 1, 2, 3]], np.uint16)


@pytest.fixture
def frame(tmp_path):
    """(source, its only FrameFiles)"""
    write.save(
        tmp_path / "leftImg8bit/train/aachen" / f"{NAME}_leftImg8bit.png",
        np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
    )
    write.write_labels(tmp_path / "gtFine", "train", NAME, ids=IDS)
    source = Cityscapes(data_dir=str(tmp_path), split="train_fine")
    return source, source.list_frames()[0]


def test_a_frame_is_read_whole(frame):
    read = files.read_frame(*frame)
    assert (read.height, read.width, read.image_format) == (2, 4, "png")
    assert (read.filename, read.sequence_id, read.frame_id) == (NAME, NAME, "000019")
    expected = np.arange(24).reshape(2, 4, 3)
    np.testing.assert_array_equal(example.pixels(read), expected)
    np.testing.assert_array_equal(
        read.panoptic, [[0, 11 * 256, 13 * 256 + 2, 65280], [65280] * 4]
    )
    np.testing.assert_array_equal(read.void_regions, [[0, 0, 0, 3], [1, 1, 2, 3]])


def test_a_frame_without_labels_is_read_without_them(frame):
    source, listed = frame
    bare = dataclasses.replace(listed, label=None, void_regions=None)
    read = files.read_frame(source, bare)
    assert read.panoptic is None and read.void_regions is None


@pytest.mark.parametrize("kind", ["image", "label", "void_regions"])
def test_a_truncated_png_is_named(frame, kind):
    source, listed = frame
    path = pathlib.Path(getattr(listed, kind))
    path.write_bytes(path.read_bytes()[:-14])  # the end chunk and two bytes before it
    with pytest.raises(ValueError, match=f"{path}: not a readable PNG"):
        files.read_frame(source, listed)


@pytest.mark.parametrize("kind", ["label", "void_regions"])
def test_a_label_of_another_size_is_named_with_both_sizes(frame, kind):
    source, listed = frame
    path = getattr(listed, kind)
    Image.fromarray(np.full((3, 4), 7, np.uint8)).save(path)
    with pytest.raises(ValueError, match=f"{path} is 3x4 pixels, its image.* is 2x4"):
        files.read_frame(source, listed)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "1"])
def test_a_picture_is_not_a_label(frame, mode):
    source, listed = frame
    Image.new(mode, (4, 2)).save(listed.label)
    with pytest.raises(ValueError, match=f"{listed.label}: .*mode {mode} of shape"):
        files.read_frame(source, listed)


def test_a_palette_label_is_read_by_index(tmp_path):
    label = Image.new("P", (2, 1))
    label.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    label.putdata([2, 1])
    label.save(tmp_path / "p.png")
    np.testing.assert_array_equal(files.read_ids(tmp_path / "p.png"), [[2, 1]])


def test_16_bits_of_a_label_are_kept(tmp_path):
    ids = np.array([[33001, 65535, 255]], np.uint16)
    write.save(tmp_path / "i.png", ids)
    read = files.read_ids(tmp_path / "i.png")
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, ids)


@pytest.mark.parametrize("suffix, kind", [("png", "png"), ("jpg", "jpeg")])
def test_png_and_jpeg_are_told_apart_by_content(tmp_path, suffix, kind):
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (5, 3)).save(path)
    assert files.check_image("a.bin", path.read_bytes()) == (kind, 3, 5)


def test_a_truncated_jpeg_is_named(tmp_path):
    Image.effect_noise((64, 64), 50).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    with pytest.raises(ValueError, match=r"a\.jpg: not a readable .* of 500 bytes"):
        files.check_image("a.jpg", data[:500])


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"no picture"])
def test_other_bytes_are_no_image(data):
    with pytest.raises(ValueError, match=f"a.png: not a .* of {len(data)} bytes"):
        files.check_image("a.png", data)


@pytest.mark.parametrize("kind", ["image", "label", "void_regions"])
@pytest.mark.parametrize("place", [5, 9, -5])  # data, data, checksum
def test_a_flipped_bit_of_a_png_is_noticed(frame, kind, place):
    path = pathlib.Path(getattr(frame[1], kind))
    data = bytearray(path.read_bytes())
    start = data.index(b"IDAT") if place > 0 else data.index(b"IEND")
    data[start + place] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{path}: not a readable PNG"):
        files.read_frame(*frame)
