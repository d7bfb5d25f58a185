"""Job: writes the shards of some splits, in parallel processes.

Interrupted builds resume: finished shards stay, and since a shard depends only on
its frames and the settings, the result is byte-identical to that of an undisturbed
build.
"""

import collections
import dataclasses

from naive_student_tf import store
from naive_student_tf.data import ego_masks, estimate, shards, writers
from naive_student_tf.progress import Progress


def build_shards(
    *, source, splits, work_dir, frames_per_shard=256, num_workers=2, recode=None
):
    """Writes `work_dir/<split>/` for every split.

    Args:
        source: builder, split=name -> source (see files.py).
        splits: tuple of str.
        work_dir: str, the directory to write.
        frames_per_shard: int; a Cityscapes frame takes about 2.3 MB.
        num_workers: int, parallel processes; 1 works in this process.
        recode: a `recode.Recode` that resizes or re-encodes frames; None keeps the
            bytes of every image.

    Raises:
        ValueError: a broken frame, a name that comes twice, or shards of another
            build in the way; or of a data set that has changed since.
        OSError: the disk has no room for the shards.
    """
    planned = [_plan(source, name, work_dir, frames_per_shard) for name in splits]
    planned = [split for split in planned if split]
    estimates = [estimate.of_split(split, recode) for split in planned]
    estimate.check_room(work_dir, estimates)
    progress = Progress(
        total=sum(len(split.frames) for split in planned),
        start=sum(e.frames_written for e in estimates),
        name="shards",
        unit="frames",
    )
    with writers.Writers(num_workers, progress) as pool:
        begun = [_begin(pool, split, recode) for split in planned]
        for split, expected, (masks, parts) in zip(
            planned, estimates, begun, strict=True
        ):
            survey = ego_masks.summarize(split.frames, pool.results(masks))
            ego_masks.report(split.name, survey)
            facts = _facts(split, recode, expected)
            shards.write_manifest(
                split.directory, pool.results(parts), ego_masks=survey, **facts
            )


@dataclasses.dataclass(frozen=True)
class Split:
    """What is to be written of one split.

    Attributes:
        name: str. directory: str, of its shards.
        source: see files.py. frames: list of FrameFiles, all of them.
        parts: dict of a shard's path -> its frames.
    """

    name: str
    directory: str
    source: object
    frames: list
    parts: dict


def _plan(source, name, work_dir, frames_per_shard):
    """The Split, or None where it is finished."""
    directory = store.join(work_dir, name)
    source = source(split=name)
    if store.exists(store.join(directory, shards.MANIFEST)):
        _check_finished(directory, source)
        print(f"{name}: already built", flush=True)
        return None
    frames = source.list_frames()
    counts = collections.Counter(frame.filename for frame in frames)
    twice = sorted(filename for filename, count in counts.items() if count > 1)
    if twice:
        raise ValueError(
            f"{name}: {len(twice)} frames are listed more than once, the first is "
            f"{twice[0]}. Every frame of a split needs a name of its own."
        )
    starts = range(0, len(frames), frames_per_shard)
    parts = {
        store.join(directory, shards.shard_name(name, index, len(starts))): frames[
            start : start + frames_per_shard
        ]
        for index, start in enumerate(starts)
    }
    return Split(name, directory, source, frames, parts)


def _check_finished(directory, source):
    """Refuses finished shards that are not of the data set as it is now.

    It may be gone: it is not needed any more.
    """
    _, facts = shards.read_manifest(directory)
    try:
        now = _listed(source.list_frames())
    except FileNotFoundError:
        return
    if all(facts.get(key, value) == value for key, value in now.items()):
        return
    numbers = "{} frames, {labelled} labelled, {with_void_regions} with void regions"
    built = numbers.format(len(facts.get("names", ())), **facts)
    raise ValueError(
        f"{directory} was built from {built}; the data set now lists "
        f"{numbers.format(len(now['names']), **now)}. Delete {directory} to build it "
        f"again, or use another WORK_DIR."
    )


def _begin(pool, split, recode):
    """Hands the work on a split to the pool; returns (futures, futures)."""
    masks = ego_masks.tasks(split.frames)
    return (
        [pool.submit(ego_masks.measure, split.source, task) for task in masks],
        [
            pool.submit(writers.write, split.source, frames, path, recode)
            for path, frames in split.parts.items()
        ],
    )


def _facts(split, recode, expected):
    facts = {} if recode is None else {"recode": expected.effect(recode)}
    return facts | {
        "label_space": dataclasses.asdict(split.source.label_space),
        "source": type(split.source).__name__,
        "split": split.name,
        **_listed(split.frames),
    }


def _listed(frames):
    """What a manifest says of the FrameFiles of a split."""
    return {
        "labelled": sum(frame.label is not None for frame in frames),
        "with_void_regions": sum(frame.void_regions is not None for frame in frames),
        "names": [frame.filename for frame in frames],
    }
