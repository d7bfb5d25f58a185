"""Job: a teacher writes hard panoptic pseudo-labels (paper, section 3).

One shard in, one shard out, same names and counts. Any number of workers may run this
job on one directory, on as many machines, without a coordinator: each takes shards
that nobody has (claims.py), until all are done. Killed at any moment, started again
at any moment, they leave the same bytes.
"""

import hashlib

from naive_student_tf import checkpoint, lineage, processes, run_directory, store
from naive_student_tf.data import shards
from naive_student_tf.pseudo_label.claims import Claims
from naive_student_tf.pseudo_label.conveyor import Stopwatch
from naive_student_tf.pseudo_label.finished import STATE, Finished
from naive_student_tf.pseudo_label.labeller import Labeller
from naive_student_tf.pseudo_label.overlays import Overlays
from naive_student_tf.pseudo_label.split import Split
from naive_student_tf.pseudo_label.void_regions import check_known
from naive_student_tf.pseudo_label.worker import Worker

# Bound differently, these give the same labels: `_lineage` knows the directories by
# what they hold, and the rest is how a worker goes about it.
MAY_DIFFER = (
    *("DATA_DIR", "CHECKPOINT", "PREVIOUS"),
    "job.pseudo_label.without_regions",
    *("job.pseudo_label.batch_size", "job.pseudo_label.num_threads"),
    *("job.pseudo_label.expire_s", "job.pseudo_label.stall_s"),
)


def pseudo_label(
    *,
    data_dir,
    splits,
    work_dir,
    inference,
    iteration,
    void_regions=(1,),
    without_regions=(),
    min_confidence=None,
    previous=None,
    batch_size=8,
    num_threads=None,
    quality=None,
    draw=None,
    num_overlays=16,
    worker_index=0,
    num_workers=None,
    expire_s=120.0,
    stall_s=3600.0,
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
        without_regions: tuple of str, splits of which no frame need know its regions.
        min_confidence: float, an ablation: pixels with less probability become void.
            None, as in the paper: no threshold.
        previous: str, the WORK_DIR of the iteration before, to tell the agreement
            with it; or None.
        batch_size: int, frames per device and call.
        num_threads: int, of decoding and of encoding; None: one per processor
            that this process may use.
        quality: object with `count` and `result` (evaluate/label_quality.py), for
            frames whose shard holds a human label; or None.
        draw: callable (image, label, label_space=) -> picture for TensorBoard, or None.
        num_overlays: int, pictures per split, of evenly spread shards.
        worker_index, num_workers: ints: this worker labels only every num_workers-th
            shard from its index on (SLURM arrays, indexed Kubernetes Jobs). None:
            whatever nobody else has.
        expire_s: float, seconds without a sign of life after which another worker
            takes over a shard. A worker gives ten such signs in its own `expire_s`:
            not less than a fifth of another worker's.
        stall_s: float, seconds without a finished frame after which a worker counts as
            hanging; compiling must take less.

    Raises:
        ValueError: `work_dir` holds a shard that another teacher has labelled.
        FloatingPointError: the teacher's predictions are not numbers.
    """
    if num_workers is not None and not 0 <= worker_index < num_workers:
        raise ValueError(
            f"worker_index {worker_index} is not one of {num_workers} workers: count "
            f"from 0 to {num_workers - 1}."
        )
    for name in splits:
        _, facts = shards.read_manifest(store.join(data_dir, name))
        check_known(name, facts, void_regions, without=without_regions)
    inference = inference()
    device = Stopwatch()
    labeller = Labeller(
        inference=inference,
        stamp={
            "iteration": iteration,
            "teacher": checkpoint.fingerprint(inference.checkpoint),
        },
        void_regions=tuple(void_regions),
        min_confidence=min_confidence,
        quality=quality,
        batch_size=batch_size,
        num_threads=num_threads or processes.num_cpus(),
        device=device,
    )
    state = store.join(work_dir, STATE)
    worker = Worker(state, device=device, expire_s=expire_s, stall_s=stall_s)
    with worker.signs_of_life():
        for name in splits:
            source = store.join(data_dir, name)
            before = store.join(previous, name) if previous else None
            split = Split(
                name=name,
                source=source,
                work_dir=work_dir,
                previous=before,
                finished=Finished(
                    work_dir, name, lineage=_lineage(labeller, source, before, work_dir)
                ),
                claims=Claims(
                    store.join(state, "claims", name),
                    worker=worker.name,
                    expire_s=expire_s,
                ),
                labeller=labeller,
                worker=worker,
                overlays=Overlays(draw, num_overlays),
            )
            split.work(worker_index, num_workers, poll_s=min(expire_s / 10, 5.0))
    print(worker.summary(), flush=True)


pseudo_label.may_differ = MAY_DIFFER


def _lineage(labeller, source, previous, work_dir):
    """Where the labels of one split come from: dict of what JSON can hold.

    It names no directories: workers may have them in different places.
    """
    inference = labeller.inference
    facts, manifest_hash = _manifest(source)
    config = store.join(work_dir, run_directory.CONFIG)
    return {
        "stage": "pseudo_label",
        **labeller.stamp,
        "teacher_checkpoint": store.basename(inference.checkpoint),
        "scales": list(inference.scales),
        "flip": inference.flip,
        "void_regions": list(labeller.void_regions),
        "min_confidence": labeller.min_confidence,
        "config": _config_hash(config) if store.exists(config) else None,
        "data": {
            "split": facts["split"],
            "manifest_sha256": manifest_hash,
        },
        "compared_with": previous and {"manifest_sha256": _manifest(previous)[1]},
        "parents": {
            "teacher": _of_teacher(labeller),
            "data": facts.get("pseudo"),
        },
    }


def _config_hash(path):
    """Of the settings that labels depend on, without MAY_DIFFER."""
    return run_directory.fingerprint(store.read_text(path), without=MAY_DIFFER)


def _manifest(directory):
    """(facts, sha256 of the file) of a shard directory's manifest."""
    _, facts = shards.read_manifest(directory)
    data = store.read_bytes(store.join(directory, shards.MANIFEST))
    return facts, hashlib.sha256(data).hexdigest()


def _of_teacher(labeller):
    """The lineage of the weights; their hash where they do not tell it."""
    found = lineage.of_weights(labeller.inference.checkpoint)
    return {"unknown": labeller.stamp["teacher"]} if "unknown" in found else found
