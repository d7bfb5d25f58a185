"""Workers that are killed, stopped and started at any moment leave the same bytes."""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from naive_student_tf.data import shards
from tests import tiny_shards
from tests.pseudo_label.nursery import marks

ROOT = pathlib.Path(__file__).parents[2]
KILLS, WORKERS, AHEAD = 24, 3, 4


@pytest.fixture(scope="module")
def nursery():
    """Starts a worker with settings; returns its process id."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.pseudo_label.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:

        def start(**settings):
            print(json.dumps(settings), file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield start
        process.kill()


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a run over ten shards of two frames; only frame 7 waits at the gate."""
    numbers = [7 if place == 10 else place % 7 for place in range(20)]
    return prepare(tmp_path_factory.mktemp("workers"), numbers)


def prepare(root, numbers):
    """Shards of two frames of these numbers, and a teacher; returns the settings."""
    frames = [tiny_shards.frame(number, labelled=False) for number in numbers]
    tiny_shards.write(root / "shards" / "video", frames, per_shard=2)
    saved = tf.train.Checkpoint(weight=tf.Variable(1.0)).save(str(root / "ckpt"))
    return {
        "checkpoint": saved,
        "data_dir": str(root / "shards"),
        "splits": ["video"],
        "iteration": 1,
        "batch_size": 1,
        "num_threads": 1,
    }


@pytest.fixture(scope="module")
def undisturbed(nursery, settings, tmp_path_factory):
    """The files of a run of one worker."""
    return run_alone(nursery, settings, tmp_path_factory.mktemp("undisturbed"), 10)


def run_alone(nursery, settings, work_dir, num_shards):
    wait_for([nursery(**settings, work_dir=str(work_dir))])
    found = results(work_dir)
    assert len(found) == num_shards * 2 + 1  # shards, event files, manifest
    return found


def wait_for(workers):
    while any(map(lives, workers)):
        time.sleep(0.02)


def lives(worker):
    return pathlib.Path(f"/proc/{worker}").exists()


def results(work_dir):
    """Bytes of all that a run leaves, but for what workers tell each other."""
    files = (path for path in pathlib.Path(work_dir).rglob("*") if path.is_file())
    names = {path.relative_to(work_dir).as_posix(): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if not name.startswith("workers/")
    }


def times_finished(log):
    return collections.Counter(log.read_text().split())


def test_three_workers_killed_at_random_leave_what_one_leaves_undisturbed(
    nursery, tmp_path
):
    """Kill number k comes when k to k + AHEAD + WORKERS - 1 shards are finished."""
    chance, num_shards = random.Random(0), KILLS + AHEAD + WORKERS  # not all are done
    settings = prepare(tmp_path, [place % 7 for place in range(2 * num_shards)])
    undisturbed = run_alone(nursery, settings, tmp_path / "alone", num_shards)
    pace, log, work_dir = (tmp_path / name for name in ("pace", "log", "run"))
    settings |= {
        "work_dir": str(work_dir),
        "pace": str(pace),  # so that the kills keep up, on a busy machine too
        "log": str(log),
        "wait_s": 0.1,
        "expire_s": 5.0,
    }
    pace.touch()
    workers, finished = [nursery(**settings) for _ in range(WORKERS)], []
    for number in range(KILLS):
        pace.write_bytes(bytes(number + AHEAD))
        wait_until(
            lambda least=number: (
                len(marks(work_dir)) >= least or not all(map(lives, workers))
            )
        )
        time.sleep(chance.uniform(0.0, 0.3))
        killed = workers.pop(chance.randrange(WORKERS))
        assert lives(killed)
        os.kill(killed, signal.SIGKILL)
        finished.append(len(marks(work_dir)))
        workers.append(nursery(**settings))
    pace.write_bytes(bytes(num_shards))
    wait_for(workers)
    assert [0 <= done - k < AHEAD + WORKERS for k, done in enumerate(finished)] == (
        [True] * KILLS
    )
    assert results(work_dir) == undisturbed
    assert max(times_finished(log).values()) == 1
    assert claims_left(work_dir) == []


def claims_left(work_dir):
    return list((work_dir / "workers" / "claims" / "video").iterdir())


@pytest.mark.parametrize("dies", ["before", "after"])
def test_who_is_killed_around_the_mark_of_its_shard_leaves_no_trace(
    nursery, settings, undisturbed, tmp_path, dies
):
    """Before the mark another one does the shard again; after it nobody does."""
    log, work_dir = tmp_path / "log", tmp_path / "run"
    settings = {**settings, "work_dir": str(work_dir), "log": str(log)}
    wait_for([nursery(**settings, dies=dies)])
    assert len(claims_left(work_dir)) == 1
    assert log.exists() == (dies == "after")
    wait_for([nursery(**settings)])
    assert results(work_dir) == undisturbed
    assert list(times_finished(log).values()) == [1] * 10
    assert claims_left(work_dir) == []


@pytest.fixture
def sleeper(nursery, settings, tmp_path):
    """A worker that fell asleep in the middle of a shard, and the settings of all."""
    settings = {
        **settings,
        "work_dir": str(tmp_path / "run"),
        "log": str(tmp_path / "log"),
        "expire_s": 0.6,
    }
    worker = nursery(**settings, gate=str(tmp_path / "gate"))
    wait_until(lambda: (tmp_path / "gate.bell").exists())
    os.kill(worker, signal.SIGSTOP)
    (tmp_path / "gate").touch()
    return worker, settings


def wait_until(condition):
    while not condition():
        time.sleep(0.01)


def check(tmp_path, undisturbed, workers):
    """The result is right, no shard was published twice, and nobody failed."""
    assert results(tmp_path / "run") == undisturbed
    assert list(times_finished(tmp_path / "log").values()) == [1] * 10
    assert times_finished(tmp_path / "log.ended") == dict.fromkeys(map(str, workers), 1)


def test_who_wakes_up_while_another_does_its_shard_leaves_it_to_that_one(
    nursery, sleeper, undisturbed, tmp_path
):
    worker, settings = sleeper
    other = nursery(**settings, gate=str(tmp_path / "other"))
    wait_until(lambda: (tmp_path / "other.bell").exists())
    (abandoned,) = (tmp_path / "run" / "workers" / "claims" / "video").glob("*.0")
    os.kill(worker, signal.SIGCONT)
    wait_until(lambda: not abandoned.exists())
    (tmp_path / "other").touch()
    wait_for([worker, other])
    check(tmp_path, undisturbed, [worker, other])


def test_who_wakes_up_when_all_is_done_ends_well(
    nursery, sleeper, undisturbed, tmp_path
):
    worker, settings = sleeper
    other = nursery(**settings)
    wait_for([other])
    os.kill(worker, signal.SIGCONT)
    wait_for([worker])
    check(tmp_path, undisturbed, [worker, other])


def test_workers_by_index_share_the_shards_and_the_last_writes_the_manifest(
    nursery, settings, undisturbed, tmp_path
):
    work_dir = tmp_path / "run"
    for index in (2, 0):
        wait_for([nursery(**settings, **of(index), work_dir=str(work_dir))])
    assert not (work_dir / "video" / shards.MANIFEST).exists()
    shown = {name[10:15] for name in results(work_dir) if name.startswith("video")}
    assert shown == {f"{n:05d}" for n in (0, 2, 3, 5, 6, 8, 9)}
    wait_for([nursery(**settings, **of(1), work_dir=str(work_dir))])
    assert results(work_dir) == undisturbed


def of(index):
    return {"worker_index": index, "num_workers": 3}
