"""Checkpoints are found, restored whole or not at all, and told apart."""

import numpy as np
import pytest

from naive_student_tf import checkpoint
from naive_student_tf.compat import keras


def dense(units=2, *, seed=0):
    """A model of one layer, initialized from a seed."""
    keras.backend.clear_session()  # equal models have equal names
    image = keras.Input((3,))
    init = keras.initializers.RandomUniform(seed=seed)
    return keras.Model(image, keras.layers.Dense(units, kernel_initializer=init)(image))


@pytest.fixture
def save(tmp_path):
    """Saves a model as training does, after a number of steps; returns the path."""

    def save(model, steps=1):
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build(model.trainable_variables)
        saved = checkpoint.Checkpoints(
            str(tmp_path / "run"), model=model, optimizer=optimizer
        )
        for _ in range(steps):
            variables = model.trainable_variables
            optimizer.apply_gradients([(v * 0 + 1, v) for v in variables])
            path = saved.save()
        return path

    return save


def test_a_checkpoint_is_found_by_its_run_its_folder_and_its_own_path(tmp_path, save):
    path = save(dense(), steps=2)
    assert path == str(tmp_path / "run" / "checkpoints" / "ckpt-2")
    assert checkpoint.find(str(tmp_path / "run")) == path
    assert checkpoint.find(str(tmp_path / "run" / "checkpoints")) == path
    assert checkpoint.find(path) == path


def test_an_older_checkpoint_is_found_by_its_path_and_two_are_kept(save):
    path = save(dense(), steps=3)
    older = path.replace("-3", "-2")
    assert checkpoint.find(older) == older
    with pytest.raises(FileNotFoundError, match="ckpt-1"):
        checkpoint.find(path.replace("-3", "-1"))


def test_a_directory_without_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"No checkpoint at '{tmp_path}'"):
        checkpoint.find(str(tmp_path))


def test_weights_come_back_without_the_optimizer(tmp_path, save):
    model, other = dense(seed=1), dense(seed=2)
    path = save(model)
    assert not np.array_equal(model.get_weights()[0], other.get_weights()[0])
    assert checkpoint.restore_model(other, str(tmp_path / "run")) == path
    for restored, saved in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(restored, saved)


def test_training_comes_back_with_its_step_and_moments(tmp_path, save):
    save(dense(seed=1), steps=3)
    model, optimizer = dense(seed=2), keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(
        str(tmp_path / "run"), model=model, optimizer=optimizer
    )
    assert run.restore_latest() == 3
    moments = [v.numpy() for v in optimizer.variables if "m/" in v.name]
    assert len(moments) == 2
    for moment in moments:
        np.testing.assert_allclose(moment, 1 - 0.9**3, rtol=1e-6)


def test_a_new_run_starts_at_step_0(tmp_path):
    model, optimizer = dense(), keras.optimizers.Adam(0.1)
    run = checkpoint.Checkpoints(str(tmp_path), model=model, optimizer=optimizer)
    assert run.restore_latest() == 0


def two_layers():
    image = keras.Input((3,))
    hidden = keras.layers.Dense(2)(image)
    return keras.Model(image, keras.layers.Dense(2)(hidden))


@pytest.mark.parametrize("other", [lambda: dense(units=3), two_layers])
def test_the_weights_of_another_model_are_refused(save, other):
    path = save(dense())
    with pytest.raises(ValueError, match=r"ckpt-1 was not saved from this model"):
        checkpoint.restore_model(other(), path)


def test_equal_weights_have_one_fingerprint_and_others_another(tmp_path, save):
    path = save(dense(seed=1))
    first = checkpoint.fingerprint(path)
    assert first == checkpoint.fingerprint(str(tmp_path / "run"))
    assert len(first) == 16
    assert checkpoint.fingerprint(save(dense(seed=1))) == first
    assert checkpoint.fingerprint(save(dense(seed=2))) != first
