"""Data of one's own, described by bindings alone."""

import functools

import numpy as np
import pytest
from PIL import Image

from naive_student_tf import config
from naive_student_tf.data import build_shards
from naive_student_tf.data.own_data import ClassIds, InstanceIds, OwnData
from naive_student_tf.data.own_listing import Folders, Table
from naive_student_tf.labels.label_space import LabelSpace
from tests import tiny_shards
from tests.data.cityscapes_files import save

VOID = 65280
SPACE = LabelSpace(
    name="yard",
    class_names=("ground", "dog", "cat"),
    thing_classes=(1, 2),
    label_ids=(4, 7, 5),
)


def packed(reader, *ids):
    source = OwnData("s", SPACE, None, reader)
    path = packed.path
    save(path, np.array([ids], np.uint16))
    return source.read_panoptic(str(path))[0].tolist()


@pytest.fixture(autouse=True)
def label_path(tmp_path):
    packed.path = tmp_path / "label.png"


def test_class_ids_become_categories_in_the_order_of_the_descriptor():
    assert packed(ClassIds(), 4, 7, 5, 255) == [0, 256, 512, VOID]


def test_other_ids_may_mean_void():
    assert packed(ClassIds(void_ids=(0, 9)), 9, 4, 0) == [VOID, 0, VOID]


@pytest.mark.parametrize("bad", [0, 6, 8, 256])
def test_an_unknown_class_id_is_named_with_its_file(bad):
    match = rf"label\.png: class ids \[{bad}\] are not among label_ids \[4, 7, 5\]"
    with pytest.raises(ValueError, match=match):
        packed(ClassIds(), 4, bad)


def test_instances_are_counted_from_1_whatever_their_numbers():
    ids = [7 * 256 + 9, 7 * 256 + 200, 5 * 256 + 200, 4 * 256, 255 * 256 + 3]
    expected = [256 + 1, 256 + 2, 512 + 1, 0, VOID]
    assert packed(InstanceIds(), *ids) == expected


def test_a_thing_with_instance_0_is_a_crowd():
    assert packed(InstanceIds(), 7 * 256, 7 * 256 + 5) == [256, 257]


def test_the_divisor_of_the_files_is_a_setting():
    assert packed(InstanceIds(divisor=1000), 7012, 4000, 5001) == [257, 0, 513]


def test_an_instance_of_stuff_is_refused():
    with pytest.raises(
        ValueError, match="id 1027 is instance 3 of ground, which is no"
    ):
        packed(InstanceIds(), 4 * 256 + 3)


def test_more_instances_than_the_divisor_holds_are_refused():
    ids = [7 * 1000 + number for number in range(1, 257)]
    assert max(packed(InstanceIds(divisor=1000), *ids[:255])) == 256 + 255
    with pytest.raises(ValueError, match="256 instances of dog; label_divisor 256 "):
        packed(InstanceIds(divisor=1000), *ids)


def test_124_classes_fit():
    names = [f"class {number}" for number in range(124)]
    space = LabelSpace(name="n", class_names=names, thing_classes=range(124))
    source = OwnData("s", space, None, InstanceIds())
    save(packed.path, np.array([[123 * 256 + 255, 255 * 256]], np.uint16))
    label = source.read_panoptic(str(packed.path))
    np.testing.assert_array_equal(label, [[123 * 256 + 1, VOID]])


def test_regions_beyond_the_known_ones_are_refused(tmp_path):
    source = OwnData("s", SPACE, None, ClassIds())
    save(tmp_path / "r.png", np.array([[0, 1, 3]], np.uint8))
    np.testing.assert_array_equal(
        source.read_void_regions(tmp_path / "r.png"), [[0, 1, 3]]
    )
    save(tmp_path / "r.png", np.array([[0, 4]], np.uint8))
    with pytest.raises(ValueError, match=r"r\.png: region 4; expected 0"):
        source.read_void_regions(tmp_path / "r.png")


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2)).save(path)
    return path


@pytest.fixture
def root(tmp_path):
    """Two drives in folders of their own; the last frame has no label."""
    for name in ("a/1.png", "a/2.JPG", "b/1.jpeg"):
        picture(tmp_path / "data" / "images" / "train" / name)
        label = tmp_path / "data" / "labels" / "train" / name
        if name != "b/1.jpeg":
            save(label.with_suffix(".png"), np.array([[4, 4, 7]] * 2, np.uint8))
    (tmp_path / "data" / "images" / "train" / "a" / "notes.txt").write_text("x")
    return tmp_path / "data"


def folders(root, **settings):
    defaults = {
        "images": "images/{split}/**/*",
        "labels": "labels/{split}/{name}.png",
        "name": r"(?P<sequence>.+)/(?P<frame>.+)",
        "require_labels": False,
    }
    return Folders(str(root), **{**defaults, **settings})("train")


def test_folders_list_images_with_the_labels_beside_them(root, caplog):
    frames = folders(root)
    assert [f.filename for f in frames] == ["a_1", "a_2", "b_1"]
    assert [(f.sequence_id, f.frame_id) for f in frames] == [
        ("a", "1"),
        ("a", "2"),
        ("b", "1"),
    ]
    assert frames[1].label == str(root / "labels/train/a/2.png")
    assert frames[2].label is None
    assert "train: 1 images have no label" in caplog.text


def test_labels_may_be_required(root):
    match = r"1 of 3 images of 'train' have no label .*images/train/b/1\.jpeg"
    with pytest.raises(FileNotFoundError, match=match):
        folders(root, require_labels=True)


def test_without_labels_every_frame_is_unlabelled(root, caplog):
    assert not any(f.label for f in folders(root, labels=None, require_labels=True))
    assert not caplog.text


def test_without_a_name_every_image_is_its_own_sequence(root):
    frames = folders(root, name=None)
    assert [f.sequence_id for f in frames] == ["a/1", "a/2", "b/1"]


def test_a_name_that_does_not_match_is_named(root):
    with pytest.raises(ValueError, match=r"a/1\.png: the name 'a/1' does not match"):
        folders(root, name=r"(?P<sequence>b)/(?P<frame>.+)")


def test_a_pattern_without_images_is_named(root):
    with pytest.raises(FileNotFoundError, match=r"nowhere/\* matches no image"):
        folders(root, images="nowhere/*")


def test_regions_are_found_beside(root):
    save(root / "ego" / "a" / "1.png", np.ones((2, 3), np.uint8))
    frames = folders(root, void_regions="ego/{name}.png")
    assert [bool(f.void_regions) for f in frames] == [True, False, False]


def table(root, text):
    (root / "train.csv").write_text(text)
    return Table(str(root))("train")


def test_a_table_lists_its_lines_in_order(root):
    frames = table(
        root,
        "image,label,sequence,frame\n"
        "images/train/b/1.jpeg,,b,1\n"
        "images/train/a/1.png, labels/train/a/1.png,a,17\n",
    )
    assert [f.filename for f in frames] == ["images_train_b_1", "images_train_a_1"]
    assert [f.label and f.label.endswith("a/1.png") for f in frames] == [None, True]
    assert (frames[1].sequence_id, frames[1].frame_id) == ("a", "17")


def test_only_the_image_is_needed_in_a_table(root):
    (frame,) = table(root, "\ufeffimage\nimages/train/a/1.png\n")
    assert (frame.label, frame.sequence_id) == (None, "images/train/a/1")


@pytest.mark.parametrize(
    "text, said",
    [
        ("", r"columns are \[\]"),
        ("picture,label\n", r"columns are \['picture', 'label'\]; expected image"),
        ("image,mask\n", "columns are"),
        ("image,label\n", "lists no frames"),
        ("image,label\nimages/train/a/1.png\n", "line 2: .* does not fill the columns"),
        ("image\nimages/train/a/1.png,x\n", "line 2: .* does not fill"),
        ("image,label\n,x\n", "line 2: .* does not fill"),
    ],
)
def test_a_table_of_another_form_is_refused(root, text, said):
    with pytest.raises(ValueError, match=rf"train\.csv.*{said}"):
        table(root, text)


@pytest.mark.parametrize("column", ["image", "label"])
def test_a_file_of_a_table_that_is_not_there_is_named_with_its_line(root, column):
    row = {"image": "images/train/a/1.png", "label": "labels/train/a/1.png"}
    row[column] = "gone.png"
    text = f"image,label\n{row['image']},{row['label']}\n"
    with pytest.raises(
        FileNotFoundError, match=f"line 2: the {column} .*gone.png does"
    ):
        table(root, text)


def test_a_missing_table_is_named(root):
    with pytest.raises(FileNotFoundError, match=r"no table .*val\.csv for split 'val'"):
        Table(str(root))("val")


def test_own_data_becomes_shards_with_its_descriptor(root, tmp_path):
    listing = Folders(
        str(root),
        images="images/{split}/**/*",
        labels="labels/{split}/{name}.png",
        require_labels=False,
    )
    build_shards.build_shards(
        source=functools.partial(
            OwnData, label_space=SPACE, listing=listing, labels=ClassIds()
        ),
        splits=("train",),
        work_dir=str(tmp_path / "shards"),
        num_workers=1,
    )
    frames = tiny_shards.read(tmp_path / "shards" / "train")
    assert [f.panoptic is None for f in frames] == [False, False, True]
    np.testing.assert_array_equal(frames[0].panoptic, [[0, 0, 256]] * 2)


def test_a_gin_file_alone_describes_the_data(root, tmp_path):
    """The config of the README, with other paths."""
    config.load(
        ["gin_configs/own_data/build_shards.gin"],
        [
            f"DATA_DIR = '{root}'",
            f"WORK_DIR = '{tmp_path / 'shards'}'",
            "SPLITS = ('train',)",
            "own_listing.Folders.images = 'images/{split}/**/*'",
            "own_listing.Folders.labels = 'labels/{split}/{name}.png'",
            "own_listing.Folders.name = None",
            "own_listing.Folders.require_labels = False",
            "build_shards.build_shards.num_workers = 1",
        ],
    )
    config.run()
    frames = tiny_shards.read(tmp_path / "shards" / "train")
    np.testing.assert_array_equal(frames[0].panoptic, [[4 * 256] * 2 + [7 * 256]] * 2)
