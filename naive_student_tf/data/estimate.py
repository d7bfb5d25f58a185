"""How many bytes a build will write, told before it starts, from a few frames."""

import dataclasses
import pathlib
import shutil

import numpy as np

from naive_student_tf import store
from naive_student_tf.data import example

SAMPLE = 8  # frames; a split of no more is known exactly
_RECORD = 16  # bytes around a record in its shard


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Of one split.

    Attributes:
        frames_written: int, of finished shards of an interrupted build.
        bytes_left: int, about what is still to be written.
        compared: int, how many frames were encoded both ways.
        share_of_bytes: float, re-encoded records per records as they were.
        psnr_db: float, of the re-encoded pixels, mean over frames; infinite where
            no pixel changes.
    """

    frames_written: int
    bytes_left: int
    compared: int = 0
    share_of_bytes: float = 1.0
    psnr_db: float = np.inf

    def effect(self, recode):
        """What re-encoding does, for the manifest."""
        return {
            **dataclasses.asdict(recode),
            "frames_compared": self.compared,
            "share_of_bytes": round(self.share_of_bytes, 3),
            "psnr_db": round(self.psnr_db, 2) if np.isfinite(self.psnr_db) else None,
        }


def of_split(split, recode):
    """Reads SAMPLE frames, spread over the split, and prints what to expect."""
    frames = split.frames
    places = np.linspace(0, len(frames) - 1, min(SAMPLE, len(frames))).round()
    sample = [split.source.read_frame(frames[int(place)]) for place in places]
    records = [example.serialize(recode(f) if recode else f) for f in sample]
    each = np.mean([len(record) + _RECORD for record in records])
    missing = [part for path, part in split.parts.items() if not store.exists(path)]
    left = sum(map(len, missing))
    found = Estimate(len(frames) - left, round(each * left))
    note = ""
    if recode is not None:
        plain = [example.serialize(recode.lossless()(frame)) for frame in sample]
        found = dataclasses.replace(
            found,
            compared=len(sample),
            share_of_bytes=sum(map(len, records)) / sum(map(len, plain)),
            psnr_db=float(np.mean([recode.psnr_db(frame) for frame in sample])),
        )
        note = f"; re-encoded: {found.effect(recode)}"
    print(
        f"{split.name}: {len(frames)} frames, {found.frames_written} of them written; "
        f"about {_size(found.bytes_left)} to write{note}",
        flush=True,
    )
    return found


def check_room(work_dir, estimates):
    """Raises OSError where the disk of `work_dir` is too small."""
    if "://" in work_dir or not estimates:
        return  # a bucket has no known end
    needed = sum(found.bytes_left for found in estimates)
    folder = pathlib.Path(work_dir).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"{work_dir}: the shards take about {_size(needed)}, the disk has "
            f"{_size(free)} free. Choose another WORK_DIR, fewer splits, or "
            f"re-encode the frames (recode.Recode)."
        )


def _size(count):
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
