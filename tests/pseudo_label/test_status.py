"""What the status job tells of workers that work, wait, are silent, gone or done."""

import json

import pytest
import tensorflow as tf

from naive_student_tf import processes, store
from naive_student_tf.pseudo_label import job, status
from tests import tiny_shards


@pytest.fixture
def source(tmp_path):
    frames = [tiny_shards.frame(number, labelled=False) for number in range(7)]
    tiny_shards.write(tmp_path / "shards" / "video", frames)
    return str(tmp_path / "shards")


@pytest.fixture
def look(tmp_path, source):
    """Runs the status job; returns its JSON."""

    def look(**settings):
        output = tmp_path / "status.json"
        status.pseudo_label_status(
            data_dir=source,
            splits=("video",),
            run_dir=str(tmp_path / "run"),
            output=str(output),
            **settings,
        )
        return json.loads(output.read_text())

    return look


@pytest.fixture
def report(tmp_path):
    """Writes the report of a worker, as of now."""

    def report(name, **changes):
        value = {
            "worker": name,
            **processes.identity(),
            "frames": 60,
            "work_s": 20.0,
            "device_s": 15.0,
            "shard": "video/3",
            "updated": status.time.time(),
            "ended": False,
        }
        path = tmp_path / "run" / "workers" / "status" / f"{name}.json"
        store.write_json(str(path), {**value, **changes})

    return report


def test_those_at_work_are_summed_and_the_others_named(look, report, capsys):
    report("a")
    report("b", frames=20, device_s=5.0)
    report("c", shard=None)
    report("d", updated=0)
    report("e", start=1)
    report("f", ended=True, shard=None)
    found = look()
    states = {worker["worker"]: worker["state"] for worker in found["workers"]}
    expected = ["works", "works", "waits", "silent", "gone", "ended"]
    assert states == dict(zip("abcdef", expected, strict=True))
    assert found["frames_per_s"] == 3 + 1
    assert found["eta_s"] == 7 / 4
    assert found["device_idle"] == pytest.approx(1 - 80 / 120)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "video: 0/7 frames, 0/3 shards"
    assert lines[1] == (
        "  a works on video/3: 60 frames, 3.00 frames/s, device idle 25%"
    )
    assert lines[-1] == (
        "2 of 6 workers at work: 4.00 frames/s, 7 frames left, 2 s to go, "
        "device idle 33%"
    )


def test_nobody_at_work_gives_no_time(look, report, capsys):
    report("d", updated=0)
    assert look()["eta_s"] is None
    assert "unknown to go" in capsys.readouterr().out


def test_a_worker_that_is_silent_for_less_than_the_bound_is_counted_on(look, report):
    report("a", updated=status.time.time() - 50)
    assert look()["workers"][0]["state"] == "works"
    assert look(silent_s=40.0)["workers"][0]["state"] == "silent"


def test_a_finished_run_has_nothing_left(tmp_path, source, look):
    saved = tf.train.Checkpoint(w=tf.Variable(1.0)).save(str(tmp_path / "ckpt"))
    job.pseudo_label(
        data_dir=source,
        splits=("video",),
        work_dir=str(tmp_path / "run"),
        inference=lambda: tiny_shards.Oracle(saved),
        iteration=1,
    )
    found = look()
    assert found["splits"]["video"] == {
        "shards": 3,
        "shards_done": 3,
        "frames": 7,
        "frames_done": 7,
        "complete": True,
    }
    assert (found["frames_left"], found["eta_s"]) == (0, 0)
    (worker,) = found["workers"]
    assert (worker["state"], worker["frames"]) == ("ended", 7)
    assert 0 < worker["device_s"] < worker["work_s"]


def test_a_directory_that_is_not_there_is_named(look):
    with pytest.raises(FileNotFoundError, match="RUN_DIR"):
        look()
