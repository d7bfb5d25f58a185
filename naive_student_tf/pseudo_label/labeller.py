"""Frames of one shard in, records with pseudo-labels out, three stages at a time.

While the device predicts one batch, threads of the host decode the next and encode
the last one.
"""

import dataclasses
import functools

import numpy as np

from naive_student_tf import store
from naive_student_tf.data import example, shards
from naive_student_tf.model import inference as inference_room
from naive_student_tf.pseudo_label import conveyor, figures
from naive_student_tf.pseudo_label.void_regions import (
    mask_regions,
    masks_ego_vehicle,
)


@dataclasses.dataclass(frozen=True)
class Labeller:
    """How a shard is labelled.

    Attributes:
        inference: an `Inference`.
        stamp: dict(iteration=int, teacher=str), recorded in every label.
        void_regions: tuple of int, see void_regions.py.
        min_confidence: float, pixels whose category has less probability become
            void; None keeps all (the paper: no threshold).
        quality: object with `count(truth, label) -> dict` and `result(counts)`, for
            frames that come with a human label; or None.
        batch_size: int, frames per call of the device and replica.
        num_threads: int, of decoding, and as many of encoding.
        device: Stopwatch of the time that the device works.
    """

    inference: inference_room.Inference
    stamp: dict
    void_regions: tuple
    min_confidence: float | None
    quality: object
    batch_size: int
    num_threads: int
    device: conveyor.Stopwatch

    def label(self, directory, shard, *, previous=None):
        """Yields (record, counts of figures.py) of each frame, in order.

        While one batch of all replicas is on the device, the host may be two batches
        ahead, or one frame per thread if those are more; but a frame that is encoded
        is told when the device has done one more batch. So no more than
        2 * (ahead + 1) + 4 * size frames are in memory, whatever the shard holds:
        decoded, in the batches on both sides of the device, and encoded.

        Args:
            directory: str, of the unlabelled shards.
            shard: ShardFile.
            previous: str, the directory of shards with the labels of the iteration
                before, or None.
        """
        size = self.batch_size * self.inference.num_replicas
        ahead = max(2 * size, self.num_threads)
        host = {"threads": self.num_threads, "ahead": ahead}
        read = functools.partial(_read_frame, directory, shard)
        decoded = conveyor.in_order(read, range(shard.count), **host)
        batches = inference_room.batches(decoded, batch_size=size)
        predict = self.device.timed(self._predict)
        predicted = conveyor.in_order(predict, batches, threads=1, ahead=1)
        frames = (pair for batch in predicted for pair in batch)
        finish = functools.partial(self._finish, _previous_labels(previous, shard))
        yield from conveyor.in_order(finish, enumerate(frames), **host, hold=0)

    def _predict(self, batch):
        """(images, frames) -> list of (frame, uint16 label), without the padding."""
        images, frames = batch
        doubts = () if self.min_confidence is None else ("confidence",)
        outputs = self.inference(images, only=("panoptic", "finite", *doubts))
        _check_finite(outputs["finite"], frames)
        labels = outputs["panoptic"]
        if self.min_confidence is not None:
            doubtful = outputs["confidence"] < self.min_confidence
            labels = np.where(doubtful, self.inference.label_space.void, labels)
        return list(zip(frames, labels.astype(np.uint16), strict=False))

    def _finish(self, previous, numbered):
        """(number, (frame, label)) -> (record, counts)."""
        number, (frame, label) = numbered
        space = self.inference.label_space
        label = mask_regions(label, frame, self.void_regions, void=space.void)
        masked = masks_ego_vehicle(frame, self.void_regions)
        label = label.astype(np.uint16)
        before = previous(number, frame.filename)
        counts = figures.count_frame(label, label_space=space, previous=before)
        counts["ego_masked"] = int(masked)
        if self.quality and frame.panoptic is not None and frame.pseudo is None:
            counts["frames_with_truth"] = 1
            counts |= self.quality.count(frame.panoptic, label)
        pseudo = {**self.stamp, "ego_masked": int(masked)}
        labelled = dataclasses.replace(frame, panoptic=label, pseudo=pseudo)
        return example.serialize(labelled), counts


def _check_finite(finite, frames):
    bad = [f.filename for f, good in zip(frames, finite, strict=False) if not good]
    if bad:
        raise FloatingPointError(
            f"The teacher's predictions are not finite on {', '.join(bad)}. Look at "
            f"those images, or take another checkpoint or precision."
        )


def _read_frame(directory, shard, number):
    """Record number -> (pixels, Frame)."""
    frame = example.read(shards.read_record(directory, shard, number))
    return example.pixels(frame), frame


def _previous_labels(directory, shard):
    """A callable (number, filename) -> the frame's label of the iteration before."""
    if directory is None:
        return lambda number, filename: None
    parts, _ = shards.read_manifest(directory)
    before = next((part for part in parts if part.file == shard.file), None)
    if before is None or before.count != shard.count:
        raise ValueError(
            f"{directory} has no shard {shard.file} of {shard.count} frames to compare "
            f"with. Bind `previous` to the labels of the same shards, or to None."
        )

    def read(number, filename):
        frame = example.read(shards.read_record(directory, before, number))
        if frame.filename != filename or frame.panoptic is None:
            raise ValueError(
                f"{store.join(directory, shard.file)}: record {number} is "
                f"{frame.filename}, expected {filename} with a label. Bind `previous` "
                f"to the labels of the same shards, or to None."
            )
        return frame.panoptic

    return read
