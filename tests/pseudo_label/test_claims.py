"""A piece of work has one owner at a time, and never none for ever."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from naive_student_tf import processes
from naive_student_tf.pseudo_label import claims

EXPIRE_S = 60.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def worker(tmp_path):
    """worker(name) -> Claims of one worker, and all share one clock."""
    clock = Clock()

    def worker(name):
        return claims.Claims(
            str(tmp_path / "claims"), worker=name, expire_s=EXPIRE_S, clock=clock
        )

    worker.clock = clock
    return worker


def race(call, *, threads):
    """Results of `call(index)` from threads that start together."""
    barrier, results = threading.Barrier(threads), [None] * threads

    def run(index):
        barrier.wait()
        results[index] = call(index)

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return results


def test_a_piece_that_is_taken_is_not_given_again(worker):
    assert worker("a").take("shard-0")
    assert worker("b").take("shard-0") is None
    assert worker("b").take("shard-1")


def test_of_many_workers_at_once_exactly_one_gets_each_piece(worker):
    workers = [worker(str(index)) for index in range(4)]
    for piece in range(30):
        taken = race(lambda i, p=piece: workers[i].take(f"shard-{p}"), threads=4)
        assert sum(claim is not None for claim in taken) == 1


def test_a_claim_that_beats_never_expires(worker):
    claim, other = worker("a").take("shard"), worker("b")
    for _ in range(5):
        assert other.take("shard") is None
        worker.clock.now += 0.9 * EXPIRE_S
        claim.beat()
    assert claim.is_ours()


def test_a_claim_without_a_beat_expires_and_its_owner_notices(worker):
    claim, other = worker("a").take("shard"), worker("b")
    assert other.take("shard") is None
    worker.clock.now += 0.9 * EXPIRE_S
    assert other.take("shard") is None
    worker.clock.now += 0.2 * EXPIRE_S
    assert claim.is_ours()
    assert other.take("shard").is_ours()
    assert not claim.is_ours()


def test_the_time_counts_from_when_a_worker_saw_the_claim(worker):
    """Clocks of machines need not agree, nor does the age of a file count."""
    worker("a").take("shard")
    worker.clock.now += 100 * EXPIRE_S
    assert worker("b").take("shard") is None


def test_an_expired_claim_is_taken_by_one_of_those_who_wait_for_it(worker):
    worker("dead").take("shard")
    waiting = [worker(str(index)) for index in range(4)]
    assert [other.take("shard") for other in waiting] == [None] * 4
    worker.clock.now += 2 * EXPIRE_S
    taken = race(lambda index: waiting[index].take("shard"), threads=4)
    assert sum(claim is not None for claim in taken) == 1


def test_a_claim_whose_process_is_gone_is_taken_at_once(worker, tmp_path):
    directory = tmp_path / "claims" / "shard.0"
    code = (
        "from naive_student_tf import processes; import json; "
        "print(json.dumps(processes.identity()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    directory.mkdir(parents=True)
    (directory / "beat").write_bytes(told.stdout)
    (directory / "half.tfrecord").touch()
    claim = worker("b").take("shard")
    assert claim.is_ours()
    claim.release()
    assert list((tmp_path / "claims").iterdir()) == []


def test_a_claim_of_another_machine_is_not_taken_for_gone(worker, tmp_path):
    directory = tmp_path / "claims" / "shard.0"
    directory.mkdir(parents=True)
    elsewhere = {**processes.identity(), "machine": "elsewhere", "start": 1}
    (directory / "beat").write_text(json.dumps(elsewhere))
    assert worker("b").take("shard") is None


@pytest.mark.parametrize("beat", ["", "{", "null"])
def test_a_beat_that_is_half_written_is_no_sign_of_death(worker, tmp_path, beat):
    worker("a").take("shard")
    (tmp_path / "claims" / "shard.0" / "beat").write_text(beat)
    assert worker("b").take("shard") is None


def test_a_released_piece_can_be_taken_again_and_is_not_the_old_claim(worker):
    claim = worker("a").take("shard")
    claim.release()
    assert not claim.is_ours()
    assert worker("b").take("shard").is_ours()


def test_an_owner_that_overslept_does_not_take_away_the_new_claim(worker):
    claim, other = worker("a").take("shard"), worker("b")
    other.take("shard")
    worker.clock.now += 2 * EXPIRE_S
    taken = other.take("shard")
    claim.release()
    assert taken.is_ours()


def test_who_wakes_up_after_the_piece_was_given_back_leaves_the_next_owner_alone(
    worker, tmp_path
):
    """The attempts are counted from 0 again, and both are number 0."""
    sleeper, other = worker("a").take("shard"), worker("b")
    other.take("shard")
    worker.clock.now += 2 * EXPIRE_S
    other.take("shard").release()
    claim = worker("c").take("shard")
    beat = (tmp_path / "claims" / "shard.0" / "beat").read_text()
    assert (sleeper.is_ours(), claim.is_ours()) == (False, True)
    assert sleeper.path != claim.path
    sleeper.beat()
    assert (tmp_path / "claims" / "shard.0" / "beat").read_text() == beat
    sleeper.release()
    assert claim.is_ours()
    assert worker("d").take("shard") is None


def test_an_owner_that_overslept_twice_does_not_remove_who_began_anew(worker):
    """Number 1 has nothing to say about the number 0 that came after it."""
    worker("dead").take("shard")
    waiting = [worker(name) for name in "ab"]
    for other in waiting:
        other.take("shard")
    worker.clock.now += 2 * EXPIRE_S
    sleeper = waiting[0].take("shard")
    assert waiting[1].take("shard") is None
    worker.clock.now += 2 * EXPIRE_S
    waiting[1].take("shard").release()
    claim = worker("c").take("shard")
    sleeper.release()
    assert claim.is_ours()


def test_who_looked_long_before_it_claims_gets_nothing_beside_the_owner(
    worker, tmp_path, monkeypatch
):
    slow, owner = worker("a"), worker("b")
    worker("dead").take("shard")
    owner.take("shard")
    worker.clock.now += 2 * EXPIRE_S
    claim = owner.take("shard")
    claims._remove(tmp_path / "claims" / "shard.0")
    latest = slow.latest

    def before_all_that(piece):
        monkeypatch.setattr(slow, "latest", latest)
        return -1

    monkeypatch.setattr(slow, "latest", before_all_that)
    assert slow.take("shard") is None
    assert claim.is_ours()
    assert [path.name for path in (tmp_path / "claims").iterdir()] == ["shard.1"]


def test_a_claim_that_is_swept_while_it_is_taken_is_none(worker, monkeypatch):
    """The others see the piece finished between our directory and our beat."""
    create, others = claims.create_directory, worker("b")

    def swept(path):
        created = create(path)
        others.sweep({"shard"})
        return created

    monkeypatch.setattr(claims, "create_directory", swept)
    assert worker("a").take("shard") is None


def test_a_sweep_leaves_the_claims_of_unfinished_pieces(worker):
    done, other = worker("a").take("shard-0"), worker("a").take("shard-1")
    worker("b").sweep({"shard-0", "shard-2"})
    assert (done.is_ours(), other.is_ours()) == (False, True)
    done.beat()
    done.release()
    assert worker("b").take("shard-0").is_ours()


def test_a_claim_given_back_between_list_and_look_says_nothing_of_the_next(
    worker, tmp_path, monkeypatch
):
    """The next one, just made, has no beat yet either."""
    claim, other, look = worker("a").take("shard"), worker("b"), claims._read

    def given_back(path):
        monkeypatch.setattr(claims, "_read", look)
        claim.release()
        return look(path)

    monkeypatch.setattr(claims, "_read", given_back)
    assert other.take("shard") is None
    worker.clock.now += 2 * EXPIRE_S
    (tmp_path / "claims" / "shard.0").mkdir()
    assert other.take("shard") is None


def test_of_many_bids_exactly_one_wins(tmp_path):
    path = str(tmp_path / "piece")
    assert sum(race(lambda _: claims.bid(path, settle_s=1.5), threads=6)) == 1
    assert not claims.bid(path, settle_s=0)


def test_a_bid_that_comes_late_does_not_win(tmp_path, monkeypatch):
    """It looked before the winner's bid was there, and wrote long after."""
    path, look = tmp_path / "piece", claims._bids

    def too_early(where):
        monkeypatch.setattr(claims, "_bids", look)
        path.mkdir()
        (path / "zz.bid").touch()  # of the winner, whose name sorts last
        os.utime(path / "zz.bid", (1, 1))
        return []

    monkeypatch.setattr(claims, "_bids", too_early)
    assert not claims.bid(str(path), settle_s=0)
    assert len(list(path.iterdir())) == 2


@pytest.mark.parametrize("after", ["the directory", "the bid"])
def test_a_bid_loses_where_the_winner_has_given_the_piece_back(
    tmp_path, monkeypatch, after
):
    """It found the piece finished, and is gone before the loser looks again."""
    path = tmp_path / "piece"

    def gone(_):
        for file in path.iterdir():
            file.unlink()
        if after == "the directory":
            path.rmdir()

    monkeypatch.setattr(claims.time, "sleep", gone)
    assert not claims.bid(str(path), settle_s=1)


def test_bids_that_vanish_while_they_are_listed_do_not_count(tmp_path, monkeypatch):
    path, stat = tmp_path / "piece", claims.tf.io.gfile.stat
    path.mkdir()
    for name in ("a.bid", "b.bid"):
        (path / name).touch()

    def vanishing(name):
        (path / "a.bid").unlink(missing_ok=True)
        return stat(name)

    monkeypatch.setattr(claims.tf.io.gfile, "stat", vanishing)
    assert [name for _, name in claims._bids(str(path))] == ["b.bid"]


def test_calls_are_repeated_while_the_body_runs_even_if_one_fails():
    calls = []

    def call():
        calls.append(threading.current_thread())
        if len(calls) == 1:
            raise claims.tf.errors.UnavailableError(None, None, "try again")

    with claims.repeated(call, every_s=0.01):
        for _ in range(500):
            if len(calls) < 3:
                time.sleep(0.01)
    assert len(calls) >= 3
    assert threading.main_thread() not in calls
    assert not calls[0].is_alive()
