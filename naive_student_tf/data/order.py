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


def host_positions(first, end, *, global_batch_size, host, num_hosts, num_replicas):
    """The positions first .. end - 1 that one host feeds.

    Args:
        first, end: ints, multiples of global_batch_size.
        global_batch_size: int, examples per step over all replicas.
        host, num_hosts: ints; the hosts cut every global batch into consecutive parts.
        num_replicas: int, over all hosts.

    Returns:
        tf.data.Dataset of int64 [].

    Raises:
        ValueError: replicas, or hosts, that would not have equal shares.
    """
    if global_batch_size % num_replicas:
        raise ValueError(
            f"global_batch_size {global_batch_size} does not divide by {num_replicas} "
            f"replicas."
        )
    if num_replicas % num_hosts:
        raise ValueError(
            f"{num_replicas} replicas do not divide by {num_hosts} hosts: every "
            f"host must feed as many as the others."
        )
    share = global_batch_size // num_hosts
    positions = tf.data.Dataset.range(first, end)
    if num_hosts == 1:
        return positions
    return positions.filter(lambda i: i % global_batch_size // share == host)
