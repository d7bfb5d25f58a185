"""Stages that run at the same time give what one after the other would give."""

import threading
import time

import pytest

from naive_student_tf.pseudo_label import conveyor


def test_results_come_in_order_however_long_each_takes():
    def slow_first(item):
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    made = conveyor.in_order(slow_first, range(9), threads=3, ahead=4)
    assert list(made) == [item * item for item in range(9)]
    assert list(conveyor.in_order(slow_first, [], threads=3, ahead=4)) == []


def test_no_more_is_made_than_is_asked_for():
    taken = []
    items = (taken.append(item) or item for item in range(100))
    made = conveyor.in_order(lambda item: item, items, threads=2, ahead=3)
    next(made)
    assert len(taken) == 4
    made.close()
    assert len(taken) == 4


def test_stages_work_at_the_same_time():
    """Each of two stages waits until the other one is busy: alone neither would end."""
    meet = threading.Barrier(2, timeout=10)

    def first(item):
        if item == 1:
            meet.wait()
        return item

    def second(item):
        if item == 0:
            meet.wait()
        return item

    early = conveyor.in_order(first, range(2), threads=1, ahead=1)
    assert list(conveyor.in_order(second, early, threads=1, ahead=1)) == [0, 1]


@pytest.mark.parametrize(("hold", "early"), [(0, True), (None, False)])
def test_what_is_done_is_told_with_the_next_item_or_held_back(hold, early):
    """Each item comes long after the one before is done."""
    given, done = [], []

    def items():
        for item in range(40):
            while len(done) < item:
                time.sleep(0.001)
            time.sleep(0.005)
            given.append(item)
            yield item

    made = conveyor.in_order(done.append, items(), threads=2, ahead=96, hold=hold)
    next(made)
    assert (len(given) < 40) == early
    assert len(list(made)) == 39


def test_an_error_arrives_in_its_turn_and_ends_the_rest():
    def fail_on_two(item):
        if item == 2:
            raise ValueError("two")
        return item

    made = conveyor.in_order(fail_on_two, range(50), threads=4, ahead=4)
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(made)
    assert threading.active_count() < 40


def test_a_stopwatch_adds_up_what_calls_take_even_those_that_fail():
    watch = conveyor.Stopwatch()

    def sleep(seconds):
        time.sleep(seconds)
        raise KeyError

    timed = watch.timed(sleep)
    for _ in range(2):
        with pytest.raises(KeyError):
            timed(0.02)
    assert watch.seconds >= 0.04
