import dataclasses
import pathlib

import numpy as np
import pytest

from naive_student_tf.data import cityscapes_counts
from naive_student_tf.data.cityscapes import CORRUPT, SPLITS, Cityscapes
from naive_student_tf.data.toy_city.layout import city_name
from tests.data import cityscapes_files as write

# Two packages beside each other, as they are unzipped by hand.
PACKAGES = {
    "fine": ("leftImg8bit_trainvaltest/leftImg8bit", "gtFine_trainvaltest/gtFine"),
    "extra": ("leftImg8bit_trainextra/leftImg8bit", "gtCoarse/gtCoarse"),
    "sequence": "leftImg8bit_sequence_trainvaltest/leftImg8bit_sequence",
}
ONE_TREE = {
    "fine": ("leftImg8bit", "gtFine"),
    "extra": ("leftImg8bit", "gtCoarse"),
    "sequence": "leftImg8bit_sequence",
}
TRAIN = "aachen_000003_000019"
LONG = ("bochum_000000_000313", "bochum_000000_000400")  # in one sequence
VAL, TEST = "lindau_000001_000019", "berlin_000002_000019"
EXTRA = "troisdorf_000000_000072"


def write_tree(root, layout):
    write.write_fine(root, "train", TRAIN, *LONG, layout=layout["fine"])
    write.write_fine(root, "val", VAL, layout=layout["fine"])
    write.write_fine(root, "test", TEST, layout=layout["fine"])
    write.write_fine(root, "train_extra", EXTRA, *CORRUPT, layout=layout["extra"])
    sequence = root / layout["sequence"]
    for snippet in (TRAIN, *LONG):
        write.write_snippet(sequence, "train", snippet)
    write.write_snippet(sequence, "val", VAL)
    write.write_snippet(sequence, "test", TEST)
    return root


@pytest.fixture(scope="module", params=["one tree", "one folder per package"])
def root(request, tmp_path_factory):
    layout = ONE_TREE if request.param == "one tree" else PACKAGES
    return write_tree(tmp_path_factory.mktemp("cityscapes"), layout)


def frames_of(root, split):
    return Cityscapes(data_dir=str(root), split=split).list_frames()


def names_of(root, split):
    return [frame.filename for frame in frames_of(root, split)]


def names_around(*snippets):
    return [
        f"{name[:-6]}{int(name[-6:]) + step:06d}"
        for name in snippets
        for step in range(-19, 11)
    ]


@pytest.mark.parametrize(
    "split, expected",
    [
        ("train_fine", [TRAIN, *LONG]),
        ("val_fine", [VAL]),
        ("test_fine", [TEST]),
        ("train_extra", [EXTRA]),
        ("train_sequence", names_around(TRAIN, *LONG)),
        ("val_sequence", names_around(VAL)),
        ("test_sequence", names_around(TEST)),
    ],
)
def test_every_split_lists_its_frames_in_both_layouts(root, split, expected):
    assert split in SPLITS
    assert names_of(root, split) == expected


def test_splits_joined_by_plus_are_listed_one_after_the_other(root):
    assert names_of(root, "val_fine+train_fine") == [VAL, TRAIN, *LONG]
    assert len(names_of(root, "train_sequence+train_extra+val_sequence")) == 121


@pytest.mark.parametrize(
    "union, parts",
    [
        ("trainval_fine", "train_fine+val_fine"),
        ("trainval_sequence", "train_sequence+val_sequence"),
        ("trainval_sequence+train_extra", "train_sequence+val_sequence+train_extra"),
    ],
)
def test_a_union_is_its_parts(root, union, parts):
    assert names_of(root, union) == names_of(root, parts)


def test_the_drive_of_a_frame_is_its_city(root):
    drives = {frame.drive for frame in frames_of(root, "train_sequence")}
    assert drives == {"aachen", "bochum"}


def test_a_frame_that_lies_in_two_places_is_listed_once_and_reported(tmp_path, caplog):
    for layout in (ONE_TREE, PACKAGES):
        write.write_fine(tmp_path, "val", VAL, layout=layout["fine"])
    (frame,) = frames_of(tmp_path, "val_fine")
    assert frame.image.startswith(str(tmp_path / "leftImg8bit" / "val"))
    assert "leftImg8bit/val: 1 files lie in two places, the first is" in caplog.text


@pytest.mark.parametrize("folder", ["gtFine", "leftImg8bit", "leftImg8bit_sequence"])
def test_a_package_may_lie_in_a_folder_of_its_own_name(tmp_path, folder):
    write.write_fine(tmp_path, "val", VAL)
    write.write_snippet(tmp_path / "leftImg8bit_sequence", "val", VAL)
    (tmp_path / "new").mkdir()
    (tmp_path / folder).rename(tmp_path / "new" / folder)
    (tmp_path / "new").rename(tmp_path / folder)
    (frame,) = frames_of(tmp_path, "val_fine")
    assert frame.label and frame.void_regions
    assert names_of(tmp_path, "val_sequence") == names_around(VAL)


def test_listed_files_are_those_of_the_frame(root):
    for split in SPLITS:
        for frame in frames_of(root, split):
            image = pathlib.Path(frame.image)
            assert image.is_file() and image.name == f"{frame.filename}_leftImg8bit.png"
            assert frame.frame_id == frame.filename[-6:]


@pytest.mark.parametrize("split, name", [("train_fine", TRAIN), ("val_fine", VAL)])
def test_fine_frames_carry_their_labels(root, split, name):
    frame = frames_of(root, split)[0]
    assert pathlib.Path(frame.label).name == f"{name}_gtFine_instanceIds.png"
    assert pathlib.Path(frame.void_regions).name == f"{name}_gtFine_labelIds.png"
    assert frame.sequence_id == name


def test_test_frames_carry_their_fixed_regions_but_no_label(root):
    (frame,) = frames_of(root, "test_fine")
    assert frame.label is None
    assert pathlib.Path(frame.void_regions).name == f"{TEST}_gtFine_labelIds.png"


def test_frames_of_a_snippet_share_the_regions_and_the_key_of_the_annotated_one(root):
    frames = frames_of(root, "train_sequence")
    for number, snippet in enumerate((TRAIN, *LONG)):
        of_snippet = frames[30 * number : 30 * (number + 1)]
        assert {frame.sequence_id for frame in of_snippet} == {snippet}
        assert {pathlib.Path(frame.void_regions).name for frame in of_snippet} == {
            f"{snippet}_gtFine_labelIds.png"
        }
        assert of_snippet[19].filename == snippet
        labels = [frame.label for frame in of_snippet]
        assert pathlib.Path(labels.pop(19)).name == f"{snippet}_gtFine_instanceIds.png"
        assert labels == [None] * 29


def test_no_frame_of_a_test_snippet_has_a_label(root):
    """What gtFine/test calls instanceIds holds nothing but the fixed regions."""
    assert {frame.label for frame in frames_of(root, "test_sequence")} == {None}


def test_extra_frames_take_their_regions_from_the_coarse_labels(root):
    (frame,) = frames_of(root, "train_extra")
    assert frame.label is None
    assert pathlib.Path(frame.void_regions).name == f"{EXTRA}_gtCoarse_labelIds.png"


def test_extra_frames_without_coarse_labels_have_no_regions(tmp_path):
    write.write_image(tmp_path / "leftImg8bit", "train_extra", EXTRA)
    (frame,) = frames_of(tmp_path, "train_extra")
    assert frame.void_regions is None


def test_the_corrupt_frame_is_skipped_and_named(root, caplog):
    assert CORRUPT[0] not in names_of(root, "train_extra")
    assert f"{CORRUPT[0]}_leftImg8bit.png is skipped" in caplog.text


def test_snippets_are_found_by_their_labels_when_fine_images_are_not_there(tmp_path):
    write.write_labels(tmp_path / "gtFine", "train", LONG[0])
    write.write_snippet(tmp_path / "leftImg8bit_sequence", "train", LONG[0])
    frames = frames_of(tmp_path, "train_sequence")
    assert [frame.filename for frame in frames] == names_around(LONG[0])
    assert frames[0].void_regions.endswith(f"{LONG[0]}_gtFine_labelIds.png")


def test_a_snippet_that_lacks_frames_is_reported_by_its_key(tmp_path, caplog):
    write.write_fine(tmp_path, "train", TRAIN, *LONG)
    sequence = tmp_path / "leftImg8bit_sequence"
    write.write_snippet(sequence, "train", TRAIN)
    write.write_snippet(sequence, "train", LONG[0], steps=range(-19, 10))
    assert len(names_of(tmp_path, "train_sequence")) == 59
    # LONG[1] has no frame at all
    assert f"2 snippets lack frames, the first is {LONG[0]}" in caplog.text


def test_frames_outside_of_every_snippet_are_reported(tmp_path, caplog):
    write.write_fine(tmp_path, "train", LONG[0])
    sequence = tmp_path / "leftImg8bit_sequence"
    write.write_snippet(sequence, "train", LONG[0], steps=range(-21, 11))
    assert names_of(tmp_path, "train_sequence") == names_around(LONG[0])
    assert "2 frames are left out" in caplog.text
    assert "lack" not in caplog.text


def test_a_whole_split_is_listed_without_a_warning(root, caplog, monkeypatch):
    whole = {split: len(names_of(root, split)) for split in SPLITS}
    monkeypatch.setattr(cityscapes_counts, "KNOWN_COUNTS", whole)
    caplog.clear()
    for split in set(SPLITS) - {"train_extra"}:
        names_of(root, split)
    assert not caplog.text


def test_a_part_of_the_real_data_set_is_listed_and_warned_of(root, caplog):
    assert names_of(root, "val_fine") == [VAL]
    assert "val_fine: 1 frames are here, Cityscapes has 500" in caplog.text
    assert "(nothing of frankfurt, munster)" in caplog.text


def test_other_cities_may_have_any_number_of_frames(tmp_path, caplog):
    write.write_fine(tmp_path, "val", f"{city_name('val', 0)}_000000_000019")
    assert len(names_of(tmp_path, "val_fine")) == 1
    assert not caplog.text


def test_no_city_of_the_toy_set_has_the_name_of_a_real_one():
    real = {
        city for names in cityscapes_counts.CITIES.values() for city in names.split()
    }
    assert len(real) == 18 + 3 + 6 + 23
    splits = ("train", "val", "test", "train_extra")
    toy = {city_name(split, number) for split in splits for number in range(60)}
    assert not real & toy


def test_labels_without_an_image_are_counted_and_named(tmp_path, caplog):
    write.write_fine(tmp_path, "train", TRAIN)
    for name in LONG:
        write.write_labels(tmp_path / "gtFine", "train", name)
    assert names_of(tmp_path, "train_fine") == [TRAIN]
    assert "train_fine: 2 labels have no image" in caplog.text
    assert f"{LONG[0]}_gtFine_labelIds.png" in caplog.text


def test_snippets_are_those_of_images_and_of_labels_together(tmp_path):
    write.write_fine(tmp_path, "train", TRAIN)
    write.write_labels(tmp_path / "gtFine", "train", LONG[0])  # its image is not there
    write.write_image(tmp_path / "leftImg8bit", "train", LONG[1])  # its label is not
    for name in (TRAIN, *LONG):
        write.write_snippet(tmp_path / "leftImg8bit_sequence", "train", name)
    assert names_of(tmp_path, "train_sequence") == names_around(TRAIN, *LONG)


@pytest.mark.parametrize("annotated", [(), (LONG[0],)])
def test_video_of_which_no_annotated_frame_is_known_is_refused(tmp_path, annotated):
    write.write_snippet(tmp_path / "leftImg8bit_sequence", "train", TRAIN)
    write.write_fine(tmp_path, "train", *annotated)
    said = rf"has 30 images, .* have {len(annotated)}\. Unzip gtFine_trainvaltest"
    with pytest.raises(FileNotFoundError, match=said):
        names_of(tmp_path, "train_sequence")


def test_overlapping_snippets_are_refused(tmp_path):
    write.write_fine(tmp_path, "train", "bochum_000000_000019", "bochum_000000_000048")
    write.write_snippet(
        tmp_path / "leftImg8bit_sequence", "train", "bochum_000000_000019"
    )
    with pytest.raises(
        ValueError, match=r"1 frames belong to two.* bochum_000000_00002"
    ):
        names_of(tmp_path, "train_sequence")


@pytest.mark.parametrize("split", ["train", "val_extra", "fine", "train_fine+", ""])
def test_an_unknown_split_is_refused_with_the_known_ones(root, split):
    with pytest.raises(ValueError, match=r"Unknown split.*train_fine, .*test_sequence"):
        names_of(root, split)


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere' does not exist"):
        names_of(tmp_path / "nowhere", "train_fine")


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_without_images_is_named(tmp_path, split):
    with pytest.raises(FileNotFoundError, match=f"Split {split} of .* is empty"):
        names_of(tmp_path, split)


@pytest.mark.parametrize(
    "split, folder, package",
    [
        ("val_fine", "leftImg8bit/val", "leftImg8bit_trainvaltest"),
        ("train_extra", "leftImg8bit/train_extra", "leftImg8bit_trainextra"),
        (
            *("val_sequence", "leftImg8bit_sequence/val"),
            "leftImg8bit_sequence_trainvaltest",
        ),
    ],
)
def test_an_empty_split_tells_where_it_looked_and_what_to_do(
    tmp_path, split, folder, package
):
    with pytest.raises(FileNotFoundError) as caught:
        names_of(tmp_path, split)
    assert f"none of the folders {tmp_path / folder.split('/')[0]}" in str(caught.value)
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / f"{package}.zip").touch()
    with pytest.raises(FileNotFoundError) as caught:
        names_of(tmp_path, split)
    assert f"Looked in: {tmp_path / folder}." in str(caught.value)
    assert f"not unzipped yet, or too: {package}.zip." in str(caught.value)
    end = f"Unzip {package} in DATA_DIR, or leave {split} out of SPLITS."
    assert str(caught.value).endswith(end)


def test_a_root_that_is_one_level_too_deep_is_told(tmp_path):
    write.write_fine(tmp_path, "val", VAL)
    with pytest.raises(FileNotFoundError, match=f"too deep: give {tmp_path}, which"):
        names_of(tmp_path / "leftImg8bit", "val_fine")


def test_the_shadow_files_of_macos_are_no_frames(tmp_path):
    write.write_fine(tmp_path, "val", VAL)
    for path in [*tmp_path.rglob("*.png")]:
        path.with_name(f"._{path.name}").write_bytes(b"Mac OS X")
    assert names_of(tmp_path, "val_fine") == [VAL]


def test_fine_frames_without_labels_are_counted_and_named(tmp_path):
    write.write_fine(tmp_path, "train", TRAIN)
    for name in LONG:
        write.write_image(tmp_path / "leftImg8bit", "train", name)
    with pytest.raises(FileNotFoundError, match=f"2 frames of train_fine .*{LONG[0]}"):
        names_of(tmp_path, "train_fine")


def test_a_name_that_is_not_cityscapes_is_refused(tmp_path):
    image = np.zeros((2, 2, 3), np.uint8)
    path = tmp_path / "leftImg8bit" / "train" / "aachen"
    write.save(path / "photo_leftImg8bit.png", image)
    with pytest.raises(
        ValueError, match=r"photo_leftImg8bit\.png: not a Cityscapes name"
    ):
        names_of(tmp_path, "train_fine")


def test_a_partial_file_is_not_listed(tmp_path):
    write.write_fine(tmp_path, "val", VAL)
    path = tmp_path / "leftImg8bit" / "val" / "lindau"
    (path / "lindau_000002_000019_leftImg8bit.png.tmp").write_bytes(b"half")
    assert names_of(tmp_path, "val_fine") == [VAL]


def test_a_source_is_plain_data_for_the_worker_processes(root):
    source = Cityscapes(data_dir=str(root), split="val_fine")
    assert dataclasses.replace(source, split="val_fine") == source
