"""Two debug steps of the paper's own networks and losses, as rows of Table 1 bind them.

Only what does not fit a test is smaller: frames, crops, the batch, the steps.
"""

import gin
import numpy as np
import pytest
import tensorflow as tf
import tiny_shards

from naive_student_tf import config, main
from naive_student_tf.iterate import graph

ROWS = {  # row: (the stage that it trains last, without fine-tuning; million weights)
    "iteration_0": ("student_0", 46.7),
    "iteration_1": ("student_1", 147.3),
}
DEBUG = (
    "STEPS = 2",
    "pipeline.TrainingData.crop_size = (33, 33)",
    "pipeline.TrainingData.global_batch_size = 1",
    "loop.train.steps_per_loop = 2",
    "loop.train.save_every = 2",
    "loop.train.pictures = None",
)


def stage_of(row, role):
    config.load([f"experiments/table_01/{row}.gin"])
    goal = gin.query_parameter("run_row.Row.goal").scoped_configurable_fn()
    stages = graph.list_stages((goal,), work_dir="runs/x")
    return next(stage for stage in stages if stage.name.startswith(role))


@pytest.mark.parametrize("row", ROWS)
def test_a_full_size_row_trains_two_steps(row, tmp_path, capsys):
    role, millions = ROWS[row]
    stage = stage_of(row, role)
    shards = tiny_shards.write(tmp_path / "shards", [*map(tiny_shards.frame, range(3))])
    params = {**stage.params, "WORK_DIR": str(tmp_path / "run"), "DATA_DIR": shards}
    assert params.pop("INIT_FROM") and params.pop("STEPS") >= 60_000
    main.run(
        stage.gin_files,
        [f"{name} = {value!r}" for name, value in params.items()] + [*DEBUG],
    )
    assert "2/2 steps" in capsys.readouterr().out
    saved = tf.train.load_checkpoint(str(tmp_path / "run" / "checkpoints"))
    shapes = saved.get_variable_to_shape_map()
    weights = sum(
        np.prod(shape)
        for name, shape in shapes.items()
        if name.startswith("model/") and "OPTIMIZER" not in name
    )
    assert weights / 1e6 == pytest.approx(millions, rel=0.02)
