import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.data.toy_city import classes, encode, layout
from naive_student_tf.data.toy_city.render import Frame, number_instances
from naive_student_tf.data.toy_city.world import World
from naive_student_tf.data.toy_city.write import write_toy_city
from naive_student_tf.labels.cityscapes import CITYSCAPES

PROJECT = pathlib.Path(__file__).parents[2]
TINY = dict(
    seed=7,
    image_size=(32, 64),
    train_cities=3,
    train_snippets_per_city=1,
    extra_cities=2,
    extra_frames_per_city=2,
    val_cities=3,
    val_frames_per_city=2,
    val_videos=0,
    test_cities=1,
    test_frames_per_city=1,
)
DEFAULT_WORLD = World(seed=1, image_size=(64, 128), style_spread=0.5)


def digests(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def read(path):
    return np.array(Image.open(path))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    write_toy_city(work_dir=str(root), num_workers=1, **TINY)
    return root


def test_two_workers_write_the_bytes_that_one_writes(tiny, tmp_path):
    write_toy_city(work_dir=str(tmp_path), num_workers=2, **TINY)
    assert digests(tmp_path) == digests(tiny)


def test_a_killed_run_ends_byte_identical_when_started_again(tiny, tmp_path):
    program = (
        "from naive_student_tf.data.toy_city.write import write_toy_city as write\n"
        f"if __name__ == '__main__': write(work_dir={str(tmp_path)!r}, **{TINY!r})"
    )
    script = tmp_path.with_suffix(".py")
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    run = subprocess.Popen([sys.executable, script], env=environment)
    # one of three videos is whole by then, the others are not
    while len(list(tmp_path.rglob("*.png"))) < 120 and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    time.sleep(0.3)  # its workers see that it is gone
    left = digests(tmp_path)
    assert len(left) < len(digests(tiny))
    write_toy_city(work_dir=str(tmp_path), num_workers=1, **TINY)
    assert digests(tmp_path) == digests(tiny)


def test_a_finished_set_is_not_written_again(tiny):
    before = {path: path.stat().st_mtime_ns for path in tiny.rglob("*.png")}
    write_toy_city(work_dir=str(tiny), num_workers=1, **TINY)
    assert before == {path: path.stat().st_mtime_ns for path in tiny.rglob("*.png")}


def test_another_seed_in_the_same_directory_is_refused(tiny):
    with pytest.raises(ValueError, match="seed is 7, now asked for 8"):
        write_toy_city(work_dir=str(tiny), num_workers=1, **TINY | {"seed": 8})


def test_every_name_is_one_of_cityscapes(tiny):
    frame = r"(?P<city>[a-z-]+)/(?P=city)_\d{6}_\d{6}_"
    names = (
        rf"leftImg8bit/(train|val|test|train_extra)/{frame}leftImg8bit\.png",
        rf"leftImg8bit_sequence/(train|val)/{frame}leftImg8bit\.png",
        rf"gtFine/(train|val|test)/{frame}gtFine_(labelIds|instanceIds|color)\.png",
        rf"gtCoarse/train_extra/{frame}gtCoarse_(labelIds|instanceIds|color)\.png",
        rf"toy_truth/\w+/{frame}gtFine_(labelIds|instanceIds)\.png",
        r"toy_city\.json",
    )
    found = digests(tiny)
    assert len(found) == 1 + 3 * (30 * 3 + 2) + 4 * 6 + 6 * 4 + 6
    for name in found:
        assert any(re.fullmatch(pattern, name) for pattern in names), name


def test_the_annotated_frame_is_number_19_of_its_snippet():
    for snippet in layout.list_snippets("train", 3, 3, videos=9):
        names = [layout.frame_name(snippet, step) for step in snippet.steps]
        assert len(names) == 30 and snippet.frame >= 19
        assert names[19] == layout.frame_name(snippet, 0)


def test_some_snippets_share_a_sequence_without_sharing_frames():
    snippets = layout.list_snippets("train", 3, 4, videos=12)
    names = [layout.frame_name(s, step) for s in snippets for step in s.steps]
    assert len(set(names)) == 12 * 30
    assert len({(s.city, s.sequence) for s in snippets}) == 4 + 4 + 1
    assert sorted({s.frame for s in snippets}) == [19, 20, 67, 114, 161]


def test_no_city_is_in_two_splits_or_named_twice():
    names = [layout.city_name(split, n) for split in layout.SPLITS for n in range(99)]
    assert len(set(names)) == len(names)


def test_labels_and_instances_of_a_frame_agree(tiny):
    for path in sorted(tiny.rglob("*_instanceIds.png")):
        instance_ids = read(path)
        label_ids = read(str(path).replace("instanceIds", "labelIds"))
        assert instance_ids.dtype == np.uint16 and label_ids.dtype == np.uint8
        counted = instance_ids >= 1000
        np.testing.assert_array_equal(
            np.where(counted, instance_ids // 1000, instance_ids), label_ids
        )
        assert set(np.unique(label_ids[counted])) <= set(classes.COUNTED)
        assert label_ids.max() <= 33


def test_colors_are_those_of_the_labels(tiny):
    path = min(tiny.glob("gtFine/train/*/*_color.png"))
    label_ids = read(str(path).replace("color", "labelIds"))
    for label_id, color in zip(CITYSCAPES.label_ids, CITYSCAPES.colors, strict=True):
        assert (read(path)[label_ids == label_id] == color).all()


def test_the_ego_vehicle_does_not_move_within_a_snippet(tiny):
    truth = sorted(tiny.glob("toy_truth/train_sequence/ahlstadt/*_labelIds.png"))
    regions = [np.where(read(path) <= 3, read(path), 0) for path in truth]
    assert len(regions) == 29
    for region in regions:
        np.testing.assert_array_equal(region, regions[0])
        assert set(np.unique(region)) == {0, 1, 2, 3}


def test_the_annotated_frame_is_the_frame_of_the_video(tiny):
    for path in tiny.glob("leftImg8bit/train/*/*.png"):
        twin = str(path).replace("leftImg8bit/train", "leftImg8bit_sequence/train")
        assert path.read_bytes() == pathlib.Path(twin).read_bytes()


def test_the_annotated_frames_of_the_default_set_show_every_class():
    pixels = np.zeros(256, int)
    groups = 0
    for snippet in layout.list_snippets("train", 6, 2):
        frame = DEFAULT_WORLD.frame(DEFAULT_WORLD.scene(snippet), snippet, 0)
        pixels += np.bincount(frame.label_ids.ravel(), minlength=256)
        thing = np.isin(frame.label_ids, classes.COUNTED)
        groups += (thing & (frame.instance_ids < 1000)).sum()
    assert pixels[list(CITYSCAPES.label_ids)].min() >= 100
    assert groups > 0


def test_two_cities_look_different_and_one_looks_like_itself():
    one, other = layout.list_snippets("val", 2, 1)
    image = [
        DEFAULT_WORLD.frame(DEFAULT_WORLD.scene(snippet), snippet, 0).image
        for snippet in (one, other, one)
    ]
    np.testing.assert_array_equal(image[0], image[2])
    assert np.abs(image[0].astype(int) - image[1]).mean() > 10


def test_coarse_labels_keep_fixed_regions_and_the_inside_of_segments():
    ids = np.full((8, 8), 7, np.uint16)
    ids[3:, 5:] = 26001
    ids[7] = 1
    label_ids = np.where(ids == 26001, 26, ids).astype(np.uint8)
    coarse = encode.coarse_maps(Frame(np.zeros((8, 8, 3), np.uint8), label_ids, ids))
    expected = np.zeros((8, 8), int)
    expected[:4, :4] = 7
    expected[7] = 1
    np.testing.assert_array_equal(coarse["labelIds"], expected)
    np.testing.assert_array_equal(coarse["instanceIds"], expected)


def test_a_sliver_of_a_thing_has_no_instance():
    label = np.full((4, 8), 26, np.uint8)
    actor = np.ones((4, 8), np.int16)
    actor[0, :5] = 2
    ids = number_instances(label, actor)
    assert (ids[0, :5] == 26).all()
    assert (ids[1:] == 26000).all()
