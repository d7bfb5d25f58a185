"""Host and device work at the same time, on a bounded number of frames."""

import threading
import time

import pytest

from naive_student_tf.data import shards
from naive_student_tf.pseudo_label import conveyor, labeller
from tests import tiny_shards


@pytest.fixture
def label(tmp_path):
    """Labels frames, one per replica at a time; returns the generator."""

    def label(num_frames, *, num_threads, num_replicas=1, oracle=None):
        frames = [tiny_shards.frame(n % 7, labelled=False) for n in range(num_frames)]
        directory = tiny_shards.write(tmp_path, frames, per_shard=num_frames)
        ((shard,), _) = shards.read_manifest(directory)
        oracle = oracle or tiny_shards.Oracle("teacher")
        oracle.num_replicas = num_replicas
        return labeller.Labeller(
            inference=oracle,
            stamp={"iteration": 1, "teacher": "0"},
            void_regions=(1,),
            min_confidence=None,
            quality=None,
            batch_size=1,
            num_threads=num_threads,
            device=conveyor.Stopwatch(),
        ).label(directory, shard)

    return label


@pytest.mark.parametrize("stage", ["_read_frame", "_finish"])
def test_every_thread_has_a_frame_however_small_the_batch(label, stage, monkeypatch):
    """Decoding or encoding ends only once four threads are at it."""
    place = labeller if stage == "_read_frame" else labeller.Labeller
    meet, work = threading.Barrier(4, timeout=10), getattr(place, stage)

    def together(*arguments):
        meet.wait()
        return work(*arguments)

    monkeypatch.setattr(place, stage, together)
    assert len(list(label(8, num_threads=4))) == 8


@pytest.mark.parametrize(("num_threads", "num_replicas"), [(1, 8), (6, 1), (2, 2)])
def test_the_host_is_two_batches_of_all_replicas_ahead_and_no_more(
    label, num_threads, num_replicas, monkeypatch
):
    decoded, read = [], labeller._read_frame

    def noted(*arguments):
        decoded.append(arguments[-1])
        return read(*arguments)

    monkeypatch.setattr(labeller, "_read_frame", noted)
    labelled = label(120, num_threads=num_threads, num_replicas=num_replicas)
    next(labelled)
    ahead = max(2 * num_replicas, num_threads)
    while len(decoded) <= ahead + num_replicas:
        time.sleep(0.01)  # they are being decoded while nobody asks for more
    assert len(decoded) <= 2 * (ahead + 1) + 4 * num_replicas
    assert len(list(labelled)) == 119


class Slow(tiny_shards.Oracle):
    """Predicts a frame when all but the last two before it have long been encoded."""

    encoded = 0

    def __call__(self, images, *, only=None):
        while self.encoded < self.calls - 2:
            time.sleep(0.001)
        time.sleep(0.01)
        return super().__call__(images, only=only)


def test_frames_are_told_while_a_slow_device_works_however_many_threads(
    label, monkeypatch
):
    slow, finish = Slow("teacher"), labeller.Labeller._finish

    def counted(*arguments):
        try:
            return finish(*arguments)
        finally:
            slow.encoded += 1

    monkeypatch.setattr(labeller.Labeller, "_finish", counted)
    labelled = label(40, num_threads=96, oracle=slow)
    next(labelled)
    assert slow.calls < 40
    assert len(list(labelled)) == 39
