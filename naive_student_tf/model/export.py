"""Job: a trained model as a SavedModel that needs nothing of this package to run.

model = tf.saved_model.load("saved_model")
outputs = model.signatures["serving_default"](image=image)
"""

import dataclasses

import tensorflow as tf

from naive_student_tf import checkpoint, store
from naive_student_tf.labels import panoptic

FOLDER = "saved_model"
FACTS = "facts.json"  # beside the graph, so that the numbers keep their meaning
INSTANCES = (
    "instance_category",
    "instance_score",
    "instance_valid",
    "instance_center",
)


def export(*, inference, height, width, work_dir):
    """Writes `work_dir/saved_model`, for one image of one size.

    The signature `serving_default` takes `image`, uint8 [1, height, width, 3], and
    returns what `outputs` returns. facts.json beside it has the label space.

    Args:
        inference: zero-argument builder of an `Inference`, whose settings the
            SavedModel keeps (scales, flip, thresholds).
        height: int, of the image, in pixels.
        width: int, of the image, in pixels.
        work_dir: str.
    """
    inference = inference()
    predict = inference.function((height, width))
    space = inference.label_space

    @tf.function(
        input_signature=[tf.TensorSpec([1, height, width, 3], tf.uint8, "image")]
    )
    def serve(image):
        return outputs(predict(image), label_divisor=space.label_divisor)

    path = store.join(work_dir, FOLDER)
    module = tf.Module()
    # The variables alone: a Keras model would bring its classes along.
    module.variables_of_the_model = inference.model.variables
    module.serve = serve
    tf.saved_model.save(module, path, signatures={"serving_default": serve})
    facts = {
        "image": [1, height, width, 3],
        "checkpoint": inference.checkpoint,
        "fingerprint": checkpoint.fingerprint(inference.checkpoint),
        "scales": list(inference.scales),
        "flip": inference.flip,
        "label_space": dataclasses.asdict(space),
    }
    store.write_json(store.join(path, FACTS), facts)
    print(f"exported {inference.checkpoint} to {path}", flush=True)


def outputs(predicted, *, label_divisor):
    """What the SavedModel returns of a prediction.

    Args:
        predicted: dict of tensors, what the function of an `Inference` returns.
        label_divisor: int.

    Returns:
        dict of
            panoptic: int32 [B, H, W], category * label_divisor + instance.
            category: int32 [B, H, W], the plain argmax.
            instance: int32 [B, H, W], the instance of `panoptic`, 0 = none.
        and, if the model has instances, row k being instance k + 1:
            instance_category: int32 [B, K].
            instance_score: float32 [B, K], center score times mean probability.
            instance_valid: bool [B, K]; in the other rows nothing is of meaning.
            instance_center: int32 [B, K, 2], (y, x).
            center_score: float32 [B, K], the heatmap at the center; 0 if not valid.
    """
    packed = predicted["panoptic"]
    _, instance = panoptic.unpack(packed, label_divisor=label_divisor)
    found = {
        "panoptic": packed,
        "category": predicted["category"],
        "instance": instance,
    }
    if "instance_valid" in predicted:
        found |= {name: predicted[name] for name in INSTANCES}
        heatmap = predicted["center_heatmap"][..., 0]
        score = tf.gather_nd(heatmap, predicted["instance_center"], batch_dims=1)
        found["center_score"] = tf.where(predicted["instance_valid"], score, 0.0)
    return found
