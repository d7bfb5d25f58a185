import pathlib

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.data.camvid import CamVid
from tests.data.cityscapes_files import save

VOID = 65280
# two drives with frames 30 apart; the second has JPEG images
FIRST = [f"0001TP_{number:06d}" for number in range(6690, 6690 + 5 * 30, 30)]
SECOND = [f"0006R0_f{number:05d}" for number in range(930, 930 + 3 * 30, 30)]


def write_frame(root, folder, name, suffix):
    label = np.array([[0, 3, 10], [11, 5, 8]], np.uint8)
    save(root / folder / f"{name}.{suffix}", np.zeros((2, 3, 3), np.uint8))
    save(root / f"{folder}annot" / f"{name}.png", label)


@pytest.fixture
def root(tmp_path):
    for name in FIRST:
        write_frame(tmp_path, "train", name, "png")
    for name in SECOND:
        write_frame(tmp_path, "train", name, "jpg")
    write_frame(tmp_path, "val", "0016E5_07959", "png")
    write_frame(tmp_path, "test", "Seq05VD_f00000", "jpeg")
    (tmp_path / "train" / "Thumbs.db").write_bytes(b"no image")
    (tmp_path / "train" / "0001TP_000001.png.tmp").write_bytes(b"half")
    return tmp_path


def frames_of(root, split, **settings):
    return CamVid(data_dir=str(root), split=split, **settings).list_frames()


def names_of(root, split, **settings):
    return [frame.filename for frame in frames_of(root, split, **settings)]


def test_splits_list_their_frames_sorted_by_drive_and_frame(root):
    assert names_of(root, "train") == FIRST + SECOND
    assert names_of(root, "val") == ["0016E5_07959"]
    assert names_of(root, "test") == ["Seq05VD_f00000"]


def test_a_frame_knows_its_drive_its_number_and_its_label(root):
    frame = frames_of(root, "train")[-1]
    assert (frame.sequence_id, frame.frame_id) == ("0006R0", "f00990")
    assert pathlib.Path(frame.image).name == "0006R0_f00990.jpg"
    assert frame.label == str(root / "trainannot" / "0006R0_f00990.png")
    assert frame.void_regions is None


@pytest.mark.parametrize(
    "keep_every, expected",
    [
        (1, FIRST + SECOND),
        (2, [FIRST[0], FIRST[2], FIRST[4], SECOND[0], SECOND[2]]),
        (4, [FIRST[0], FIRST[4], SECOND[0]]),
        (10, [FIRST[0], SECOND[0]]),
    ],
)
def test_every_kth_frame_of_each_drive_keeps_its_label(root, keep_every, expected):
    frames = frames_of(root, "train_labelled", keep_every=keep_every)
    assert [frame.filename for frame in frames] == expected
    assert all(frame.label for frame in frames)


def test_the_video_is_all_frames_without_labels(root):
    frames = frames_of(root, "train_video")
    assert [frame.filename for frame in frames] == FIRST + SECOND
    assert not any(frame.label for frame in frames)


def test_a_missing_label_is_named(root):
    (root / "trainannot" / f"{FIRST[1]}.png").unlink()
    with pytest.raises(FileNotFoundError, match=f"no label .*annot/{FIRST[1]}.png"):
        frames_of(root, "train")
    assert names_of(root, "train_video") == FIRST + SECOND  # needs none


@pytest.mark.parametrize("split", ["trainval", "train_fine", "extra_video", ""])
def test_an_unknown_split_is_refused(root, split):
    with pytest.raises(ValueError, match=r"Unknown split .*known: train, val, test"):
        frames_of(root, split)


def test_a_missing_or_empty_directory_is_named(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere' does not exist"):
        frames_of(tmp_path / "nowhere", "train")
    (root / "val" / "0016E5_07959.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"/val holds no images \(\.png"):
        frames_of(root, "val")


def test_class_indices_become_packed_labels_and_11_becomes_void(root):
    source = CamVid(data_dir=str(root), split="val")
    label = source.read_panoptic(source.list_frames()[0].label)
    assert label.dtype == np.uint16
    np.testing.assert_array_equal(label, [[0, 768, 2560], [VOID, 1280, 2048]])


@pytest.mark.parametrize("bad", [12, 255])
def test_an_id_beyond_void_is_named_with_its_file(root, bad):
    path = root / "valannot" / "0016E5_07959.png"
    Image.fromarray(np.array([[0, bad]], np.uint8)).save(path)
    with pytest.raises(ValueError, match=f"{path}: id {bad} is not CamVid's"):
        CamVid(data_dir=str(root), split="val").read_panoptic(str(path))


def test_camvid_has_no_fixed_regions():
    with pytest.raises(ValueError, match=r"x\.png: CamVid has no annotated fixed"):
        CamVid(data_dir="", split="val").read_void_regions("x.png")
