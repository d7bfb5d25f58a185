"""One split: a worker labels shards that nobody has, until all are done."""

import dataclasses
import time
import zlib

import tensorflow as tf

from naive_student_tf import store
from naive_student_tf.data import shards
from naive_student_tf.progress import Progress
from naive_student_tf.pseudo_label import figures, summaries
from naive_student_tf.pseudo_label.claims import Claims
from naive_student_tf.pseudo_label.finished import STATE, Finished
from naive_student_tf.pseudo_label.labeller import Labeller
from naive_student_tf.pseudo_label.overlays import Overlays
from naive_student_tf.pseudo_label.worker import Worker


@dataclasses.dataclass(frozen=True)
class Split:
    """What it takes to label one split.

    Attributes:
        name: str.
        source: str, its directory of unlabelled shards.
        work_dir: str, of the job.
        previous: str, its directory of the iteration before, or None.
        finished, claims, labeller, worker, overlays: see their files.
    """

    name: str
    source: str
    work_dir: str
    previous: str | None
    finished: Finished
    claims: Claims
    labeller: Labeller
    worker: Worker
    overlays: Overlays

    def work(self, worker_index, num_workers, *, poll_s):
        """Labels shards until the wanted ones are done, whoever did them.

        Those that turn out to be cut off in the end are labelled once more.

        Args:
            worker_index: int.
            num_workers: int, of which every takes its own shards; None: all take all.
            poll_s: float, seconds between two looks at what others do.

        Raises:
            OSError: a shard was cut off twice.
        """
        parts, facts = shards.read_manifest(self.source)
        share = slice(worker_index, None, num_workers) if num_workers else slice(None)
        wanted = _rotated(list(enumerate(parts))[share], self.worker.name)
        self._label_all(wanted, len(parts), poll_s=poll_s)
        if self._finish(parts, facts):
            self._label_all(wanted, len(parts), poll_s=poll_s)
            again = self._finish(parts, facts)
            if again:
                raise OSError(
                    f"{self.finished.target}: {', '.join(sorted(again))} cut off "
                    f"again after it was written anew. Check that disk, then start "
                    f"the same command."
                )

    def _label_all(self, wanted, steps, *, poll_s):
        """Takes shards from (step, ShardFile)s until all of them are finished."""
        waiting = list(wanted)
        total = sum(part.count for _, part in waiting)
        progress = Progress(total=total, name=f"labels {self.name}", unit="frames")
        while waiting:
            done = self.finished.names()
            for entry in [entry for entry in waiting if entry[1].file in done]:
                waiting.remove(entry)
                progress.advance(entry[1].count)
            entry, claim = self._take(waiting)
            if claim:
                with self.worker.working_on(claim, f"{self.name}/{entry[1].file}"):
                    done = entry[1].file in self.finished.names()
                    if not done and self._try(*entry, steps, claim, progress):
                        waiting.remove(entry)
            elif waiting:
                time.sleep(poll_s)
        progress.close()

    def _take(self, waiting):
        """The first shard that nobody has and its Claim, or (None, None)."""
        for entry in waiting:
            claim = self.claims.take(entry[1].file)
            if claim:
                return entry, claim
        return None, None

    def _try(self, step, part, steps, claim, progress):
        """Labels one shard; what is half done lies in the claim's directory.

        Returns:
            bool, whether it is published. Not if this worker was asleep so long that
            another one took the shard: then that one publishes it.
        """
        try:
            return self._label(step, part, steps, claim, progress)
        except tf.errors.NotFoundError:
            if claim.is_ours():
                raise
            return False  # the other one is done, and has tidied up

    def _label(self, step, part, steps, claim, progress):
        space = self.labeller.inference.label_space
        counts = figures.no_frames(label_space=space)

        def records():
            nonlocal counts
            labelled = self.labeller.label(self.source, part, previous=self.previous)
            for record, counted in labelled:
                counts = figures.add(counts, counted)
                self.worker.count(1)
                progress.advance(1)
                yield record

        scratch = store.join(claim.path, part.file)
        shards.write_shard(scratch, records())
        shard = shards.describe_shard(scratch)
        if shard.count != part.count:
            raise ValueError(
                f"{scratch} has {shard.count} labelled frames, {part.file} in "
                f"{self.source} has {part.count}. Nothing is published; run again."
            )
        events = store.join(claim.path, summaries.file_name(step))
        summaries.write_events(
            events,
            step=step,
            figures=figures.summarize(
                counts, label_space=space, quality=self.labeller.quality
            ),
            pictures=self.overlays.pictures(
                claim.path, shard, step=step, steps=steps, label_space=space
            ),
        )
        if not claim.is_ours():
            return False
        _move(scratch, self.finished.target)
        _move(events, store.join(self.work_dir, "tensorboard", self.name))
        self.finished.mark(shard, counts)
        return True

    def _finish(self, parts, facts):
        """Whoever sees all shards done writes the manifest; all write the same.

        Returns:
            set of str, the names of shards that turned out to be cut off.
        """
        names, cut_off = [part.file for part in parts], set()
        if set(names) <= self.finished.names():
            scratch = f"manifest-{self.worker.name}"
            cut_off = self.finished.write_manifest(
                names,
                facts=facts,
                label_space=self.labeller.inference.label_space,
                quality=self.labeller.quality,
                scratch=store.join(self.work_dir, STATE, scratch),
            )
            # Of workers that died after their shard.
            self.claims.sweep(set(names) - cut_off)
        return cut_off


def _move(path, directory):
    tf.io.gfile.makedirs(directory)
    target = store.join(directory, store.basename(path))
    tf.io.gfile.rename(path, target, overwrite=True)


def _rotated(entries, name):
    """Workers start at different places, so that they seldom want the same shard."""
    start = zlib.crc32(name.encode()) % max(len(entries), 1)
    return entries[start:] + entries[:start]
