"""Job: top-1 and top-5 error of a classifier, one central crop (paper, Table 7)."""

import tensorflow as tf

from naive_student_tf import checkpoint, store
from naive_student_tf.evaluate.evaluate import METRICS
from naive_student_tf.progress import Progress


def evaluate(*, work_dir, model, checkpoint_path, data, batch_size=100, output=None):
    """Writes `work_dir/metrics.json` and TensorBoard logs; prints the figures.

    Args:
        work_dir: str.
        model: zero-argument builder of a Keras model, image -> dict(logits).
        checkpoint_path: str, a training directory or a checkpoint.
        data: imagenet.EvaluationData.
        batch_size: int, images per call of the device.
        output: str, a second place for the JSON, or None.
    """
    model = model()
    found = checkpoint.restore_model(model, checkpoint_path)
    count, batches = data.open(batch_size=batch_size)
    result = {**_errors(model, batches, count), "images": count, "checkpoint": found}
    number = found.rpartition("-")[2]
    step = int(number) if number.isdigit() else 0
    with tf.summary.create_file_writer(store.join(work_dir, "eval")).as_default(step):
        for name in ("top1_error", "top5_error"):
            tf.summary.scalar(f"evaluation/{name}", result[name])
    for path in filter(None, (store.join(work_dir, METRICS), output)):
        store.write_json(path, result)
    print(
        f"{store.basename(work_dir)}: top-1 error {result['top1_error']:.2f} %, top-5 "
        f"error {result['top5_error']:.2f} % on {count} images"
    )


def rank_of_label(logits, label):
    """How many classes come before the right one, int32 [B]; 0 is a hit.

    Of classes with equal logits the lower number comes first, so that a network
    that says nothing scores like a guess.

    Args:
        logits: float32 [B, C].
        label: int32 [B].
    """
    own = tf.gather(logits, label[:, None], batch_dims=1)
    lower = tf.range(logits.shape[-1])[None] < label[:, None]
    before = (logits > own) | ((logits == own) & lower)
    return tf.math.count_nonzero(before, -1, dtype=tf.int32)


def _errors(model, batches, count):
    """dict of top1_error and top5_error, in percent."""

    @tf.function
    def hits(image, label):
        logits = model(tf.cast(image, tf.float32), training=False)["logits"]
        logits = tf.debugging.check_numerics(logits, "The logits are not finite.")
        valid = label >= 0
        rank = rank_of_label(logits, tf.where(valid, label, 0))
        return tf.stack(
            [tf.math.count_nonzero(valid & (rank < k), dtype=tf.int32) for k in (1, 5)]
        )

    progress = Progress(total=count, name="evaluate", unit="images")
    total, done = tf.zeros([2], tf.int32), 0
    for batch in batches:
        total += hits(batch["image"], batch["label"])
        size = min(batch["label"].shape[0], count - done)
        done += size
        progress.advance(size)
    progress.close()
    top1, top5 = (100 * (1 - int(found) / count) for found in total)
    return {"top1_error": top1, "top5_error": top5}
