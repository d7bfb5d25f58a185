import collections
import itertools

import numpy as np
import pytest

from naive_student_tf.data.order import Order, host_positions, list_host_positions


def take(count, *, start=0, **settings):
    order = Order(**settings)
    return [order[position] for position in range(start, start + count)]


def test_every_record_comes_once_per_epoch():
    records = take(35, counts=[7], proportions=[1], seed=3)
    epochs = [records[start : start + 7] for start in range(0, 35, 7)]
    for epoch in epochs:
        assert sorted(epoch) == [(0, record) for record in range(7)]
    assert len(set(map(tuple, epochs))) == 5  # shuffled anew each time


def test_every_source_is_seen_whole_before_it_begins_again():
    records = take(400, counts=[5, 3], proportions=[1, 3], seed=0)
    for source, count in ((0, 5), (1, 3)):
        seen = [record for origin, record in records if origin == source]
        for start in range(0, len(seen) - count + 1, count):
            assert sorted(seen[start : start + count]) == list(range(count))


@pytest.mark.parametrize("shares", [[1], [1, 1], [3, 2], [1, 1, 5], [2, 3, 7, 1]])
def test_any_window_holds_the_proportions_as_nearly_as_whole_numbers_allow(shares):
    records = take(
        4 * sum(shares), counts=[11] * len(shares), proportions=shares, seed=1
    )
    sources = [source for source, _ in records]
    for start, end in itertools.combinations(range(len(sources) + 1), 2):
        counts = collections.Counter(sources[start:end])
        for source, share in enumerate(shares):
            exact = (end - start) * share / sum(shares)
            assert abs(counts[source] - exact) < 2, (start, end, source)
        if (end - start) % sum(shares) == 0:
            assert [counts[source] * sum(shares) for source in range(len(shares))] == [
                (end - start) * share for share in shares
            ]


def test_three_to_two_by_hand():
    records = take(10, counts=[9, 9], proportions=[3, 2], seed=0)
    assert [source for source, _ in records] == [0, 1, 0, 1, 0] * 2


def test_the_order_is_a_function_of_seed_and_position_alone():
    settings = dict(counts=[50, 20], proportions=[2, 1], seed=9)
    straight = take(200, **settings)
    assert take(200, **settings) == straight
    order = Order(**settings)
    backwards = [order[position] for position in reversed(range(200))]
    assert backwards[::-1] == straight


def test_a_start_in_the_middle_goes_on_as_an_undisturbed_run():
    settings = dict(counts=[50, 20], proportions=[2, 1], seed=9)
    straight = take(300, **settings)
    for start in (1, 49, 150, 299):
        assert take(300 - start, start=start, **settings) == straight[start:]


@pytest.mark.parametrize("shares", [[1], [3, 2], [1, 1, 5]])
def test_many_positions_are_looked_up_as_one_by_one(shares):
    counts = [7, 500, 11][: len(shares)]
    order = Order(counts=counts, proportions=shares, seed=4)
    for positions in (np.arange(300), np.arange(1000, 1300, 3), np.array([5])):
        sources, records = order.records(positions)
        assert list(zip(sources, records, strict=True)) == [
            order[position] for position in positions
        ]


def positions_of(host, *, steps=(0, 1), **split):
    stretch = [8 * step for step in steps]
    split = {"global_batch_size": 8, "host": host, "num_replicas": 2, **split}
    listed = list_host_positions(*stretch, **split).tolist()
    assert listed == [int(number) for number in host_positions(*stretch, **split)]
    return listed


def test_hosts_cut_a_batch_into_consecutive_shares():
    assert positions_of(0, num_hosts=2) == [0, 1, 2, 3]
    assert positions_of(1, num_hosts=2) == [4, 5, 6, 7]
    assert positions_of(1, num_hosts=2, steps=(1, 3))[3:5] == [15, 20]


def test_hosts_cut_each_part_of_a_batch():
    assert positions_of(0, num_hosts=2, accumulation=2) == [0, 1, 4, 5]
    assert positions_of(1, num_hosts=2, accumulation=2) == [2, 3, 6, 7]


def test_one_host_has_all_positions_in_their_order():
    for accumulation in (1, 2, 4):
        settings = {"num_hosts": 1, "accumulation": accumulation}
        assert positions_of(0, steps=(1, 4), **settings) == list(range(8, 32))


def test_another_seed_gives_another_order():
    orders = [take(20, counts=[20], proportions=[1], seed=seed) for seed in range(9)]
    assert len(set(map(tuple, orders))) == 9


def test_sources_of_one_size_are_shuffled_differently():
    records = take(40, counts=[20, 20], proportions=[1, 1], seed=0)
    split = [[r for source, r in records if source == wanted] for wanted in (0, 1)]
    assert split[0] != split[1]


def test_a_late_position_is_as_quick_as_the_first():
    order = Order(counts=[3], proportions=[1], seed=0)
    source, record = order[10**15]
    assert source == 0 and record in range(3)


@pytest.mark.parametrize(
    "counts, proportions",
    [
        ([], []),
        ([3], []),
        ([3, 0], [1, 1]),
        ([3], [0]),
        ([3], [-1]),
        ([3, 3], [0.5, 1]),
    ],
)
def test_counts_and_proportions_must_be_positive_whole_numbers(counts, proportions):
    with pytest.raises(ValueError, match="positive whole numbers, one of each"):
        Order(counts=counts, proportions=proportions, seed=0)
