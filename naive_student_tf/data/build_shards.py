"""Job: writes the shards of some splits, in parallel processes.

Interrupted builds resume: finished shards stay, and since a shard depends only on
its frames, the result is byte-identical to that of an undisturbed build.
"""

import concurrent.futures
import dataclasses
import multiprocessing

from naive_student_tf import processes, store
from naive_student_tf.data import example, files, shards
from naive_student_tf.progress import Progress


def build_shards(*, source, splits, work_dir, frames_per_shard=256, num_workers=2):
    """Writes `work_dir/<split>/` for every split.

    Args:
        source: builder, split=name -> source (see files.py).
        splits: tuple of str.
        work_dir: str, the directory to write.
        frames_per_shard: int; a Cityscapes frame takes about 2.3 MB.
        num_workers: int, parallel processes.
    """
    spawn = multiprocessing.get_context("spawn")  # fork and TensorFlow do not mix
    with concurrent.futures.ProcessPoolExecutor(
        num_workers, spawn, initializer=processes.die_with_parent
    ) as pool:
        for name in splits:
            directory = store.join(work_dir, name)
            if store.exists(store.join(directory, shards.MANIFEST)):
                print(f"{name}: already built", flush=True)
            else:
                _build_split(
                    pool, source(split=name), name, directory, frames_per_shard
                )


def _build_split(pool, source, name, directory, frames_per_shard):
    frames = source.list_frames()
    parts = [
        frames[start : start + frames_per_shard]
        for start in range(0, len(frames), frames_per_shard)
    ]
    paths = [
        store.join(directory, shards.shard_name(name, index, len(parts)))
        for index in range(len(parts))
    ]
    progress = Progress(total=len(frames), name=f"shards of {name}", unit="frames")
    written = []
    for shard in pool.map(_write, [source] * len(parts), parts, paths):
        written.append(shard)
        progress.advance(shard.count)
    progress.close()
    space = source.label_space
    shards.write_manifest(
        directory,
        written,
        label_space=dataclasses.asdict(space),
        source=type(source).__name__,
        split=name,
        labelled=sum(frame.label is not None for frame in frames),
        with_void_regions=sum(frame.void_regions is not None for frame in frames),
    )


def _write(source, part, path):
    if not store.exists(path):
        records = (example.serialize(files.read_frame(source, frame)) for frame in part)
        shards.write_shard(path, records)
    shard = shards.describe_shard(path)
    _check_frames(path, shard, part)
    return shard


def _check_frames(path, shard, part):
    """A shard left by an earlier run must hold the frames of this one."""
    directory = path.rpartition("/")[0]
    ends = [
        example.read_filename(shards.read_record(directory, shard, index))
        for index in (0, -1)
        if shard.count
    ]
    wanted = [part[0].filename, part[-1].filename]
    if shard.count != len(part) or ends != wanted:
        raise ValueError(
            f"{path} holds {shard.count} frames {ends}, this run would write "
            f"{len(part)}, {wanted}: it is of a build with another frames_per_shard or "
            f"other files. Delete {directory} and run again."
        )
