"""Two debug steps of the paper's own networks and losses, as rows of tables bind them.

Only what does not fit a test is smaller: frames, crops, the batch, the steps.
"""

import shutil

import gin
import numpy as np
import pytest
import tensorflow as tf
import tiny_imagenet
import tiny_shards

from benchmarks import tpu_dry_run
from naive_student_tf import config, main
from naive_student_tf.iterate import graph
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.labels.mapillary import mapillary

DEBUG = (
    "STEPS = 2",
    "loop.train.steps_per_loop = 2",
    "loop.train.save_every = 2",
)
SMALL_CROPS = (
    "pipeline.TrainingData.crop_size = (33, 33)",
    "pipeline.TrainingData.global_batch_size = 1",
    "loop.train.pictures = None",
)
SMALL_IMAGES = (
    "imagenet.TrainingData.image_size = 33",
    "imagenet.TrainingData.global_batch_size = 1",
    "loop.train.warmup_steps = 1",
)


def stage_of(row, role):
    config.load([f"experiments/{row}.gin"])
    goal = gin.query_parameter("run_row.Row.goal").scoped_configurable_fn()
    stages = graph.list_stages((goal,), work_dir="runs/x")
    return next(stage for stage in stages if stage.name.startswith(role))


@pytest.fixture
def train(tmp_path, capsys):
    """A function: two steps of a row's stage -> millions of weights in its checkpoint.

    Its data and initial weights are given; what else the row binds stays as it is.
    """

    def run(row, role, *small, **paths):
        stage = stage_of(row, role)
        params = {**stage.params, "WORK_DIR": str(tmp_path / role), **paths}
        assert params.pop("STEPS", 60_000) >= 60_000
        if not paths.get("INIT_FROM"):
            assert params.pop("INIT_FROM", role.startswith("imagenet"))
        bound = [f"{name} = {value!r}" for name, value in params.items()]
        main.run(stage.gin_files, [*bound, *DEBUG, *small])
        assert "2/2 steps" in capsys.readouterr().out
        return millions(tmp_path / role)

    yield run
    for folder in tmp_path.glob("*/checkpoints"):
        shutil.rmtree(folder)  # gigabytes


def millions(run):
    saved = tf.train.load_checkpoint(str(run / "checkpoints"))
    shapes = saved.get_variable_to_shape_map()
    weights = sum(
        np.prod(shape)
        for name, shape in shapes.items()
        if name.startswith("model/") and "OPTIMIZER" not in name
    )
    return pytest.approx(weights / 1e6, rel=0.02)


def shards(folder, label_space=CITYSCAPES):
    frames = [*map(tiny_shards.frame, range(3))]
    return tiny_shards.write(folder, frames, label_space=label_space)


def test_x71_learns_mapillary_s_65_classes_then_cityscapes(train, tmp_path):
    classes = str(tpu_dry_run.write_classes(tmp_path))
    vistas = shards(tmp_path / "vistas", mapillary(config=classes))
    row, city = "table_01/iteration_0", shards(tmp_path / "city")
    before = train(row, "mapillary_x71", *SMALL_CROPS, DATA_DIR=vistas, CONFIG=classes)
    init = str(tmp_path / "mapillary_x71")
    after = train(row, "student_0", *SMALL_CROPS, DATA_DIR=city, INIT_FROM=init)
    assert (before, after) == (46.7, 46.7)


def test_wr41_learns_cityscapes(train, tmp_path):
    city = shards(tmp_path / "city")
    weights = train("table_01/iteration_1", "student_1", *SMALL_CROPS, DATA_DIR=city)
    assert weights == 147.3


def test_wr38_learns_imagenet(train, tmp_path):
    images = tiny_imagenet.prepare(tmp_path / "imagenet")
    weights = train("table_07/wr_38", "imagenet_wr38", *SMALL_IMAGES, DATA_DIR=images)
    assert weights == 109.2
