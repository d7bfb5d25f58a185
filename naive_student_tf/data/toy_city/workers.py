"""Many calls of one function, in parallel processes."""

import concurrent.futures
import multiprocessing

from naive_student_tf import processes


def results(function, arguments, num_workers):
    """Yields function(argument) for each, in order; 1 works in this process.

    A worker does not go on when its parent was killed.
    """
    if num_workers <= 1:
        yield from map(function, arguments)
        return
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        num_workers, spawn, initializer=processes.die_with_parent
    ) as pool:
        yield from pool.map(function, arguments)
