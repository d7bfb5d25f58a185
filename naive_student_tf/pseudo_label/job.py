"""Job: a teacher writes hard panoptic pseudo-labels (paper, section 3).

One shard in, one shard out, same names and counts. A finished shard is never
written again, so a killed job goes on where it stopped.
"""

import dataclasses

import numpy as np

from naive_student_tf import checkpoint, store
from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.model import inference as inference_room
from naive_student_tf.progress import Progress
from naive_student_tf.pseudo_label.void_regions import mask_regions


def pseudo_label(
    *, data_dir, splits, work_dir, inference, iteration, void_regions=(1,), batch_size=8
):
    """Labels every frame of some splits.

    Args:
        data_dir: str, holds one shard directory per split.
        splits: tuple of str, names of those directories.
        work_dir: str, receives shard directories of the same names.
        inference: zero-argument builder of an `Inference`.
        iteration: int, of the method, recorded in every label.
        void_regions: tuple of int, the fixed regions that become void, as
            Cityscapes labelIds; (1,) is the ego vehicle (paper, section 3), ()
            nothing, (1, 2, 3) also the rectification border and out of roi.
        batch_size: int, frames per call of the device.

    Raises:
        ValueError: `work_dir` holds a shard that another teacher has labelled.
    """
    inference = inference()
    teacher = checkpoint.fingerprint(inference.checkpoint)
    lineage = {
        "iteration": iteration,
        "teacher": teacher,
        "teacher_checkpoint": inference.checkpoint,
        "scales": list(inference.scales),
        "flip": inference.flip,
        "void_regions": list(void_regions),
    }
    stamp = {"iteration": iteration, "teacher": teacher}
    for split in splits:
        source, target = (store.join(place, split) for place in (data_dir, work_dir))
        parts, facts = shards.read_manifest(source)
        progress = Progress(total=facts["count"], name=f"labels {split}", unit="frames")
        written = []
        for part in parts:
            path = store.join(target, part.file)
            if store.exists(path):
                _check_teacher(target, shards.describe_shard(path), stamp)
                progress.advance(part.count)
            else:
                frames = pipeline.read_frames(source, part)
                labelled = _labelled(frames, inference, void_regions, stamp, batch_size)
                shards.write_shard(path, _counted(labelled, progress))
            written.append(shards.describe_shard(path))
        progress.close()
        changed = {"labelled": facts["count"], "pseudo": lineage}
        shards.write_manifest(target, written, **{**facts, **changed})


def _labelled(frames, inference, void_regions, stamp, batch_size):
    """Yields each frame with its pseudo-label, in order."""
    decoded = ((example.pixels(frame), frame) for frame in frames)
    for images, originals in inference_room.batches(decoded, batch_size=batch_size):
        panoptic = inference(images)["panoptic"]
        for frame, label in zip(originals, panoptic, strict=False):  # padded batch
            masked = mask_regions(
                label, frame, void_regions, void=inference.label_space.void
            )
            known = frame.void_regions is not None and bool(void_regions)
            yield dataclasses.replace(
                frame,
                panoptic=masked.astype(np.uint16),
                pseudo={**stamp, "ego_masked": int(known)},
            )


def _counted(frames, progress):
    for frame in frames:
        yield example.serialize(frame)
        progress.advance(1)


def _check_teacher(directory, shard, stamp):
    """Labels of two teachers must not stand under the name of one."""
    pseudo = example.read(shards.read_record(directory, shard, 0)).pseudo or {}
    if not stamp.items() <= pseudo.items():
        raise ValueError(
            f"{store.join(directory, shard.file)} was labelled by {pseudo}, this run "
            f"is {stamp}. Delete {directory} to label it again."
        )
