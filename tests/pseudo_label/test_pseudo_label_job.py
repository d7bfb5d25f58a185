"""One shard in, one shard out: the same frames with the teacher's labels."""

import dataclasses
import hashlib
import pathlib
import shutil

import numpy as np
import pytest

from naive_student_tf import checkpoint
from naive_student_tf.data import shards
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import job
from naive_student_tf.pseudo_label.claims import Claims
from naive_student_tf.pseudo_label.finished import Finished
from naive_student_tf.pseudo_label.labeller import Labeller
from tests import tiny_shards
from tests.pseudo_label.labelling import FRAMES, SETTINGS, hashes, teacher


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
