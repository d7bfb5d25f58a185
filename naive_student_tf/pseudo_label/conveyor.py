"""Runs the stages of a job at the same time: decode, device, encode."""

import collections
import concurrent.futures
import time


def in_order(function, items, *, threads, ahead):
    """Yields `function(item)` in the order of `items`, made by threads.

    Chained, the stages work at the same time; each holds no more than `ahead` results,
    so memory is bounded.

    Args:
        function: callable of one item; it should let go of the interpreter's lock
            (as TensorFlow, NumPy and Pillow do) for others to run beside it.
        items: iterable.
        threads: int.
        ahead: int >= 1, results made or being made while the consumer is busy.

    Raises:
        What `function` raised, in its turn.
    """
    pending = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > ahead:
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
