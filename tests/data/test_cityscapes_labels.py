import json

import numpy as np
import pytest
from cityscapesscripts.preparation.createPanopticImgs import convert2panoptic
from PIL import Image

from naive_student_tf.data.cityscapes import Cityscapes
from naive_student_tf.data.cityscapes_labels import panoptic_from_instance_ids
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.data import cityscapes_files as write

VOID = 65280
MARKED_VOID = VOID + 1  # one caravan, one trailer: see the comment in the code
NAME = "aachen_000000_000019"


def packed(*ids):
    return panoptic_from_instance_ids(np.array([ids], np.uint16), path="x.png")[0]


def test_stuff_becomes_its_category_without_instance():
    assert packed(7, 8, 23).tolist() == [0, 1 * 256, 10 * 256]


def test_instances_count_from_1():
    assert packed(24000, 24001, 26007, 33254).tolist() == [
        11 * 256 + 1,
        11 * 256 + 2,
        13 * 256 + 8,
        18 * 256 + 255,
    ]


def test_a_group_of_things_has_instance_0():
    assert packed(24, 26, 33).tolist() == [11 * 256, 13 * 256, 18 * 256]


def test_classes_that_are_not_evaluated_are_void():
    ids = [0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30, 255]
    assert packed(*ids).tolist() == [VOID] * len(ids)


def test_a_single_caravan_or_trailer_is_void_with_instance_1():
    assert packed(29000, 29003, 30001).tolist() == [MARKED_VOID] * 3


def test_an_empty_map_stays_empty():
    empty = np.zeros((0, 5), np.uint16)
    assert panoptic_from_instance_ids(empty, path="x.png").shape == (0, 5)


@pytest.mark.parametrize("bad", [34, 254, 256, 999, 34000, 65535, 26255, 7001, 4000])
def test_an_id_that_is_not_cityscapes_is_named_with_its_file(bad):
    with pytest.raises(ValueError, match=rf"x\.png: ids \[{bad}\] are not Cityscapes"):
        packed(7, bad, 26001)


def test_the_label_of_a_file_has_the_files_shape(tmp_path):
    ids = np.array([[7, 24], [26002, 0], [29000, 255]], np.uint16)
    write.save(tmp_path / "ids.png", ids)
    label = Cityscapes(data_dir="", split="").read_panoptic(str(tmp_path / "ids.png"))
    assert label.dtype == np.uint16
    expected = [[0, 11 * 256], [13 * 256 + 3, VOID], [MARKED_VOID, VOID]]
    np.testing.assert_array_equal(label, expected)


def test_fixed_regions_keep_their_label_ids_and_nothing_else(tmp_path):
    write.save(tmp_path / "l.png", np.array([[0, 1, 2, 3], [4, 7, 33, 255]], np.uint8))
    regions = Cityscapes(data_dir="", split="").read_void_regions(tmp_path / "l.png")
    assert regions.dtype == np.uint8
    np.testing.assert_array_equal(regions, [[0, 1, 2, 3], [0, 0, 0, 0]])


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """Three random frames: (our packed label, official segment of every pixel, and
    the official segments by id)."""
    root = tmp_path_factory.mktemp("official")
    stuff = [0, 1, 3, 4, 7, 8, 9, 11, 17, 21, 23]
    things = [label for label in range(24, 34)]
    instances = [label * 1000 + n for label in things for n in (0, 1, 6)]
    random = np.random.default_rng(3)
    names = [f"aachen_00000{n}_000019" for n in range(3)]
    for name in names:
        ids = random.choice(np.array(stuff + things + instances, np.uint16), (9, 16))
        write.write_labels(root / "gtFine", "train", name, ids=ids)
        write.write_image(root / "leftImg8bit", "train", name)
    convert2panoptic(
        str(root / "gtFine"), str(root), useTrainId=True, setNames=["train"]
    )
    folder = root / "cityscapes_panoptic_train_trainId"
    listed = json.loads(folder.with_suffix(".json").read_text())["annotations"]
    source = Cityscapes(data_dir=str(root), split="train_fine")
    frames = {frame.filename: frame for frame in source.list_frames()}
    assert [entry["image_id"] for entry in listed] == names == list(frames)
    return [
        (
            source.read_panoptic(frames[entry["image_id"]].label),
            np.array(Image.open(folder / entry["file_name"])) @ [1, 256, 65536],
            {segment["id"]: segment for segment in entry["segments_info"]},
        )
        for entry in listed
    ]


def test_segments_and_classes_equal_those_of_the_official_tool(official):
    for ours, theirs, segments in official:
        category, instance = panoptic.unpack(ours, label_divisor=256)
        for value in np.unique(theirs):
            mask = theirs == value
            if value == 0:  # the official tool leaves void black
                assert (category[mask] == CITYSCAPES.ignore_label).all()
                continue
            assert len(np.unique(ours[mask])) == 1
            assert (ours == ours[mask][0]).sum() == segments[value]["area"]
            assert category[mask][0] == segments[value]["category_id"]
            crowd = segments[value]["iscrowd"]
            is_thing = category[mask][0] in CITYSCAPES.thing_classes
            assert crowd == (is_thing and instance[mask][0] == 0)


def test_the_official_maps_hold_crowds_instances_stuff_and_void(official):
    seen = [segments for _, _, segments in official]
    crowds = {s["iscrowd"] for segments in seen for s in segments.values()}
    categories = {s["category_id"] for segments in seen for s in segments.values()}
    assert crowds == {0, 1}
    assert len(categories) > 12
    assert all((theirs == 0).any() for _, theirs, _ in official)
