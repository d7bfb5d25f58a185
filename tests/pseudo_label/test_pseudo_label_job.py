"""One shard in, one shard out: the same frames with the teacher's labels."""

import dataclasses
import hashlib
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import checkpoint, lineage
from naive_student_tf.data import shards
from naive_student_tf.evaluate.label_quality import LabelQuality
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import job
from naive_student_tf.pseudo_label.claims import Claims
from naive_student_tf.pseudo_label.finished import Finished
from naive_student_tf.pseudo_label.labeller import Labeller
from tests import tiny_shards

FRAMES = [
    *(tiny_shards.frame(number, labelled=False) for number in range(5)),
    *(tiny_shards.frame(number, labelled=False, ego=False) for number in (5, 6)),
]
SETTINGS = {"splits": ("train_sequence",), "iteration": 2, "batch_size": 2}


@pytest.fixture
def source(tmp_path):
    """Seven unlabelled frames in three shards; the last two know no ego vehicle."""
    tiny_shards.write(tmp_path / "shards" / "train_sequence", FRAMES)
    return tmp_path / "shards"


def teacher(tmp_path, weight=1.0, origin=None):
    """An Oracle of saved weights, which tell their lineage where it is given."""
    saved = {"weight": tf.Variable(weight)}
    if origin:
        saved["lineage"] = lineage.variable(origin)
    path = tf.train.Checkpoint(**saved).save(str(tmp_path / "teacher" / "ckpt"))
    return tiny_shards.Oracle(path)


@pytest.fixture
def label(tmp_path, source):
    """Runs the job; returns the directory of the labelled shards and the teacher."""

    def label(inference=None, **settings):
        inference = inference or teacher(tmp_path)
        job.pseudo_label(
            data_dir=str(source),
            work_dir=str(tmp_path / "pseudo"),
            inference=lambda: inference,
            **{**SETTINGS, **settings},
        )
        return tmp_path / "pseudo" / "train_sequence", inference

    return label


def hashes(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
    }


def test_the_shards_keep_their_names_and_counts(source, label):
    labelled, _ = label()
    before, _ = shards.read_manifest(str(source / "train_sequence"))
    after, _ = shards.read_manifest(str(labelled))
    assert [(s.file, s.count) for s in after] == [(s.file, s.count) for s in before]
    assert [s.count for s in after] == [3, 3, 1]


def test_frames_keep_all_but_their_label(label):
    labelled, _ = label()
    for new, old in zip(tiny_shards.read(labelled), FRAMES, strict=True):
        stripped = dataclasses.replace(new, panoptic=None, pseudo=None)
        for field in dataclasses.fields(old):
            expected, found = (getattr(f, field.name) for f in (old, stripped))
            np.testing.assert_array_equal(found, expected)


def test_labels_are_the_prediction_and_void_exactly_on_the_ego_vehicle(label):
    labelled, inference = label()
    for number, frame in enumerate(tiny_shards.read(labelled)):
        expected = inference(np.full((1, *tiny_shards.SIZE, 3), number))["panoptic"][0]
        if number < 5:
            expected[tiny_shards.EGO_ROWS] = CITYSCAPES.void
        np.testing.assert_array_equal(frame.panoptic, expected)
        assert frame.pseudo["ego_masked"] == int(number < 5)


def test_a_split_that_lost_its_regions_is_not_labelled_unmasked(tmp_path, label):
    bare = [dataclasses.replace(frame, void_regions=None) for frame in FRAMES]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", bare)
    with pytest.raises(ValueError, match="train_sequence: 0 of 7 frames have a map"):
        label()
    labelled, _ = label(without_regions=("train_sequence",))
    assert {f.pseudo["ego_masked"] for f in tiny_shards.read(labelled)} == {0}


def test_no_region_is_masked_where_none_is_bound(label):
    labelled, _ = label(void_regions=())
    frames = tiny_shards.read(labelled)
    assert all((frame.panoptic != CITYSCAPES.void).all() for frame in frames)
    assert {frame.pseudo["ego_masked"] for frame in frames} == {0}


def test_a_frame_without_masked_ego_vehicle_does_not_say_that_it_has_one(
    tmp_path, label
):
    """One knows regions of which none is the ego vehicle."""
    clear = np.where(FRAMES[0].void_regions == 1, 0, FRAMES[0].void_regions)
    frames = [dataclasses.replace(FRAMES[0], void_regions=clear), FRAMES[1]]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    labelled, _ = label(void_regions=(1, 3))
    assert [f.pseudo["ego_masked"] for f in tiny_shards.read(labelled)] == [0, 1]
    _, facts = shards.read_manifest(str(labelled))
    assert facts["pseudo"]["ego_masked"] == 1


def test_the_manifest_and_every_frame_name_the_teacher(source, label):
    labelled, inference = label()
    fingerprint = checkpoint.fingerprint(inference.checkpoint)
    _, facts = shards.read_manifest(str(labelled))
    manifest = (source / "train_sequence" / "manifest.json").read_bytes()
    assert facts["pseudo"] == {
        "stage": "pseudo_label",
        "iteration": 2,
        "teacher": fingerprint,
        "teacher_checkpoint": "ckpt-1",
        "scales": [1.0],
        "flip": True,
        "void_regions": [1],
        "min_confidence": None,
        "ego_masked": 5,
        "config": None,
        "data": {
            "split": "toy",
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        },
        "compared_with": None,
        "parents": {"teacher": {"unknown": fingerprint}, "data": None},
    }
    assert (facts["labelled"], facts["count"], facts["split"]) == (7, 7, "toy")
    for frame in tiny_shards.read(labelled):
        assert frame.pseudo["teacher"] == fingerprint
        assert frame.pseudo["iteration"] == 2


def test_a_lost_shard_is_made_again_byte_for_byte_and_the_others_are_kept(label):
    labelled, inference = label()
    before, calls = hashes(labelled), inference.calls
    first, second, _ = sorted(labelled.glob("*.tfrecord"))
    written = first.stat().st_mtime_ns
    second.unlink()
    (labelled / "manifest.json").unlink()
    label(inference)
    assert hashes(labelled) == before
    assert first.stat().st_mtime_ns == written
    assert inference.calls - calls == 2  # three frames, two at a time


@pytest.mark.parametrize("manifest", ["kept", "not written yet"])
@pytest.mark.parametrize("length", [0, 100])
def test_a_finished_shard_that_was_cut_off_since_is_made_again(
    label, capsys, manifest, length
):
    labelled, inference = label()
    before, calls = hashes(labelled), inference.calls
    first, second, _ = sorted(labelled.glob("*.tfrecord"))
    written, whole = first.stat().st_mtime_ns, second.stat().st_size
    second.write_bytes(second.read_bytes()[:length])
    if manifest != "kept":
        (labelled / "manifest.json").unlink()
    label(inference)
    assert hashes(labelled) == before
    assert first.stat().st_mtime_ns == written
    assert inference.calls - calls == 2  # three frames, two at a time
    said = f"{second} has {length} bytes, {whole} were written: cut off"
    assert said in capsys.readouterr().out


def test_a_cut_off_shard_of_another_worker_is_left_to_it(label):
    labelled, inference = label()
    before, calls = hashes(labelled), inference.calls
    second = sorted(labelled.glob("*.tfrecord"))[1]
    second.write_bytes(b"")
    label(inference, worker_index=0, num_workers=3)
    assert inference.calls == calls
    label(inference, worker_index=1, num_workers=3)
    assert hashes(labelled) == before


def test_a_disk_that_cuts_off_every_shard_stops_the_job(label, monkeypatch):
    mark = Finished.mark

    def cut_off(finished, shard, counts):
        mark(finished, shard, counts)
        pathlib.Path(finished.target, shard.file).write_bytes(b"")

    monkeypatch.setattr(Finished, "mark", cut_off)
    with pytest.raises(OSError, match=r"00000-of-00003.*cut off again"):
        label()


def test_a_shard_does_not_depend_on_the_batch_size(label, tmp_path):
    labelled, inference = label()
    before = hashes(labelled)
    for path in labelled.iterdir():
        path.unlink()
    label(inference, batch_size=8)
    assert hashes(labelled) == before


def test_without_a_threshold_the_least_confident_pixel_keeps_its_label(label):
    labelled, _ = label(void_regions=())
    frame = tiny_shards.read(labelled)[0]
    assert (frame.panoptic == tiny_shards.ROAD * 256).any()


def test_a_threshold_makes_less_confident_pixels_void(label):
    """The stub is 0.4 sure of road, 0.9 of everything else."""
    labelled, _ = label(void_regions=(), min_confidence=0.5)
    for number, frame in enumerate(tiny_shards.read(labelled)):
        expected = tiny_shards.truth(number)
        expected[expected == tiny_shards.ROAD * 256] = CITYSCAPES.void
        np.testing.assert_array_equal(frame.panoptic, expected)


def test_probabilities_that_are_not_numbers_stop_the_job_and_name_the_frame(
    tmp_path, label
):
    inference = teacher(tmp_path)
    inference.broken = 3
    with pytest.raises(FloatingPointError, match="not finite on aachen_000000_000003"):
        label(inference)
    inference.broken = None
    labelled, _ = label(inference)
    assert len(tiny_shards.read(labelled)) == 7


def test_a_frame_that_does_not_decode_is_named(tmp_path, label):
    broken = dataclasses.replace(FRAMES[1], image=b"no image")
    tiny_shards.write(tmp_path / "shards" / "train_sequence", [FRAMES[0], broken])
    with pytest.raises(ValueError, match="aachen_000000_000001 does not decode"):
        label()


def test_quality_counts_the_frames_that_come_with_a_human_label(tmp_path, label):
    """The stub is right but for road where the truth is void, which costs nothing."""
    frames = [*FRAMES[:5], *(tiny_shards.frame(n) for n in (5, 6))]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    quality = LabelQuality(CITYSCAPES)
    labelled, _ = label(quality=quality, void_regions=())
    _, facts = shards.read_manifest(str(labelled))
    total, per_shard = facts["figures"]["total"], facts["figures"]["shards"]
    assert (total["frames"], total["frames_with_truth"]) == (7, 2)
    assert (total["pq"], total["miou"]) == (100, 100)
    assert [shard.get("pq") for shard in per_shard.values()] == [None, 100, 100]
    assert [s.get("frames_with_truth") for s in per_shard.values()] == [None, 1, 1]
    assert all(frame.pseudo for frame in tiny_shards.read(labelled))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"data": [{"split": "toy", "directory": "s"}], "init": None}, True),
        ({"data": [{"split": "other", "directory": "s"}], "init": None}, False),
        (None, None),  # the weights do not tell
    ],
)
def test_quality_on_frames_that_the_teacher_learnt_from_is_told_as_such(
    tmp_path, label, origin, expected
):
    frames = [*FRAMES[:5], tiny_shards.frame(5)]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    labelled, _ = label(
        teacher(tmp_path, origin=origin), quality=LabelQuality(CITYSCAPES)
    )
    _, facts = shards.read_manifest(str(labelled))
    assert facts["figures"]["total"]["quality_on_training_frames"] is expected


def test_without_human_labels_nothing_is_said_of_their_quality(label):
    labelled, _ = label(quality=LabelQuality(CITYSCAPES))
    _, facts = shards.read_manifest(str(labelled))
    assert "quality_on_training_frames" not in facts["figures"]["total"]


def test_the_ego_vehicle_costs_quality_where_the_truth_has_labels_there(
    tmp_path, label
):
    tiny_shards.write(
        tmp_path / "shards" / "train_sequence", [tiny_shards.frame(n) for n in range(3)]
    )
    labelled, _ = label(quality=LabelQuality(CITYSCAPES))
    _, facts = shards.read_manifest(str(labelled))
    road = 24 * 36 - 6 * 36 - 2 * 144 - 2 * 36  # pixels of the truth
    expected = (100 * (road - 4 * 36) / road + 200) / 3  # sky and car are right
    np.testing.assert_allclose(facts["figures"]["total"]["miou"], expected)


def test_agreement_compares_with_the_labels_of_the_iteration_before(tmp_path, label):
    _, inference = label(void_regions=())
    before = tmp_path / "before"
    (tmp_path / "pseudo").rename(before)
    again, _ = label(inference, previous=str(before))
    _, facts = shards.read_manifest(str(again))
    assert facts["figures"]["total"]["agreement"] == 1
    assert facts["pseudo"]["parents"]["data"] is None


class SkyIsRoad(tiny_shards.Oracle):
    """A teacher that takes the sky, a quarter of the pixels, for road."""

    def __call__(self, images, *, only=None):
        result = super().__call__(images, only=only)
        sky = result["panoptic"] == tiny_shards.SKY * 256
        result["panoptic"] = np.where(sky, tiny_shards.ROAD * 256, result["panoptic"])
        return result


def test_another_teacher_agrees_in_part_and_tensorboard_shows_it(tmp_path, label):
    frames = [tiny_shards.frame(number, ego=False) for number in range(3)]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    label(iteration=1, void_regions=())
    (tmp_path / "pseudo").rename(tmp_path / "before")
    other = SkyIsRoad(teacher(tmp_path / "another", weight=2.0).checkpoint)
    quality = LabelQuality(CITYSCAPES)
    settings = {"quality": quality, "void_regions": ()}
    again, _ = label(other, previous=str(tmp_path / "before"), **settings)
    _, facts = shards.read_manifest(str(again))
    total = facts["figures"]["total"]
    assert total["agreement"] == 0.75
    assert 0 < total["miou"] < 100 and 0 < total["pq"] < 100
    (events,) = (tmp_path / "pseudo" / "tensorboard" / "train_sequence").iterdir()
    ((_, values),) = read_events(events)
    for name in ("agreement", "pq", "miou"):
        shown = values[f"pseudo_label/{name}"].simple_value
        assert shown == pytest.approx(total[name])


def test_labels_of_other_frames_are_not_compared(tmp_path, label):
    labelled, inference = label()
    before = tmp_path / "before" / "train_sequence"
    others = [tiny_shards.frame(n) for n in (1, 0, 2, 3, 4, 5, 6)]
    tiny_shards.write(before, others)
    for path in sorted(labelled.iterdir()):
        path.unlink()
    with pytest.raises(ValueError, match="record 0 is aachen_000000_000001, expected"):
        label(inference, previous=str(before.parent))


def test_tensorboard_shows_the_figures_of_each_shard_and_pictures_of_some(
    tmp_path, label
):
    def draw(image, panoptic, *, label_space):
        assert (image == 0).all() or (image == 6).all()  # the first frames of two
        return np.stack([panoptic // 256] * 3, -1).astype(np.uint8)

    label(draw=draw, num_overlays=2)
    events = sorted((tmp_path / "pseudo" / "tensorboard" / "train_sequence").iterdir())
    read = [values for path in events for values in read_events(path)]
    assert [step for step, _ in read] == [0, 1, 2]
    void = [values["pseudo_label/void_share"].simple_value for _, values in read]
    np.testing.assert_allclose(void, [4 / 24, 2 / 3 * 4 / 24, 0], rtol=1e-6)
    assert all(v["pseudo_label/instances_per_frame"].simple_value == 2 for _, v in read)
    shown = [values["pseudo_label"] for _, values in read if "pseudo_label" in values]
    assert [picture.image.width for picture in shown] == [36, 36]
    pixels = tf.io.decode_png(shown[0].image.encoded_image_string).numpy()
    assert pixels[0, 0, 0] == tiny_shards.SKY and pixels[23, 0, 0] == 255


def read_events(path):
    """(step, tag -> value) of each event of a file with values."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    events = [tf.compat.v1.Event.FromString(record) for record in records]
    assert events[0].file_version == "brain.Event:2"
    return [(e.step, {v.tag: v for v in e.summary.value}) for e in events[1:]]


def test_a_shard_that_was_finished_just_before_it_was_taken_is_not_done_again(
    tmp_path, label, monkeypatch
):
    """Another worker finishes everything between our look and our claim."""
    take, late, other = Claims.take, teacher(tmp_path), teacher(tmp_path)

    def overtaken(claims, piece):
        monkeypatch.setattr(Claims, "take", take)
        label(other)
        return take(claims, piece)

    monkeypatch.setattr(Claims, "take", overtaken)
    labelled, _ = label(late)
    assert (late.calls, other.calls) == (0, 5)
    assert len(tiny_shards.read(labelled)) == 7


@pytest.mark.parametrize("index", [-1, 2])
def test_a_worker_has_a_number_below_the_number_of_workers(label, index):
    with pytest.raises(ValueError, match="not one of 2 workers: count from 0 to 1"):
        label(worker_index=index, num_workers=2)


def test_the_source_is_not_touched(source, label):
    before = hashes(source / "train_sequence")
    label()
    assert hashes(source / "train_sequence") == before


def test_a_shard_that_lost_frames_is_not_published(tmp_path, label, monkeypatch):
    whole = Labeller.label

    def short(*arguments, **settings):
        return list(whole(*arguments, **settings))[:-1]

    monkeypatch.setattr(Labeller, "label", short)
    with pytest.raises(ValueError, match=r"has (2|0) labelled frames, .* has (3|1)\."):
        label()
    assert not (tmp_path / "pseudo" / "train_sequence").exists()


def test_labels_of_two_teachers_are_never_mixed(label, tmp_path):
    labelled, first = label()
    (labelled / "manifest.json").unlink()
    sorted(labelled.glob("*.tfrecord"))[-1].unlink()
    second = teacher(tmp_path / "another", weight=2.0)
    assert checkpoint.fingerprint(second.checkpoint) != checkpoint.fingerprint(
        first.checkpoint
    )
    with pytest.raises(ValueError, match=r"00000-of-00003.tfrecord was labelled by"):
        label(second)


def begun(labelled):
    """Leaves a run as if it had been stopped before its last shard."""
    (labelled / "manifest.json").unlink()
    sorted(labelled.glob("*.tfrecord"))[-1].unlink()


@pytest.mark.parametrize("origin", [None, {"data": [], "init": None}])
def test_workers_may_have_the_directories_in_other_places_and_other_settings(
    tmp_path, label, source, origin
):
    first = teacher(tmp_path, origin=origin)
    label(first)
    (tmp_path / "pseudo").rename(tmp_path / "before")
    labelled, _ = label(first, previous=str(tmp_path / "before"))
    expected = hashes(labelled)
    begun(labelled)
    for name in ("shards", "teacher", "before"):
        shutil.copytree(tmp_path / name, tmp_path / "mount" / name)
    job.pseudo_label(
        data_dir=str(tmp_path / "mount" / ".." / "mount" / "shards"),
        work_dir=str(tmp_path / "pseudo"),
        inference=lambda: tiny_shards.Oracle(tmp_path / "mount" / "teacher" / "ckpt-1"),
        previous=str(tmp_path / "mount" / "before"),
        **{**SETTINGS, "batch_size": 3},
        num_threads=3,
        expire_s=60.0,
    )
    assert hashes(labelled) == expected


def test_labels_at_other_scales_or_compared_with_others_are_never_mixed(
    label, tmp_path
):
    labelled, inference = label()
    (tmp_path / "pseudo").rename(tmp_path / "before")
    labelled, _ = label(inference)
    begun(labelled)
    with pytest.raises(ValueError, match="was labelled by"):
        label(inference, previous=str(tmp_path / "before"))
    inference.scales = (1.0, 2.0)
    with pytest.raises(ValueError, match=r"this run is .*'scales': \[1\.0, 2\.0\]"):
        label(inference)


def test_a_split_that_is_not_there_is_named(label):
    with pytest.raises(FileNotFoundError, match="no_such_split"):
        label(splits=("no_such_split",))
