"""Worker processes that write shards, and what one of them does."""

import concurrent.futures
import multiprocessing
import os

from naive_student_tf import processes, store
from naive_student_tf.data import example, shards


class Writers:
    """A pool of processes, as a context manager; one worker stays in this process.

    Frames are counted as they are written, not only shard by shard.
    """

    def __init__(self, num_workers, progress):
        spawn = multiprocessing.get_context("spawn")  # fork and TensorFlow do not mix
        self._progress, self._shown = progress, 0
        self._written = spawn.Value("q", 0)
        settings = {"initializer": _start, "initargs": (self._written, os.getpid())}
        if num_workers == 1:
            self._pool = concurrent.futures.ThreadPoolExecutor(1, **settings)
        else:
            self._pool = concurrent.futures.ProcessPoolExecutor(
                num_workers, spawn, **settings
            )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._pool.shutdown(cancel_futures=True)
        self._progress.close()

    def submit(self, function, *arguments):
        return self._pool.submit(function, *arguments)

    def results(self, futures):
        """The results in order; meanwhile the progress is shown. Raises what any of
        the functions raised, as soon as it did."""
        while True:
            done, waiting = concurrent.futures.wait(
                futures, 0.5, concurrent.futures.FIRST_EXCEPTION
            )
            self._show()
            for future in futures:
                if future in done:
                    future.result()
            if not waiting:
                return [future.result() for future in futures]

    def _show(self):
        written = self._written.value
        if written > self._shown:
            self._progress.advance(written - self._shown)
        self._shown = written


def write(source, frames, path, recode):
    """Writes one shard unless it is there. Returns its ShardFile.

    Raises:
        ValueError: a broken frame, or a shard of other frames at `path`.
    """
    if not store.exists(path):
        records = (serialized(source, frame, recode) for frame in frames)
        shards.write_shard(path, _counted(records))
    shard = shards.describe_shard(path)
    _check_frames(path, shard, frames)
    return shard


def serialized(source, frame, recode):
    """The record of one listed frame, bytes."""
    read = source.read_frame(frame)
    return example.serialize(recode(read) if recode else read)


_written = None  # the shared counter, in a worker


def _start(counter, builder):
    global _written
    _written = counter
    if os.getpid() != builder:  # which may have died while this process was starting
        processes.die_with_parent(builder)


def _counted(records):
    for record in records:
        yield record
        with _written.get_lock():
            _written.value += 1


def _check_frames(path, shard, frames):
    """A shard left by an earlier run must hold the frames of this one."""
    directory = path.rpartition("/")[0]
    ends = [
        example.read_filename(shards.read_record(directory, shard, index))
        for index in (0, -1)
        if shard.count
    ]
    wanted = [frames[0].filename, frames[-1].filename]
    if shard.count != len(frames) or ends != wanted:
        raise ValueError(
            f"{path} holds {shard.count} frames {ends}, this run would write "
            f"{len(frames)}, {wanted}: it is of a build with another frames_per_shard "
            f"or other files. Delete {directory} and run again."
        )
