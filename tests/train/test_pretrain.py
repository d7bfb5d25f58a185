"""A classifier is trained by the same loop, resumes, is scored, starts segmentation."""

import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
import tiny_imagenet

from naive_student_tf import checkpoint, config
from naive_student_tf.data import imagenet
from naive_student_tf.model import panoptic_deeplab, small

ROOT = pathlib.Path(__file__).parents[2]
NETWORKS = [
    *sorted(ROOT.glob("experiments/table_07/networks/*.gin")),
    ROOT / "gin_configs/models/xception_71.gin",
]
TWO_REPLICAS = """
from __gin__ import dynamic_registration
from naive_student_tf.train import loop
from tests.train import tiny_training

loop.train.strategy = @tiny_training.mirrored()
tiny_training.mirrored.replicas = 2
"""
X_71 = {"xception_71": "xception71"}
NETWORK = "gin_configs/models/small.gin"
SMALL = [
    "small.small.width = 4",
    "imagenet.TrainingData.global_batch_size = 4",
    "imagenet.TrainingData.image_size = 32",
    "imagenet.EvaluationData.image_size = 32",
    "loop.train.steps_per_loop = 1",
    "loop.train.save_every = 1",
    "loop.train.warmup_steps = 0",
    "STEPS = 3",
]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tiny_imagenet.prepare(tmp_path_factory.mktemp("tfds"))


def run(job, *files, **macros):
    bindings = SMALL if job == "pretrain" else [SMALL[0], SMALL[3]]
    values = [f"{name} = {str(value)!r}" for name, value in macros.items()]
    files = [f"gin_configs/jobs/{job}.gin", NETWORK, *files]
    config.load(files, [*bindings, *values])
    config.run()


def numbers(work_dir):
    reader = tf.train.load_checkpoint(checkpoint.find(str(work_dir)))
    names = (n for n in reader.get_variable_to_shape_map() if "ATTRIBUTES" in n)
    return {n: reader.get_tensor(n) for n in names if "save_counter" not in n}


@pytest.fixture(scope="module")
def trained(data_dir, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp("whole")
    run("pretrain", DATA_DIR=data_dir, WORK_DIR=work_dir)
    return work_dir


def test_a_run_that_died_goes_on_to_the_same_weights(
    data_dir, trained, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(imagenet.Reader, "_serialized", dying(at=4))
        with pytest.raises(OSError, match="the disk is gone"):
            run("pretrain", DATA_DIR=data_dir, WORK_DIR=tmp_path)
    assert checkpoint.find(str(tmp_path)).endswith("-1")
    run("pretrain", DATA_DIR=data_dir, WORK_DIR=tmp_path)
    resumed, whole = numbers(tmp_path), numbers(trained)
    assert resumed.keys() == whole.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value)


def test_two_replicas_train_the_classifier_that_one_trains(data_dir, trained, tmp_path):
    file = tmp_path / "two_replicas.gin"
    file.write_text(TWO_REPLICAS)
    run("pretrain", str(file), DATA_DIR=data_dir, WORK_DIR=tmp_path / "run")
    together, alone = numbers(tmp_path / "run"), numbers(trained)
    kernels = [n for n in alone if n.startswith("model/") and "/kernel/" in n]
    assert len(kernels) > 5
    for name in kernels:
        np.testing.assert_allclose(together[name], alone[name], atol=1e-4)


def dying(*, at):
    whole = imagenet.Reader._serialized

    def serialized(reader, position):
        if position >= at:
            raise OSError("the disk is gone")
        return whole(reader, position)

    return serialized


def test_a_classifier_is_scored(data_dir, trained, tmp_path):
    run("evaluate_imagenet", DATA_DIR=data_dir, WORK_DIR=tmp_path, CHECKPOINT=trained)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["images"] == tiny_imagenet.NUM_VALIDATION
    assert metrics["checkpoint"].endswith("-3")
    assert metrics["top1_error"] >= metrics["top5_error"] >= 0


def test_segmentation_starts_from_its_backbone(trained, capsys):
    model = segmentation()
    checkpoint.init_model(model, str(trained), min_coverage=0.25)
    printed = capsys.readouterr().out
    kernel = "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    np.testing.assert_array_equal(
        model.get_layer("stem").kernel, numbers(trained)[kernel]
    )
    assert "loaded: 50 variables\n    stage2/unit1/conv1/bn/beta <- model/" in printed
    assert "not used here: 2 variables\n    logits/bias [1000]" in printed
    assert "mismatched: 0" in printed


def test_a_backbone_alone_is_too_little_unless_said_so(trained):
    model = segmentation()
    before = model.get_layer("stem").kernel.numpy()
    with pytest.raises(ValueError, match=r"covers 0\.\d+ of .*, 1\.0 are asked for"):
        checkpoint.init_model(model, str(trained))
    np.testing.assert_array_equal(model.get_layer("stem").kernel, before)


def segmentation():
    def backbone(image):
        return small.small(image, width=4)

    return panoptic_deeplab.panoptic_deeplab(backbone=backbone, num_classes=3)


@pytest.mark.parametrize("job", ["pretrain", "evaluate_imagenet"])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda path: path.stem)
def test_every_row_of_table_7_loads_on_top_of_the_job(job, network):
    config.load([f"gin_configs/jobs/{job}.gin", str(network)])
    name = network.stem.removesuffix("_drop_path")
    builder = {"wr_38": "wide_resnet38", "wr_41": "wide_resnet41", **X_71}[name]
    bound = re.findall(r"classifier\.backbone = @\w+\.(\w+)", config.parsed())
    assert bound == [builder]
    plain = "drop_path = @drop_path.plain_sum" in config.parsed()
    assert plain == (network.stem in ("wr_38", "wr_41"))
