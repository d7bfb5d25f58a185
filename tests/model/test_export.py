"""An exported model runs without this package and predicts what `Inference` does."""

import json
import os
import subprocess
import sys

import gin
import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import config
from naive_student_tf.model.export import outputs
from naive_student_tf.model.inference import Inference
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab

FILES = ["gin_configs/jobs/export.gin", "gin_configs/models/small.gin"]
SIZE = (65, 129)
# Stands in for the machine of somebody who has TensorFlow and nothing of ours.
ELSEWHERE = """
import sys
for name in ("naive_student_tf", "tf_keras", "gin"):
    sys.modules[name] = None  # importing it is an ImportError
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
found = model.signatures["serving_default"](image=tf.constant(np.load(sys.argv[2])))
np.savez(sys.argv[3], **{name: value.numpy() for name, value in found.items()})
"""


def export(folder, *bindings, size=SIZE):
    """Runs the job on an untrained, but loud network: some pixels are centers.

    Where a kernel is not negative, nor is the heatmap.

    Returns:
        (path of the SavedModel, the `Inference` that it was made of).
    """
    settings = {
        "WORK_DIR": str(folder),
        "CHECKPOINT": str(folder),
        "export.export.height": size[0],
        "export.export.width": size[1],
        "inference.Inference.flip": True,
        "inference.Inference.max_centers": 20,
        "inference.Inference.stuff_area_limit": 16,
    }
    pairs = [f"{name} = {value!r}" for name, value in settings.items()]
    config.load(FILES, [*pairs, *bindings])
    model = gin.get_configurable(panoptic_deeplab)()
    for layer in model.layers:
        if layer.name.endswith("/predict"):
            layer.kernel.assign(abs(layer.kernel) * 100)
    tf.train.Checkpoint(model=model).save(str(folder / "checkpoints" / "ckpt"))
    config.run()
    return folder / "saved_model", gin.get_configurable(Inference)()


def run_elsewhere(saved_model, image, folder):
    np.save(folder / "image.npy", image)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    arguments = [saved_model, folder / "image.npy", folder / "found.npz"]
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *map(str, arguments)],
        cwd=folder,
        env=environment,
        check=True,
    )
    return dict(np.load(folder / "found.npz"))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export(tmp_path_factory.mktemp("export"))


def test_without_this_package_it_predicts_what_inference_predicts(exported, tmp_path):
    saved_model, inference = exported
    image = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3), np.uint8)
    found = run_elsewhere(saved_model, image, tmp_path)
    expected = inference(image)
    assert found["instance_valid"].sum() > 1, "nothing to compare"
    for name in set(found) & set(expected):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, err_msg=name)
    assert found["panoptic"].dtype == np.int32
    np.testing.assert_array_equal(found["instance"], expected["panoptic"] % 256)


def test_its_signature_is_one_image_of_one_size(exported):
    loaded = tf.saved_model.load(str(exported[0]))
    signature = loaded.signatures["serving_default"]
    (image,) = signature.structured_input_signature[1].values()
    assert (image.name, image.shape, image.dtype) == ("image", (1, *SIZE, 3), tf.uint8)
    shapes = {name: tuple(s.shape) for name, s in signature.structured_outputs.items()}
    maps, rows = (1, *SIZE), (1, 20)
    assert shapes == {
        "panoptic": maps,
        "category": maps,
        "instance": maps,
        "instance_category": rows,
        "instance_score": rows,
        "instance_valid": rows,
        "instance_center": (1, 20, 2),
        "center_score": rows,
    }


def test_the_facts_say_what_the_numbers_mean(exported):
    saved_model, inference = exported
    facts = json.loads((saved_model / "facts.json").read_text())
    assert facts["label_space"]["class_names"][13] == "car"
    assert facts["label_space"]["label_divisor"] == 256
    assert facts["image"] == [1, 65, 129, 3] and facts["flip"] is True
    assert facts["checkpoint"] == inference.checkpoint


def test_the_center_score_is_the_heatmap_at_the_center():
    heatmap = np.zeros((1, 3, 4, 1), np.float32)
    heatmap[0, 2, 1], heatmap[0, 0, 0] = 0.75, 0.5
    predicted = {
        "panoptic": tf.constant([[[13 * 256 + 1, 7 * 256]]]),
        "category": tf.constant([[[13, 7]]]),
        "instance_category": tf.constant([[13, 255]]),
        "instance_score": tf.constant([[0.7, 0.0]]),
        "instance_valid": tf.constant([[True, False]]),
        "instance_center": tf.constant([[[2, 1], [0, 0]]]),
        "center_heatmap": tf.constant(heatmap),
    }
    found = outputs(predicted, label_divisor=256)
    assert found["center_score"].numpy().tolist() == [[0.75, 0.0]]
    assert found["instance"].numpy().tolist() == [[[1, 0]]]
    assert "center_heatmap" not in found


def test_a_network_without_instances_exports_maps_alone(tmp_path):
    semantic = "panoptic_deeplab.panoptic_deeplab.instance = None"
    saved_model, inference = export(tmp_path, semantic, size=(33, 33))
    loaded = tf.saved_model.load(str(saved_model))
    image = np.zeros((1, 33, 33, 3), np.uint8)
    found = loaded.signatures["serving_default"](image=tf.constant(image))
    assert set(found) == {"panoptic", "category", "instance"}
    expected = inference(image)["panoptic"]
    np.testing.assert_array_equal(found["panoptic"], expected)


def test_without_a_checkpoint_nothing_is_exported(tmp_path):
    config.load(FILES, [f"WORK_DIR = '{tmp_path}'", f"CHECKPOINT = '{tmp_path}'"])
    with pytest.raises(FileNotFoundError, match="No checkpoint"):
        config.run()
    assert not (tmp_path / "saved_model").exists()
