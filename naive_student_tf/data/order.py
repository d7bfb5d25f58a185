"""Which record is training example number i: a pure function of (seed, i).

So a run that is stopped at any step goes on with exactly the examples it would
have seen, nothing is buffered to shuffle, and the names of a batch can be told
from its step.
"""

import functools

import numpy as np
import tensorflow as tf


class Order:
    """An endless, shuffled, proportionally mixed sequence of records.

    Every source is shuffled anew each time it has been seen whole. Sources take
    turns by smooth weighted round robin, so any stretch of examples holds them in
    the stated proportions as nearly as whole numbers allow.
    """

    def __init__(self, *, counts, proportions, seed):
        """Args: counts, proportions: ints per source, positive; seed: int >= 0."""
        numbers = [*counts, *proportions]
        whole = all(isinstance(number, int) and number > 0 for number in numbers)
        if not counts or len(counts) != len(proportions) or not whole:
            raise ValueError(
                f"Record counts {counts} and proportions {proportions} must be "
                f"positive whole numbers, one of each per source."
            )
        self._counts, self._seed = counts, seed
        self._pattern = _round_robin(proportions)
        self._shares = proportions
        self._permutation = functools.lru_cache(2 * len(counts))(self._shuffled)

    def __getitem__(self, position):
        """Example number `position` (int >= 0) -> (source, record), two ints."""
        cycle, place = divmod(position, len(self._pattern))
        source = self._pattern[place]
        seen = cycle * self._shares[source] + self._pattern[:place].count(source)
        epoch, index = divmod(seen, self._counts[source])
        return source, int(self._permutation(source, epoch)[index])

    def records(self, positions):
        """The same of many: int64 [N], ascending -> sources and records, ints [N]."""
        pattern = np.array(self._pattern, np.int32)
        cycles, places = np.divmod(positions, len(pattern))
        sources, records = pattern[places], np.empty(len(positions), np.int32)
        for source, share in enumerate(self._shares):
            here = np.flatnonzero(sources == source)
            before = np.cumsum(pattern == source) - (pattern == source)
            seen = cycles[here] * share + before[places[here]]
            epochs, indices = np.divmod(seen, self._counts[source])
            for epoch in np.unique(epochs):
                part = slice(*np.searchsorted(epochs, [epoch, epoch + 1]))
                records[here[part]] = self._shuffled(source, epoch)[indices[part]]
        return sources, records

    def _shuffled(self, source, epoch):
        random = np.random.default_rng([self._seed, source, epoch])
        return random.permutation(self._counts[source])


def _round_robin(proportions):
    """Source per place of one cycle; source k stands there proportions[k] times."""
    credit = np.zeros(len(proportions))
    pattern = []
    for _ in range(sum(proportions)):
        credit += proportions
        winner = int(credit.argmax())
        credit[winner] -= sum(proportions)
        pattern.append(winner)
    return pattern


def host_positions(first, end, **split):
    """The positions first .. end - 1 that one host feeds, one after the other.

    Args:
        first, end: ints, multiples of the global batch size.
        split: the keyword arguments of `turns`.

    Returns:
        tf.data.Dataset of int64 [].
    """
    begin, step, share = turns(first, **split)
    shares = tf.data.Dataset.range(begin, end, step)
    return shares.flat_map(lambda start: tf.data.Dataset.range(start, start + share))


def list_host_positions(first, end, **split):
    """The same as int64 [N]."""
    begin, step, share = turns(first, **split)
    return np.add.outer(np.arange(begin, end, step), np.arange(share)).reshape(-1)


def turns(first, *, global_batch_size, host, num_hosts, num_replicas, accumulation=1):
    """When it is a host's turn: the hosts cut every part of a batch in their order.

    So replica number r of all is given the same examples whatever its host.

    Args:
        first: int, a multiple of global_batch_size.
        global_batch_size: int, examples per step over all replicas.
        host, num_hosts: ints.
        num_replicas: int, over all hosts.
        accumulation: int, parts of a batch, one after the other.

    Returns:
        Three ints: its first position; how far on the next of its shares begins; how
        many positions a share has.

    Raises:
        ValueError: replicas, or hosts, that would not have equal shares.
    """
    parts = num_replicas * accumulation
    if global_batch_size % parts:
        raise ValueError(
            f"global_batch_size {global_batch_size} does not divide by {parts}: "
            f"{num_replicas} replicas, accumulation {accumulation}."
        )
    if num_replicas % num_hosts:
        raise ValueError(
            f"{num_replicas} replicas do not divide by {num_hosts} hosts: every "
            f"host must feed as many as the others."
        )
    part = global_batch_size // accumulation
    share = part // num_hosts
    return first + host * share, part, share
