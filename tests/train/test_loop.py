"""The loop resumes bit for bit, stops at a NaN and refuses foreign checkpoints."""

import functools
import re

import numpy as np
import pytest
import tensorflow as tf

from tests.train import tiny_training
from tests.train.tiny_training import Images, same, train, values


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The checkpoint of six steps with dropout."""
    return train(tmp_path_factory.mktemp("undisturbed"))


def test_a_run_that_was_stopped_equals_an_undisturbed_one(tmp_path, undisturbed):
    with pytest.raises(ValueError, match="step 5 are missing"):  # dies after step 4
        train(tmp_path, data=Images(missing_step=5))
    assert tf.train.latest_checkpoint(tmp_path / "checkpoints").endswith("-4")
    assert not same(values(tmp_path), undisturbed)
    assert same(train(tmp_path), undisturbed)


def test_a_run_in_parts_that_was_stopped_equals_an_undisturbed_one(
    tmp_path, undisturbed, capsys
):
    straight = train(tmp_path / "a", accumulation=2)
    assert not same(straight, undisturbed)  # batch norm sees a part at a time
    with pytest.raises(ValueError, match="step 5 are missing"):
        train(tmp_path / "b", accumulation=2, data=Images(missing_step=5))
    assert "Looking at the input of steps 4 to 5." in capsys.readouterr().out
    assert tf.train.latest_checkpoint(tmp_path / "b" / "checkpoints").endswith("-4")
    assert same(train(tmp_path / "b", accumulation=2), straight)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    tmp_path, undisturbed
):
    assert same(train(tmp_path / "a"), undisturbed)
    assert not same(train(tmp_path / "b", seed=2), undisturbed)


def test_steps_per_loop_and_save_every_change_nothing(tmp_path, undisturbed):
    assert same(train(tmp_path, steps_per_loop=4, save_every=4), undisturbed)


def test_a_finished_run_is_not_touched(tmp_path, capsys):
    train(tmp_path, steps=2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    train(tmp_path, steps=2)
    assert "is trained: 2 of 2 steps" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_nan_stops_names_step_and_images_and_keeps_the_checkpoint_before(
    tmp_path, undisturbed
):
    with pytest.raises(FloatingPointError) as caught:
        train(tmp_path, data=Images(broken_step=4))
    message = str(caught.value)
    assert "loss of step 4" in message
    assert frames_of(message) == list(range(32, 40))
    assert all(np.isfinite(value).all() for value in values(tmp_path).values())
    assert same(train(tmp_path), undisturbed)  # once the images are mended


def frames_of(message):
    """Numbers of the images that an error names."""
    return [int(number) for number in re.findall(r"frame_(\d+)", message)]


def root_of_nothing(wanted, outputs):
    """Finite itself, but its gradient is not."""
    nothing = tf.reduce_sum(outputs["value"], [1, 2, 3]) * 0
    return {"total_loss": tf.sqrt(nothing)}


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    with pytest.raises(FloatingPointError, match=r"after step 0.*frame_7"):
        train(tmp_path, loss=root_of_nothing, steps_per_loop=1, save_every=1)
    assert tf.train.latest_checkpoint(tmp_path / "checkpoints") is None


def test_a_nan_within_a_device_loop_may_come_from_the_step_before(tmp_path):
    """The loss of step 0 is finite, its gradient is not, and shows in step 1."""
    with pytest.raises(FloatingPointError) as caught:
        train(tmp_path, loss=root_of_nothing, steps_per_loop=2, save_every=2)
    message = str(caught.value)
    assert "loss of step 1" in message
    assert "It, or the gradient of step 0, did that; with steps_per_loop = 1" in message
    assert frames_of(message) == list(range(16))


def far_too_large(wanted, outputs):
    """Loss and gradient are finite, not the square of the gradient that Adam keeps."""
    return {"total_loss": 1e22 * tf.reduce_mean(outputs["value"], [1, 2, 3])}


def test_numbers_of_the_optimizer_that_are_not_finite_are_never_saved(tmp_path):
    """All weights are finite after step 0; they would not be after step 1."""
    with pytest.raises(FloatingPointError, match=r"after step 0 the variable v/\S* is"):
        train(tmp_path, loss=far_too_large, steps_per_loop=1, save_every=1)
    assert tf.train.latest_checkpoint(tmp_path / "checkpoints") is None


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    train(tmp_path, steps=2)
    wider = functools.partial(tiny_training.model, width=5)
    with pytest.raises(ValueError, match="was not saved from this model"):
        train(tmp_path, model=wider)


def test_init_from_takes_the_weights_of_a_run_but_not_its_step(tmp_path):
    trained = train(tmp_path / "a", steps=2)
    tuned = train(
        tmp_path / "b", init_from=str(tmp_path / "a"), learning_rate=0.0, steps=1
    )
    kernels = [name for name in tuned if name.startswith("model/") and "kernel" in name]
    assert len(kernels) == 3
    for name in kernels:
        np.testing.assert_array_equal(tuned[name], trained[name])
    (step,) = (name for name in tuned if "iterations" in name)
    assert (tuned[step], trained[step]) == (1, 2)


def test_saving_in_the_middle_of_a_device_loop_is_refused(tmp_path):
    with pytest.raises(ValueError, match="save_every 3 is not a multiple"):
        train(tmp_path, save_every=3)
