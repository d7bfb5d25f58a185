"""Every new checkpoint is evaluated once, and the best is kept."""

import json
import threading

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import checkpoint
from naive_student_tf.compat import keras
from naive_student_tf.evaluate import continuous
from tests import tiny_shards


class Shifted(tiny_shards.Oracle):
    """Predicts the truth, moved to the right by the weight of its model."""

    def __init__(self, checkpoint_path):
        super().__init__(checkpoint_path)
        self.model = build_model()
        checkpoint.restore_model(self.model, checkpoint_path)

    def __call__(self, images):
        result = super().__call__(images)
        shift = int(self.model.get_weights()[0][0, 0])
        for name in ("category", "panoptic"):
            result[name] = np.roll(result[name], shift, axis=2)
        return result


def build_model():
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    model.build((None, 1))
    return model


class Training:
    """Saves checkpoints like a training does and deletes older ones."""

    def __init__(self, path):
        self.path, self.model = str(path), build_model()
        self.manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(model=self.model), f"{path}/checkpoints", 1
        )

    def save(self, step, *, shift):
        self.model.set_weights([np.array([[shift]], np.float32)])
        self.manager.save(checkpoint_number=step)


@pytest.fixture
def watch(tmp_path):
    shards = tiny_shards.write(tmp_path / "shards", [tiny_shards.frame(0)])

    def run(**settings):
        continuous.watch(
            **{"metric": "pq", "patience_s": 20.0, "poll_s": 0.01, **settings},
            checkpoint_path=str(tmp_path / "training"),
            data_dir=shards,
            work_dir=str(tmp_path / "watched"),
            inference=Shifted,
            num_examples=0,
        )

    run.folder = tmp_path / "watched"
    run.training = Training(tmp_path / "training")
    return run


def read(path):
    return json.loads(path.read_text())


def test_it_follows_a_training_to_its_last_step_and_keeps_the_best(watch):
    seen = []

    def train():
        for step, shift in ((10, 3), (20, 0), (30, 2)):
            watch.training.save(step, shift=shift)
            while not any(row["step"] == step for row in seen):
                path = watch.folder / "history.json"
                seen[:] = read(path) if path.exists() else []

    thread = threading.Thread(target=train, daemon=True)
    thread.start()
    watch(last_step=30)
    thread.join()
    history = read(watch.folder / "history.json")
    assert [row["step"] for row in history] == [10, 20, 30]
    assert history[1]["pq"] > history[2]["pq"] > history[0]["pq"]
    assert read(watch.folder / "best.json") == {**history[1], "metric": "pq"}
    assert checkpoint.find(str(watch.folder / "best")).endswith("ckpt-20")
    restored = build_model()
    checkpoint.restore_model(restored, str(watch.folder / "best"))
    assert restored.get_weights()[0] == 0
    kept = {path.stem for path in (watch.folder / "best/checkpoints").glob("*-*")}
    assert kept == {"ckpt-20"}


def test_a_stopped_job_goes_on_without_evaluating_again(watch, capsys):
    watch.training.save(10, shift=1)
    watch(last_step=10)
    watch.training.save(20, shift=5)
    watch(last_step=20)
    assert [row["step"] for row in read(watch.folder / "history.json")] == [10, 20]
    assert read(watch.folder / "best.json")["step"] == 10
    capsys.readouterr()
    watch(last_step=20)
    assert "evaluate:" not in capsys.readouterr().out


def test_another_metric_may_choose_another_best(watch):
    watch.training.save(10, shift=0)
    watch(last_step=10, metric="miou")
    assert read(watch.folder / "best.json")["metric"] == "miou"


def test_a_training_that_stopped_is_noticed(watch):
    watch.training.save(10, shift=0)
    with pytest.raises(TimeoutError, match="evaluated is of step 10"):
        watch(last_step=20, patience_s=0.2)


def test_a_metric_that_there_is_not(watch):
    watch.training.save(10, shift=0)
    with pytest.raises(ValueError, match=r"no 'f1'; it has \['ap'"):
        watch(last_step=10, metric="f1")


def test_a_checkpoint_that_was_deleted_meanwhile_is_passed_over(tmp_path):
    with pytest.raises(tf.errors.NotFoundError):
        continuous._copy(str(tmp_path / "gone-10"), str(tmp_path / "held"))
