"""toy_vistas through the jobs: written, built, trained on, its weights passed on."""

import json

import gin
import pytest

from naive_student_tf import checkpoint, config
from naive_student_tf.data import example, shards
from naive_student_tf.model import panoptic_deeplab

MODELS = "gin_configs/models"
CITYSCAPES_CLASSES, VISTAS_CLASSES = 19, 24
INIT_COVERAGE = 0.98  # as gin_configs/demo/vistas_train.gin says


def run(files, parameters):
    config.load([f"gin_configs/{file}.gin" for file in files], parameters)
    config.run()


@pytest.fixture(scope="module")
def directories(tmp_path_factory):
    """(the data set, its shards)."""
    root = tmp_path_factory.mktemp("vistas_jobs")
    data, built = str(root / "data"), str(root / "shards")
    job = "write.write_toy_vistas"
    counts = [f"{job}.training_frames = 12", f"{job}.validation_frames = 2"]
    here = [f"{job}.num_workers = 1", f"WORK_DIR = {data!r}", "SEED = 3"]
    run(["demo/toy_vistas"], counts + here)
    here = ["build_shards.build_shards.num_workers = 1", f"WORK_DIR = {built!r}"]
    run(["demo/vistas_build_shards"], [f"DATA_DIR = {data!r}", *here])
    return data, built


def test_shards_have_the_classes_of_the_table_and_the_longer_side_of_the_demo(
    directories,
):
    parts, facts = shards.read_manifest(f"{directories[1]}/train")
    assert (facts["split"], facts["count"], facts["labelled"]) == ("train", 12, 12)
    assert len(facts["label_space"]["class_names"]) == VISTAS_CLASSES
    records = shards.read_records(f"{directories[1]}/train", parts[0])
    frames = [example.read(record) for record in records]
    assert {frame.width for frame in frames} == {129}
    assert {frame.height for frame in frames} <= {73, 81, 97}


def test_three_steps_are_trained_from_its_shards(directories, tmp_path):
    data, built = directories
    run(
        ["demo/vistas_train", "models/small_teacher"],
        [
            f"DATA_DIR = '{built}/train'",
            f"CONFIG = '{data}/config_v1.2.json'",
            f"WORK_DIR = '{tmp_path}'",
            "STEPS = 3",
        ],
    )
    assert checkpoint.find(str(tmp_path)).endswith("ckpt-3")
    (entry,) = json.loads((tmp_path / "lineage.json").read_text())["data"]
    assert (entry["split"], entry["frames"]) == ("train", 12)


def network(name, num_classes):
    config.load([f"{MODELS}/{name}.gin"], [f"NUM_CLASSES = {num_classes}"])
    return gin.get_configurable(panoptic_deeplab.panoptic_deeplab)()


@pytest.mark.parametrize("name", ["small", "small_teacher"])
def test_all_weights_but_those_of_the_classes_pass_on_both_ways(name, tmp_path):
    city = network(name, CITYSCAPES_CLASSES)
    vistas = network(name, VISTAS_CLASSES)
    for number, (one, other) in enumerate(((vistas, city), (city, vistas))):
        path = checkpoint.save_model(one, str(tmp_path / str(number)))
        found = checkpoint.compare(other, path)
        assert found.missing == {}
        assert sorted(found.mismatched) == [
            "logits/predict/bias",
            "logits/predict/kernel",
        ]
        assert found.coverage > INIT_COVERAGE
