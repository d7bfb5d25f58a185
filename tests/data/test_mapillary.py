"""Mapillary Vistas by its own class table, both releases."""

import dataclasses
import functools
import json

import gin
import numpy as np
import pytest
from PIL import Image

from naive_student_tf import config
from naive_student_tf.data import build_shards, example, pipeline, targets
from naive_student_tf.data.mapillary import Mapillary
from naive_student_tf.data.recode import Recode
from naive_student_tf.labels import mapillary as facts
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.label_space import LabelSpace
from tests import tiny_shards
from tests.data.cityscapes_files import save

VOID = 65280
# bird (thing), ego (not evaluated), road (stuff), car (thing), unlabeled
TABLE = [("Bird", True, True), ("Ego", True, False), ("Road", False, True)]
TABLE += [("Car", True, True), ("Unlabeled", False, False)]
IDS = np.array([[0, 1, 512, 512], [768, 769, 1024, 256]], np.uint16)
PACKED = [[1, 2, 256, 256], [513, 514, VOID, VOID]]


def write_config(path, table=TABLE):
    labels = [
        {
            "name": f"x--{name}",
            "readable": name,
            "color": [index, 0, 9],
            "instances": things,
            "evaluate": used,
        }
        for index, (name, things, used) in enumerate(table)
    ]
    path.write_text(json.dumps({"labels": labels, "version": "x"}))


def write_tree(root, *versions):
    """versions: '', 'v1.2', 'v2.0'."""
    root.mkdir(exist_ok=True)
    for version in versions:
        name = f"config_{version}.json" if version else "config.json"
        write_config(root / name, TABLE if version != "v2.0" else TABLE[:4])
        for folder in ("training", "validation"):
            for key in ("k1", "k0"):
                save(root / folder / version / "instances" / f"{key}.png", IDS)
    for folder in ("training", "validation", "testing"):
        for key in ("k1", "k0"):
            path = root / folder / "images" / f"{key}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 2), (9, 90, 200)).save(path)
    return root


@pytest.mark.parametrize("version", ["", "v1.2", "v2.0"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_every_layout_is_found_by_itself(tmp_path, version, split):
    folder = {"train": "training", "val": "validation"}[split]
    source = Mapillary(str(write_tree(tmp_path, version)), split)
    frames = source.list_frames()
    assert [frame.filename for frame in frames] == ["k0", "k1"]
    assert source.label_space.class_names == ("Bird", "Road", "Car")
    label = tmp_path / folder / version / "instances" / "k0.png"
    assert frames[0].label == str(label)


def test_of_two_releases_the_older_is_taken_unless_bound(tmp_path):
    root = str(write_tree(tmp_path, "v2.0", "v1.2"))
    assert "v1.2" in Mapillary(root, "train").list_frames()[0].label
    assert "v2.0" in Mapillary(root, "train", "v2.0").list_frames()[0].label


def test_a_release_that_is_not_there_is_refused(tmp_path):
    root = str(write_tree(tmp_path, "v1.2"))
    with pytest.raises(FileNotFoundError, match=r"validation}/v2\.0/instances"):
        Mapillary(root, "train", "v2.0").list_frames()
    with pytest.raises(FileNotFoundError, match=r"{v1\.2,v2\.0}/instances"):
        Mapillary(f"{root}/training", "train").list_frames()


def test_test_images_have_no_labels(tmp_path):
    frames = Mapillary(str(write_tree(tmp_path, "v1.2")), "test").list_frames()
    assert [frame.label for frame in frames] == [None, None]


def test_a_missing_label_or_split_is_named(tmp_path):
    root = write_tree(tmp_path, "v1.2")
    (root / "training/v1.2/instances/k1.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"k1\.jpg has no label .*k1\.png"):
        Mapillary(str(root), "train").list_frames()
    with pytest.raises(ValueError, match="Unknown split 'training'; known"):
        Mapillary(str(root), "training").list_frames()
    for path in (root / "testing/images").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match=r"images holds no \*\.jpg"):
        Mapillary(str(root), "test").list_frames()


def test_labels_are_packed_by_the_class_table(tmp_path):
    source = Mapillary(str(write_tree(tmp_path, "v1.2")), "train")
    label = source.read_panoptic(source.list_frames()[0].label)
    assert label.dtype == np.uint16
    np.testing.assert_array_equal(label, PACKED)


def test_ids_beyond_the_class_table_are_refused(tmp_path):
    """Labels of v1.2 under the shorter table of this v2.0."""
    source = Mapillary(str(write_tree(tmp_path, "v2.0")), "train")
    with pytest.raises(ValueError, match=r"id 1024 is of class 4; .* ends at 3"):
        source.read_panoptic(source.list_frames()[0].label)


def test_class_maps_are_not_taken_for_instances(tmp_path):
    source = Mapillary(str(write_tree(tmp_path, "v1.2")), "train")
    save(tmp_path / "l.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match=r"l\.png: 8 bits a pixel, expected 16"):
        source.read_panoptic(str(tmp_path / "l.png"))


def test_a_whole_class_of_instances_fits_but_not_256(tmp_path):
    source = Mapillary(str(write_tree(tmp_path, "v1.2")), "train")
    save(tmp_path / "i.png", np.arange(768, 768 + 255, dtype=np.uint16)[None])
    assert source.read_panoptic(str(tmp_path / "i.png")).max() == 512 + 255
    save(tmp_path / "i.png", np.arange(768, 768 + 256, dtype=np.uint16)[None])
    with pytest.raises(ValueError, match=r"i\.png: 256 instances of Car"):
        source.read_panoptic(str(tmp_path / "i.png"))


def test_the_descriptor_is_that_of_the_table(tmp_path):
    write_config(tmp_path / "config.json")
    space = facts.mapillary(config=str(tmp_path / "config.json"))
    assert space.class_names == ("Bird", "Road", "Car")
    assert space.thing_classes == (0, 2)
    assert space.colors == ((0, 0, 9), (2, 0, 9), (3, 0, 9))
    assert space.label_ids == (0, 2, 3)
    assert facts.num_labels(config=str(tmp_path / "config.json")) == 5


@pytest.mark.parametrize("classes", [65, 116, 124])
def test_as_many_classes_as_a_release_has_fit_into_a_label(tmp_path, classes):
    table = [(str(number), True, True) for number in range(classes)]
    root = write_tree(tmp_path, "v1.2")
    write_config(root / "config_v1.2.json", table)
    source = Mapillary(str(root), "train")
    assert source.label_space.num_classes == classes
    last = (classes - 1) * 256
    save(root / "i.png", np.array([[0, last + 3]], np.uint16))
    label = source.read_panoptic(str(root / "i.png"))
    np.testing.assert_array_equal(label, [[1, last + 1]])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"labels": []}',
        '{"labels": [{"readable": "x"}]}',
        '{"labels": [1]}',
    ],
)
def test_another_file_is_no_class_table(tmp_path, text):
    path = tmp_path / f"{abs(hash(text))}.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"{path}: not a class table of Mapillary"):
        facts.mapillary(config=str(path))


def test_a_missing_class_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No class table .*none\.json"):
        facts.mapillary(config=str(tmp_path / "none.json"))


def test_frames_are_resized_while_shards_are_built(tmp_path):
    root = write_tree(tmp_path / "data", "v1.2")
    build_shards.build_shards(
        source=functools.partial(Mapillary, str(root)),
        splits=("train",),
        work_dir=str(tmp_path / "shards"),
        num_workers=1,
        recode=Recode(longer_side=8, jpeg_quality=95),
    )
    frame = tiny_shards.read(tmp_path / "shards" / "train")[0]
    assert (frame.height, frame.width, frame.image_format) == (4, 8, "jpeg")
    np.testing.assert_array_equal(
        frame.panoptic, np.array(PACKED).repeat(2, 0).repeat(2, 1)
    )


def test_124_classes_reach_the_targets_unchanged(tmp_path):
    names = [str(number) for number in range(124)]
    space = LabelSpace(name="n", class_names=names, thing_classes=(0, 123))
    label = np.append(np.arange(124), [255] * 4).reshape(8, 16) * 256
    label[-1, 11] += 255  # the last class, the last instance
    frame = tiny_shards.frame(1, ego=False)
    frame = dataclasses.replace(
        frame,
        image=example.encode_png(np.zeros((8, 16), np.uint8)),
        height=8,
        width=16,
        panoptic=label.astype(np.uint16),
    )
    directory = tiny_shards.write(tmp_path / "s", [frame], label_space=space)
    data = pipeline.TrainingData(
        label_space=space,
        directories=directory,
        crop_size=(8, 16),
        global_batch_size=1,
        scales=(1.0,),
        flip=0.0,
    )
    (batch,) = data.open(seed=0).dataset(start_step=0, num_steps=1)
    made = targets.PanopticTargets(space)(batch)
    category, _ = panoptic.unpack(label, label_divisor=256)
    np.testing.assert_array_equal(made["category"][0], category)
    np.testing.assert_array_equal(
        made["offset_weight"][0, ..., 0], label == 123 * 256 + 255
    )


def test_the_gin_file_builds_shards_with_the_settings_of_panoptic_deeplab(tmp_path):
    root = write_tree(tmp_path / "data", "")
    config.load(
        ["gin_configs/mapillary/build_shards.gin"],
        [
            f"DATA_DIR = '{root}'",
            f"WORK_DIR = '{tmp_path / 'shards'}'",
            "build_shards.build_shards.num_workers = 1",
        ],
    )
    config.run()
    frame = tiny_shards.read(tmp_path / "shards" / "val")[0]
    assert (frame.width, frame.height, frame.image_format) == (2177, 1088, "jpeg")
    assert frame.panoptic.shape == (1088, 2177)
    assert set(np.unique(frame.panoptic)) == set(np.ravel(PACKED))


def test_the_training_takes_the_crop_and_the_steps_of_panoptic_deeplab(tmp_path):
    write_config(tmp_path / "c.json")
    config.load(
        ["gin_configs/mapillary/train.gin", "gin_configs/models/small.gin"],
        [f"CONFIG = '{tmp_path / 'c.json'}'", "NUM_CLASSES = 3"],
    )
    assert config.macro("STEPS") == 150_000
    data = gin.get_configurable(pipeline.TrainingData)()
    assert data.crop_size == (1025, 1025)
    assert data.label_space.class_names == ("Bird", "Road", "Car")
