"""What the README tells to bind on top of the job can be bound."""

import gin
import pytest

from naive_student_tf import config, run_directory

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


@pytest.fixture
def claim(tmp_path):
    """Claims a WORK_DIR that has results, as main.py does for a worker."""
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "a.tfrecord").touch()

    def claim(*bindings, files=()):
        config.load([JOB, *files], bindings)
        run_directory.claim(
            str(tmp_path),
            config.parsed(),
            shared=config.shares_work_dir(),
            may_differ=config.may_differ(),
        )

    claim()
    return claim


@pytest.mark.parametrize(
    "binding",
    [
        "DATA_DIR = '/mnt/a/place/whose/name/is/so/long/that/gin/breaks/it/shards'",
        "CHECKPOINT = '/mnt/runs/teacher/checkpoints/ckpt-60000'",
        "PREVIOUS = '/mnt/runs/pseudo_label_0'",
        "job.pseudo_label.num_threads = 4",
        "job.pseudo_label.batch_size = 2",
        "job.pseudo_label.expire_s = 600.0",
        "job.pseudo_label.stall_s = 600.0",
        "WORKER_INDEX = 3",
    ],
)
def test_unequal_machines_may_share_a_work_dir(claim, binding):
    claim(binding)


@pytest.mark.parametrize(
    "binding",
    [
        "inference.Inference.scales = (1.0,)",
        "inference.Inference.flip = False",
        "panoptic_deeplab.panoptic_deeplab.precision = 'mixed_bfloat16'",
        "job.pseudo_label.min_confidence = 0.9",
        "job.pseudo_label.void_regions = ()",
        "ITERATION = 2",
        "SPLITS = ('train_extra',)",
    ],
)
def test_workers_that_would_label_differently_may_not(claim, binding):
    with pytest.raises(ValueError, match="is of another config"):
        claim(binding)


def test_workers_of_another_strategy_may_not(claim):
    with pytest.raises(ValueError, match=r"strategy = @strategy\.mirrored"):
        claim(files=["gin_configs/hardware/predict_gpus.gin"])


def test_other_jobs_let_nothing_differ():
    config.load(["gin_configs/jobs/train.gin"])
    assert config.may_differ() == ()
