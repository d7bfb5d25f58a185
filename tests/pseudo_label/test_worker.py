"""What a worker reports of itself."""

import threading
import time
import types

import pytest

from naive_student_tf import store
from naive_student_tf.pseudo_label import conveyor
from naive_student_tf.pseudo_label import worker as worker_room


@pytest.fixture
def worker(tmp_path):
    device = conveyor.Stopwatch()
    device.seconds = 0.0004
    made = worker_room.Worker(str(tmp_path), device=device, expire_s=0.1, stall_s=60.0)
    made.count(1)
    return made


def told(tmp_path):
    (path,) = (tmp_path / worker_room.FOLDER).glob("*.json")
    return store.read_json(str(path))


def test_a_device_that_is_fast_is_not_told_to_have_done_nothing(tmp_path, worker):
    worker.report()
    assert told(tmp_path)["device_s"] == 0.0004


def test_the_last_report_says_that_it_ended(tmp_path, worker, monkeypatch):
    """A report that the thread has begun before is written before."""
    began, write = threading.Event(), store.write_json

    def slow_unless_ended(path, value):
        if not value["ended"]:
            began.set()
            time.sleep(0.2)
        write(path, value)

    monkeypatch.setattr(worker_room.store, "write_json", slow_unless_ended)
    with worker.signs_of_life():
        assert began.wait(10)
    assert told(tmp_path)["ended"]


def test_a_worker_is_told_of_before_its_first_frame(tmp_path):
    new = worker_room.Worker(
        str(tmp_path), device=conveyor.Stopwatch(), expire_s=0.1, stall_s=60.0
    )
    new.beat()
    assert (told(tmp_path)["frames"], told(tmp_path)["ended"]) == (0, False)
    with new.signs_of_life():
        pass
    assert told(tmp_path)["ended"]


class Claim:
    """Counts its beats."""

    beats = 0

    def beat(self):
        self.beats += 1

    def release(self):
        pass


def test_a_worker_that_stalls_gives_no_sign_of_life_until_it_moves(
    tmp_path, monkeypatch
):
    now = [1000.0]
    clock = types.SimpleNamespace(monotonic=lambda: now[0], time=time.time)
    monkeypatch.setattr(worker_room, "time", clock)
    device, claim = conveyor.Stopwatch(), Claim()
    stalls = worker_room.Worker(str(tmp_path), device=device, expire_s=1, stall_s=60.0)
    with stalls.working_on(claim, "video/0"):
        for passed, beats in [(59.0, 1), (2.0, 1), (100.0, 1)]:
            now[0] += passed
            stalls.beat()
            assert claim.beats == beats
        stalls.count(1)
        stalls.beat()
        assert claim.beats == 2
