"""The doctor finds every ailment, names its file, and lets healthy data pass."""

import dataclasses
import json

import numpy as np
import pytest

from naive_student_tf.data import doctor, doctor_files, doctor_shards, shards
from naive_student_tf.data.checkup import Checkup, numbering
from naive_student_tf.data.cityscapes import Cityscapes
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards
from tests.data import cityscapes_files as disk

NAME = "aachen_000000_000019"
IDS = np.full(disk.SIZE, 7, np.uint16)  # road, a car, the ego vehicle
IDS[0, :3], IDS[3] = 26001, 1
LABELS = f"gtFine/train/aachen/{NAME}_gtFine_labelIds.png"
INSTANCES = f"gtFine/train/aachen/{NAME}_gtFine_instanceIds.png"
IMAGE = f"leftImg8bit/train/aachen/{NAME}_leftImg8bit.png"


@pytest.fixture
def tree(tmp_path):
    """One healthy frame of train_fine."""
    disk.write_image(tmp_path / "leftImg8bit", "train", NAME)
    disk.write_labels(tmp_path / "gtFine", "train", NAME, ids=IDS)
    return tmp_path


def look(root, split="train_fine", *, known=None):
    source = Cityscapes(str(root), split)
    found = doctor_files.examine_files(source, source.list_frames())
    found.finish(known=known)
    return found


def look_at_shards(directory):
    listed, facts = shards.read_manifest(directory)
    space, found = doctor_shards.space_of(facts), Checkup()
    for shard in listed:
        found.add(doctor_shards.examine_shard(directory, shard, space))
    doctor_shards.compare_with_manifest(found, facts)
    found.finish(known=None)
    return found


def test_a_healthy_frame_is_counted_and_nothing_is_said(tree):
    found = look(tree, known=1)
    assert not found.errors and not found.warnings
    assert (found.frames, found.labelled, found.with_void_regions) == (1, 1, 1)
    assert found.sizes == {"4x8": 1}
    ids = {i: int(found.ids[i]) for i in np.flatnonzero(found.ids)}
    assert ids == {1: 8, 7: 21, 26: 3}


def test_a_count_that_is_not_the_known_one_is_an_error(tree):
    assert "1 frames are here, the split has 2975" in look(tree, known=2975).errors[0]


@pytest.mark.parametrize("name", [IMAGE, LABELS, INSTANCES])
@pytest.mark.parametrize("damage", ["cut", "bit"])
def test_damaged_files_are_named(tree, name, damage):
    data = bytearray((tree / name).read_bytes())
    data[-20] ^= 16
    (tree / name).write_bytes(data[:-30] if damage == "cut" else data)
    (error,) = look(tree).errors
    assert f"{tree / name}: not a readable PNG" in error


def test_all_that_is_wrong_is_reported_not_the_first(tree):
    for name in (LABELS, INSTANCES):
        (tree / name).write_bytes(b"")
    assert len(look(tree).errors) == 2


@pytest.mark.parametrize("name", [LABELS, INSTANCES])
def test_train_ids_where_label_ids_are_expected_are_named_as_such(tree, name):
    train_ids = np.array([[0] * 8, [0] * 8, [2] * 8, [13, 13, 13, 255, 0, 0, 0, 0]])
    disk.save(tree / name, train_ids.astype(np.uint8))
    (error,) = look(tree).errors
    assert f"{name} holds train ids [0, 2, 13, 255] where label ids (7..33)" in error


def test_ids_that_nobody_knows_are_named(tree):
    disk.save(tree / INSTANCES, np.full(disk.SIZE, 7001, np.uint16))
    assert "ids [7001] are not Cityscapes instanceIds" in look(tree).errors[0]


def test_labels_of_another_size_than_the_image_are_errors(tree):
    disk.save(tree / INSTANCES, IDS[:, :7])
    assert "is 4x7 pixels, its image 4x8" in look(tree).errors[0]


def test_missing_maps_and_maps_without_an_ego_vehicle_are_warned_of(tree):
    (tree / LABELS).unlink()
    (warning,) = look(tree).warnings
    assert "1 frames have no map of the ego vehicle" in warning
    disk.save(tree / LABELS, np.full(disk.SIZE, 7, np.uint8))
    (warning,) = look(tree).warnings
    assert "1 frames have a map of regions without any ego vehicle" in warning


def test_a_snippet_reads_its_map_once_and_counts_it_for_each_frame(tmp_path):
    disk.write_snippet(tmp_path / "leftImg8bit_sequence", "train", NAME)
    disk.write_image(tmp_path / "leftImg8bit", "train", NAME)
    disk.write_labels(tmp_path / "gtFine", "train", NAME, ids=IDS)
    (tmp_path / LABELS).write_bytes(b"")
    found = look(tmp_path, "train_sequence")
    assert found.frames == 30 and found.with_void_regions == 0
    assert sum(LABELS in error for error in found.errors) == 1


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({0: 9, 2: 5, 13: 1, 255: 2}, "train ids"),
        ({0: 1, 1: 2, 7: 9, 11: 5}, "either"),  # nothing above 18, little below 7
        ({0: 9, 26: 1}, "label ids"),  # mostly unlabelled
        ({0: 9, 7: 1, 11: 1}, "either"),  # coarse: road and building alone
        ({0: 9, 1: 2, 2: 1, 3: 1}, "none"),  # a map of regions, as of gtFine/test
        ({255: 5}, "none"),
        ({}, "none"),
    ],
)
def test_the_numbering_is_told_from_the_histogram(present, expected):
    ids = np.zeros(256, np.int64)
    ids[list(present)] = list(present.values())
    found = numbering(ids, label_ids=CITYSCAPES.label_ids, expected="either")
    assert found == expected


@pytest.fixture
def built(tmp_path):
    return tiny_shards.write(tmp_path / "s", [tiny_shards.frame(n) for n in range(4)])


def test_healthy_shards_pass(built):
    found = look_at_shards(built)
    assert not found.errors and not found.warnings
    assert (found.frames, found.labelled, found.with_void_regions) == (4, 4, 4)
    assert set(np.flatnonzero(found.ids)) == {0, 10, 13, 255}


def test_a_wrong_bit_in_a_shard_is_named_with_its_record(built, tmp_path):
    listed, _ = shards.read_manifest(built)
    path = tmp_path / "s" / listed[0].file
    data = bytearray(path.read_bytes())
    data[listed[0].offsets[1] + 300] ^= 1
    path.write_bytes(data)
    found = look_at_shards(built)
    assert (
        f"{path} is not the file that its manifest describes: sha256" in found.errors[0]
    )
    assert f"{path}, record 1: {path}: record 1 at byte" in found.errors[1]
    assert "labelled 4, the records 3" in found.errors[2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (26 * 256, "categories [26], cityscapes has 0..18. These are label ids"),
        (40 * 256, "categories [40], cityscapes has 0..18. These are label ids"),
        (256 + 1, "instances of stuff, [1]"),
    ],
)
def test_labels_that_do_not_fit_the_label_space_are_named(tmp_path, value, said):
    frame = tiny_shards.frame(1)
    label = np.where(frame.panoptic == 0, value, frame.panoptic).astype(np.uint16)
    frame = dataclasses.replace(frame, panoptic=label)
    found = look_at_shards(tiny_shards.write(tmp_path, [frame]))
    assert said in found.errors[0] and frame.filename in found.errors[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"height": 23},
        {"panoptic": np.zeros((24, 35), np.uint16)},
        {"void_regions": np.zeros((23, 36), np.uint8)},
        {"image": tiny_shards.frame(1).image[:60]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_records_whose_parts_do_not_fit_are_named(tmp_path, changes):
    frame = dataclasses.replace(tiny_shards.frame(1), **changes)
    found = look_at_shards(tiny_shards.write(tmp_path, [frame]))
    assert "record 0: " in found.errors[0] and frame.filename in found.errors[0]


def test_frames_that_come_twice_are_an_error(tmp_path):
    frames = [tiny_shards.frame(0), tiny_shards.frame(0)]
    found = look_at_shards(tiny_shards.write(tmp_path, frames))
    assert "1 frames come more than once, the first is aachen_0" in found.errors[0]


def test_coarse_labels_that_look_like_train_ids_are_only_warned_of(tmp_path):
    """Mostly unlabelled, buildings, no road: what annotators leave of a bad frame."""
    coarse = np.zeros(disk.SIZE, np.uint16)
    coarse[0] = 11
    name = "erlangen_000000_000019"
    disk.write_image(tmp_path / "leftImg8bit", "train_extra", name)
    disk.write_labels(tmp_path / "gtCoarse", "train_extra", name, ids=coarse)
    found = look(tmp_path, "train_extra")
    assert not found.errors and found.with_void_regions == 1
    assert f"Perhaps: {tmp_path}" in found.warnings[0]
    assert "holds train ids [0, 11]" in found.warnings[0]


def run(data_dir, output, **settings):
    def source(split):
        return Cityscapes(str(data_dir), split)

    doctor.examine(
        data_dir=str(data_dir),
        source=source,
        output=str(output),
        num_workers=1,
        **settings,
    )


def test_the_job_prints_a_table_writes_json_and_fails_on_errors(tree, capsys):
    with pytest.raises(ValueError, match=r"1 errors, see above and .*d\.json"):
        run(tree, tree / "d.json", splits=("train_fine",))
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("train_fine  "))
    assert row.split()[1:3] == ["1", "2975"] and "label ids" in row
    assert "train_fine: error: 1 frames are here" in "\n".join(lines)
    written = json.loads((tree / "d.json").read_text())
    assert written["kind"] == "files" and list(written["splits"]) == ["train_fine"]
    assert written["splits"]["train_fine"]["ids"] == {"1": 8, "7": 21, "26": 3}


def test_a_split_that_is_absent_has_a_row_and_a_warning(tree, capsys):
    run(tree, tree / "d.json", known_counts={"train_fine": 1, "val_fine": 500})
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("val_fine  "))
    assert row.split()[1:3] == ["0", "500"] and "absent" in row
    assert "val_fine: warning: Absent, 0 of 500 frames. Split val_fine" in str(lines)
    written = json.loads((tree / "d.json").read_text())["splits"]
    assert set(written) == set(doctor.KNOWN_COUNTS)
    absent = [name for name, part in written.items() if part["absent"]]
    assert absent == [name for name in written if name != "train_fine"]


def test_a_split_that_is_named_must_be_there(tree, capsys):
    splits = ("train_fine", "val_fine")
    with pytest.raises(ValueError, match="1 errors"):
        run(tree, tree / "d.json", splits=splits, known_counts={})
    assert "val_fine: error: Absent, 0 frames." in capsys.readouterr().out


def test_video_without_its_annotated_frames_is_an_error(tree, capsys):
    disk.write_snippet(tree / "leftImg8bit_sequence", "val", "lindau_000000_000019")
    with pytest.raises(ValueError, match="1 errors"):
        run(tree, tree / "d.json", known_counts={})
    said = capsys.readouterr().out
    assert "val_sequence: error: leftImg8bit_sequence/val has 30 images" in said


def test_the_job_passes_every_healthy_directory_of_shards_below(built, tmp_path):
    tiny_shards.write(tmp_path / "t", [tiny_shards.frame(0)])
    run(tmp_path, tmp_path / "d.json", known_counts={"s": 4})
    written = json.loads((tmp_path / "d.json").read_text())
    assert written["kind"] == "shards"
    one, other = (written["splits"][str(tmp_path / name)] for name in "st")
    assert one["frames"] == one["known"] == 4 and one["numbering"] == "train ids"
    assert other["frames"] == 1 and other["known"] is None
    assert one["errors"] == other["errors"] == []


def test_a_broken_manifest_is_an_error_of_its_directory(tmp_path, capsys):
    for name in "st":
        (tmp_path / name).mkdir()
        (tmp_path / name / shards.MANIFEST).write_text("{")
    with pytest.raises(ValueError, match="2 errors"):
        run(tmp_path, tmp_path / "d.json")
    said = capsys.readouterr().out
    for name in "st":
        assert f"{tmp_path}/{name}: error: " in said
        assert f"{tmp_path}/{name}/manifest.json is not valid JSON" in said


def test_an_empty_directory_is_nothing_to_examine(tmp_path):
    with pytest.raises(FileNotFoundError, match="neither shards nor any of the splits"):
        run(tmp_path, tmp_path / "d.json")
