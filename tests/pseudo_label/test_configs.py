"""What the README tells to bind on top of the job can be bound."""

import gin
import pytest

from naive_student_tf import config

JOB = "gin_configs/jobs/pseudo_label.gin"


@pytest.mark.parametrize(
    ("file", "kind"), [("predict_gpus", "mirrored"), ("predict_tpu", "tpu")]
)
def test_a_strategy_is_one_binding(file, kind):
    config.load([JOB, f"gin_configs/hardware/{file}.gin"])
    assert f"inference.Inference.strategy = @strategy.{kind}" in config.parsed()


def test_the_dry_run_compiles_what_a_tpu_is_given_to_predict():
    config.load([JOB, "gin_configs/hardware/predict_tpu.gin"])
    given = predictions()
    config.load(["gin_configs/jobs/tpu_dry_run.gin"])
    compiled = predictions()
    # On a TPU these two follow from the strategy (model/inference.py).
    assert compiled.pop("resize").selector == "tta.by_matrices"
    assert given.pop("strategy").selector == "strategy.tpu"
    assert given == compiled


def predictions():
    """What is bound of the network and of its use."""
    bound = gin.get_bindings("inference.Inference", resolve_references=False)
    network = gin.get_bindings("panoptic_deeplab.panoptic_deeplab", False)
    return {**bound, **network, "model": bound["model"].selector}


@pytest.mark.parametrize(
    "binding",
    [
        "WORKER_INDEX = 3",
        "NUM_WORKERS = 8",
        "PREVIOUS = 'runs/pseudo_label_1'",
        "job.pseudo_label.min_confidence = 0.9",
        "job.pseudo_label.void_regions = (1, 2, 3)",
    ],
)
def test_workers_and_ablations_are_bindings(binding):
    config.load([JOB], [binding])
    assert binding in config.parsed()


def test_the_paper_has_no_threshold_and_masks_the_ego_vehicle_alone():
    config.load([JOB])
    parsed = config.parsed()
    assert "min_confidence" not in parsed and "void_regions" not in parsed
    assert config.shares_work_dir()
