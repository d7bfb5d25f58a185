"""The second toy domain: Mapillary Vistas' layout, other classes, another look."""

import functools
import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.data import doctor
from naive_student_tf.data.mapillary import Mapillary
from naive_student_tf.data.toy_city import classes as kinds
from naive_student_tf.data.toy_city import layout
from naive_student_tf.data.toy_city import world as toy_city
from naive_student_tf.data.toy_vistas import encode
from naive_student_tf.data.toy_vistas.classes import CLASSES, COUNTED, IDS, UNLABELED
from naive_student_tf.data.toy_vistas.world import SIZES, World
from naive_student_tf.data.toy_vistas.write import write_toy_vistas
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.cityscapes import CITYSCAPES

TINY = dict(seed=7, training_frames=6, validation_frames=3)
WORLD = World(seed=1, style_spread=1.0)
NAMES = [of.readable for of in CLASSES]


def digests(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("vistas")
    write_toy_vistas(work_dir=str(root), num_workers=1, **TINY)
    return root


@pytest.fixture(scope="module")
def pictures():
    return [WORLD.picture("training", number) for number in range(40)]


def test_the_files_are_those_of_release_1_2(tiny):
    names = {f"training_{n:05d}" for n in range(6)}
    expected = {"config_v1.2.json", "toy_vistas.json"}
    for split, names in (
        ("training", [f"training_{n:05d}" for n in range(6)]),
        ("validation", [f"validation_{n:05d}" for n in range(3)]),
    ):
        for name in names:
            expected.add(f"{split}/images/{name}.jpg")
            expected.add(f"{split}/v1.2/labels/{name}.png")
            expected.add(f"{split}/v1.2/instances/{name}.png")
    assert set(digests(tiny)) == expected


def test_the_reader_and_the_doctor_accept_it(tiny, tmp_path):
    output = tmp_path / "doctor.json"
    doctor.examine(
        data_dir=str(tiny),
        source=functools.partial(Mapillary, str(tiny)),
        splits=("train", "val"),
        output=str(output),
        known_counts={"train": 6, "val": 3},
        num_workers=1,
    )
    found = json.loads(output.read_text())["splits"]
    assert {name: part["labelled"] for name, part in found.items()} == {
        "train": 6,
        "val": 3,
    }


def test_the_reader_finds_the_classes_and_instances_that_were_written(tiny):
    source = Mapillary(str(tiny), "train")
    space = source.label_space
    assert space.class_names == tuple(NAMES[:-1])
    assert [space.class_names[i] for i in space.thing_classes] == [
        NAMES[i] for i in COUNTED
    ]
    world = World(TINY["seed"], 1.0)
    for number, frame in enumerate(source.list_frames()):
        picture = world.picture("training", number)
        ids, instances = encode.class_maps(picture.kind, picture.actor)
        category, instance = panoptic.unpack(
            source.read_panoptic(frame.label), label_divisor=space.label_divisor
        )
        np.testing.assert_array_equal(category, np.where(ids == UNLABELED, 255, ids))
        is_thing = np.isin(ids, COUNTED)
        np.testing.assert_array_equal(instance > 0, is_thing)
        assert len(np.unique(instances[is_thing])) == len(
            np.unique(category[is_thing] * 256 + instance[is_thing])
        )


def test_labels_are_palettes_that_agree_with_instances(tiny):
    palette = np.uint8([of.color for of in CLASSES])
    paths = sorted(tiny.glob("*/v1.2/labels/*.png"))
    assert len(paths) == 9
    for path in paths:
        label = Image.open(path)
        assert label.mode == "P"
        ids = np.array(label)
        instances = np.array(
            Image.open(path.parents[1] / "instances" / path.name), np.uint16
        )
        np.testing.assert_array_equal(instances >> 8, ids)
        np.testing.assert_array_equal(np.array(label.convert("RGB")), palette[ids])
        counted = np.isin(ids, COUNTED)
        assert (instances[~counted] & 255).max() == 0


def test_kinds_become_classes_and_what_is_not_told_apart_is_unlabeled():
    kind = np.full((4, 8), kinds.LANE_MARK, np.uint8)
    actor = np.zeros((4, 8), np.int16)
    kind[0], actor[0] = kinds.CAR, 9  # 8 pixels of a car
    kind[1, :5], actor[1, :5] = kinds.CAR, 4  # a sliver of another one
    kind[2, :6], actor[2, :6] = kinds.MOTORCYCLE, 3
    kind[3] = kinds.BICYCLE  # a rack of them
    ids, instances = encode.class_maps(kind, actor)
    car, two_wheeler = NAMES.index("Car"), NAMES.index("Two-Wheeler")
    mark, void = NAMES.index("Lane Marking"), NAMES.index("Unlabeled")
    expected = [[car] * 8, [void] * 5 + [mark] * 3, [two_wheeler] * 6 + [mark] * 2]
    expected.append([void] * 8)
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(instances, np.array(expected) * 256)


def test_two_cars_have_two_numbers():
    kind = np.full((2, 6), kinds.CAR, np.uint8)
    actor = np.int16([[5] * 6, [2] * 6])
    _, instances = encode.class_maps(kind, actor)
    car = NAMES.index("Car") * 256
    np.testing.assert_array_equal(instances, [[car + 1] * 6, [car] * 6])


def test_every_kind_has_a_class_unless_toy_city_keeps_it_void():
    painted = [
        value
        for name, value in vars(kinds).items()
        if name[0].isupper() and isinstance(value, int)
    ]
    without = {kind for kind in painted if IDS[kind] == UNLABELED}
    assert without == {kinds.BORDER, kinds.OUT_OF_ROI, kinds.NOTHING}


def test_the_classes_are_not_those_of_cityscapes():
    evaluated = [of for of in CLASSES if of.evaluated]
    assert 12 <= len(evaluated) <= 24 and len(CLASSES) - len(evaluated) == 1
    own = {kinds.LABEL_IDS[list(of.kinds)].tobytes() for of in evaluated}
    theirs = {np.uint8([i]).tobytes() for i in CITYSCAPES.label_ids}
    assert len(own & theirs) < len(CITYSCAPES.label_ids) - 3


def test_a_few_frames_show_every_class_and_several_sizes(pictures):
    pixels = np.zeros(len(CLASSES), int)
    for picture in pictures:
        ids, _ = encode.class_maps(picture.kind, picture.actor)
        pixels += np.bincount(ids.ravel(), minlength=len(CLASSES))
    assert pixels[:UNLABELED].min() >= 100
    assert pixels[UNLABELED] < 0.02 * pixels.sum()
    assert {picture.kind.shape for picture in pictures} == set(SIZES)


def is_dark(picture):
    """Whether its sky is: night."""
    sky = picture.image[picture.kind == kinds.SKY]
    return len(sky) > 0 and sky.mean() < 70


def test_it_looks_different_from_toy_city_and_more_varied(pictures):
    city = toy_city.World(seed=1, image_size=(64, 128), style_spread=0.5)
    frames = [
        city.frame(city.scene(snippet), snippet, 0)
        for snippet in layout.list_snippets("val", 20, 1)
    ]
    there = np.array([frame.image.mean((0, 1)) for frame in frames])
    here = np.array([picture.image.mean((0, 1)) for picture in pictures])
    assert here.mean(1).std() > 1.5 * there.mean(1).std()
    assert sum(is_dark(picture) for picture in pictures) >= 3
    warmth_here, warmth_there = here[:, 0] - here[:, 2], there[:, 0] - there[:, 2]
    assert warmth_here.std() > 1.2 * warmth_there.std()


def test_some_frames_show_a_hood_and_most_do_not(pictures):
    hoods = sum((picture.kind == kinds.EGO).any() for picture in pictures)
    assert 5 <= hoods <= 20


def test_two_workers_write_the_bytes_that_one_writes(tiny, tmp_path):
    write_toy_vistas(work_dir=str(tmp_path), num_workers=2, **TINY)
    assert digests(tmp_path) == digests(tiny)


def test_what_is_missing_is_written_again_and_nothing_else(tmp_path):
    settings = TINY | {"training_frames": 2, "validation_frames": 1, "num_workers": 1}
    write_toy_vistas(work_dir=str(tmp_path), **settings)
    before = digests(tmp_path)
    gone = tmp_path / "training/v1.2/instances/training_00001.png"
    gone.unlink()
    kept = tmp_path / "training/images/training_00000.jpg"
    kept.write_bytes(b"as it was")
    write_toy_vistas(work_dir=str(tmp_path), **settings)
    assert kept.read_bytes() == b"as it was"
    assert (
        digests(tmp_path)[str(gone.relative_to(tmp_path))]
        == (before[str(gone.relative_to(tmp_path))])
    )


def test_another_seed_in_the_same_directory_is_refused(tiny):
    with pytest.raises(ValueError, match="seed is 7, now asked for 8"):
        write_toy_vistas(work_dir=str(tiny), num_workers=1, **TINY | {"seed": 8})


def test_another_seed_or_split_is_another_world():
    images = [
        World(seed, 1.0).picture(split, 0).image
        for seed, split in ((1, "training"), (2, "training"), (1, "validation"))
    ]
    assert len({image.tobytes() for image in images}) == 3
