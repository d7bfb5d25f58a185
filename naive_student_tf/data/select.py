"""Job: a part of finished shards, as manifests that point into them.

No frame is copied: a manifest lists the files and the offsets of the records that
were chosen, so a fraction of a thousand gigabytes takes a few megabytes. The shards
must stay where they are, relative to the new directory.

Fractions of the labelled data are Fig. 5 of the paper, of the pseudo-labelled data
Fig. 6. The paper does not say how it drew them; here it is by frame.
"""

import dataclasses
import hashlib
import posixpath

from naive_student_tf import store
from naive_student_tf.data import example, files, shards


@dataclasses.dataclass(frozen=True)
class Fraction:
    """Callable: names -> the chosen ones. Of one seed, a smaller fraction is part of
    every larger one, and what is chosen does not depend on the order of the names.

    Attributes:
        fraction: float in (0, 1]; of N names, round(fraction * N), at least one.
        seed: int.
    """

    fraction: float
    seed: int = 0

    def __call__(self, names):
        if not 0 < self.fraction <= 1:
            raise ValueError(f"fraction is {self.fraction}; give one in (0, 1].")
        count = max(1, round(self.fraction * len(names)))
        return set(sorted(names, key=self._rank)[:count])

    def _rank(self, name):
        return hashlib.sha256(f"{self.seed} {name}".encode()).digest()


@dataclasses.dataclass(frozen=True)
class Listed:
    """Callable: names -> those that a text file lists, one a line.

    Lines are read as the usual split files have them: an image's path (maybe a
    label's after it), of which the file name counts; a bare name will do.

    Attributes:
        path: str.
    """

    path: str

    def __call__(self, names):
        """Raises ValueError: a line that names no frame, or one twice."""
        lines = store.read_text(self.path).split("\n")
        wanted = [files.frame_name(line.split()[0]) for line in lines if line.strip()]
        unknown = sorted(set(wanted) - set(names))
        if unknown or not wanted or len(set(wanted)) < len(wanted):
            raise ValueError(
                f"{self.path}: {len(wanted)} lines, {len(set(wanted))} different "
                f"names, {len(unknown)} of which are not in the shards"
                f"{', the first is ' + unknown[0] if unknown else ''}. It must list "
                f"frames of the shards, each once."
            )
        return set(wanted)


def select(*, data_dir, splits, work_dir, choose):
    """Writes `work_dir/<split>/manifest.json` for every split.

    Args:
        data_dir: str, holds one shard directory per split, labelled by humans or by
            a teacher.
        splits: tuple of str.
        work_dir: str.
        choose: Fraction or Listed.
    """
    for split in splits:
        source, target = store.join(data_dir, split), store.join(work_dir, split)
        parts, facts = shards.read_manifest(source)
        total, names = facts.pop("count"), facts.pop("names", None)
        if names is None:
            raise ValueError(
                f"{source}: the manifest lists no names of frames; it is of an older "
                f"version. Build the shards again."
            )
        chosen = choose(names)
        kept = list(_kept(parts, names, chosen, posixpath.relpath(source, target)))
        facts |= {
            "names": [name for name in names if name in chosen],
            "selected": {"of": total, **dataclasses.asdict(choose)},
        }
        for key, feature in _COUNTED.items():
            if 0 < facts[key] < total:
                facts[key] = _count(target, kept, feature)
            else:
                facts[key] = len(chosen) if facts[key] else 0
        shards.write_manifest(target, kept, **facts)
        print(f"{split}: {len(chosen)} of {total} frames", flush=True)


_COUNTED = {
    "labelled": "image/segmentation/class/encoded",
    "with_void_regions": "image/void_regions/encoded",
}


def _kept(parts, names, chosen, place):
    """Yields the ShardFiles with the records of chosen names only."""
    start = 0
    for part in parts:
        of_part = names[start : start + part.count]
        start += part.count
        offsets = [o for o, n in zip(part.offsets, of_part, strict=True) if n in chosen]
        if offsets:
            yield dataclasses.replace(
                part,
                folder=posixpath.normpath(posixpath.join(place, part.folder)),
                count=len(offsets),
                offsets=tuple(offsets),
            )


def _count(directory, parts, feature):
    """How many records have a feature."""
    return sum(
        bool(example.parse(record)[feature].numpy())
        for part in parts
        for record in shards.read_records(directory, part)
    )
