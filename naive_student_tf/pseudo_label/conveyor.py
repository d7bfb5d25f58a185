"""Runs the stages of a job at the same time: decode, device, encode."""

import collections
import concurrent.futures
import time


def in_order(function, items, *, threads, ahead, hold=None):
    """Yields `function(item)` in the order of `items`, made by threads.

    Chained, the stages work at the same time; each holds no more than `ahead` results,
    so memory is bounded.

    Args:
        function: callable of one item; it should let go of the interpreter's lock
            (as TensorFlow, NumPy and Pillow do) for others to run beside it.
        items: iterable.
        threads: int.
        ahead: int >= 1, results made or being made while the consumer is busy, at
            most.
        hold: int, the same at least: so many are held back even if they are done, for
            the threads to be busy while a slow consumer is; None: as many as `ahead`.
            0 where the items come slowly: results are told when the next item comes.

    Raises:
        What `function` raised, in its turn.
    """
    pending, hold = collections.deque(), ahead if hold is None else hold
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                while len(pending) > hold and (
                    len(pending) > ahead or pending[0].done()
                ):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


class Stopwatch:
    """Adds up the time within calls of a function.

    Attributes:
        seconds: float, so far.
    """

    def __init__(self):
        self.seconds = 0.0

    def timed(self, function):
        """The function, its calls timed."""

        def run(*arguments):
            began = time.monotonic()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.monotonic() - began

        return run
