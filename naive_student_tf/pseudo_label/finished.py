"""Which shards of a split are done, and what their directory says in the end.

    <work_dir>/<split>/                 the shards; the manifest comes last
    <work_dir>/workers/finished/<split>/<shard>.json      a shard is done
    <work_dir>/workers/claims/<split>/                    see claims.py
    <work_dir>/workers/status/                            see worker.py
    <work_dir>/tensorboard/<split>/                       see summaries.py

Every split and all of `tensorboard/` is the same whoever labelled which shard, and
however often somebody was killed.
"""

import contextlib
import dataclasses

import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import shards
from naive_student_tf.lineage import learnt_from, split_of
from naive_student_tf.pseudo_label import figures

STATE = "workers"
FOLDER = "finished"


class Finished:
    """The finished shards of one split."""

    def __init__(self, work_dir, split, *, lineage):
        """Args:
        work_dir: str.
        split: str.
        lineage: dict, as JSON takes it; shards of another one are refused.
        """
        self.target, self._markers = _places(work_dir, split)
        self._work_dir, self._split, self._lineage = work_dir, split, lineage

    def names(self):
        """set of str, the file names of finished shards.

        Raises:
            ValueError: one of them was labelled by another teacher or otherwise.
        """
        done = names(self._work_dir, self._split)
        if done:
            self._read(min(done))
        return done

    def mark(self, shard, counts):
        """Writes down that a shard (ShardFile) stands in its place."""
        value = {
            "shard": dataclasses.asdict(shard),
            "counts": figures.to_json(counts),
            "lineage": self._lineage,
        }
        store.write_json(store.join(self._markers, f"{shard.file}.json"), value)

    def write_manifest(self, names, *, facts, label_space, quality, scratch):
        """Writes the manifest of the split, from what was marked.

        A shard that is cut off, as a machine without power may leave it, counts as
        not done any more: it loses its mark, and there is no manifest.

        Args:
            names: list of str, all shards in their order.
            facts: dict, of the source's manifest.
            label_space: LabelSpace.
            quality: see labeller.py.
            scratch: str, a directory of this worker alone.

        Returns:
            set of str, the names of the shards that are to be done again.
        """
        read = [self._read(name) for name in names]
        cut_off = {
            name
            for name, value in zip(names, read, strict=True)
            if value is None or not self._is_whole(value)
        }
        if cut_off:
            self._unmark(cut_off)
            return cut_off
        counts = [figures.from_json(value["counts"]) for value in read]
        total = {}
        for one in counts:
            total = figures.add(total, one)
        space = {"label_space": label_space, "quality": quality}
        shown = {
            "total": figures.summarize(total, **space),
            "shards": {
                name: figures.summarize(one, **space)
                for name, one in zip(names, counts, strict=True)
            },
        }
        if "frames_with_truth" in shown["total"]:
            teacher = self._lineage["parents"]["teacher"]
            seen = learnt_from(teacher, split_of(facts))
            shown["total"]["quality_on_training_frames"] = seen
        pseudo = {**self._lineage, "ego_masked": int(total["ego_masked"])}
        changed = {"labelled": facts["count"], "pseudo": pseudo, "figures": shown}
        written = [shards.ShardFile(**value["shard"]) for value in read]
        shards.write_manifest(scratch, written, **{**facts, **changed})
        path = store.join(scratch, shards.MANIFEST)
        tf.io.gfile.rename(path, store.join(self.target, shards.MANIFEST), True)
        tf.io.gfile.rmtree(scratch)
        return set()

    def _is_whole(self, value):
        """Whether a shard is as long as its mark says; says it if not."""
        expected = value["shard"]["bytes"]
        path = store.join(self.target, value["shard"]["file"])
        size = tf.io.gfile.stat(path).length if store.exists(path) else 0
        if size != expected:
            print(
                f"WARNING: {path} has {size} bytes, {expected} were written: cut off. "
                f"It is labelled again.",
                flush=True,
            )
        return size == expected

    def _unmark(self, names):
        for name in names:
            with contextlib.suppress(tf.errors.NotFoundError):  # others saw it too
                tf.io.gfile.remove(store.join(self._markers, f"{name}.json"))

    def _read(self, name):
        """The mark of a shard; None if another worker has taken it away."""
        try:
            value = store.read_json(store.join(self._markers, f"{name}.json"))
        except tf.errors.NotFoundError:
            return None
        if value["lineage"] != self._lineage:
            raise ValueError(
                f"{store.join(self.target, name)} was labelled by "
                f"{value['lineage']}, this run is {self._lineage}. Delete "
                f"{self.target} and {self._markers} to label it again."
            )
        return value


def names(work_dir, split):
    """set of str, the file names of finished shards: marked, and still there."""
    target, markers = _places(work_dir, split)
    marked = {name.removesuffix(".json") for name in _list(markers)}
    return marked & set(_list(target))


def _places(work_dir, split):
    """Directories of a split's shards and of their markers."""
    return store.join(work_dir, split), store.join(work_dir, STATE, FOLDER, split)


def _list(directory):
    try:
        return [name.rstrip("/") for name in tf.io.gfile.listdir(directory)]
    except tf.errors.NotFoundError:
        return []
