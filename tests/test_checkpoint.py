"""Checkpoints are found, restored whole or not at all, and told apart."""

import contextlib
import pathlib
import resource

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


def at_step(path, step):
    """The checkpoint of another step beside `path`."""
    return f"{path.rpartition('-')[0]}-{step}"


def test_a_checkpoint_is_found_by_its_run_its_folder_and_its_own_path(tmp_path, save):
    path = save(dense(), steps=2)
    assert path == str(tmp_path / "run" / "checkpoints" / "ckpt-2")
    assert checkpoint.find(str(tmp_path / "run")) == path
    assert checkpoint.find(str(tmp_path / "run" / "checkpoints")) == path
    assert checkpoint.find(path) == path


def test_an_older_checkpoint_is_found_by_its_path_and_two_are_kept(save):
    path = save(dense(), steps=3)
    older = at_step(path, 2)
    assert checkpoint.find(older) == older
    with pytest.raises(FileNotFoundError, match="ckpt-1"):
        checkpoint.find(at_step(path, 1))


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


def test_a_model_of_fewer_layers_is_refused(save, resume):
    path = save(two_layers())
    for restore in (
        lambda: checkpoint.restore_model(dense(), path),
        lambda: resume(dense()),
    ):
        with pytest.raises(
            ValueError, match=r"from this model: it has more[^$]*not used here: 4"
        ):
            restore()


def test_names_that_keras_gave_may_differ(save):
    path = save(dense(seed=1))
    image = keras.Input((3,))
    other = keras.Model(image, keras.layers.Dense(2, name="other")(image))
    assert checkpoint.restore_model(other, path) == path


def test_equal_weights_have_one_fingerprint_and_others_another(tmp_path, save):
    path = save(dense(seed=1))
    first = checkpoint.fingerprint(path)
    assert first == checkpoint.fingerprint(str(tmp_path / "run"))
    assert len(first) == 16
    assert checkpoint.fingerprint(save(dense(seed=1))) == first
    assert checkpoint.fingerprint(save(dense(seed=2))) != first


def damage(path, kind):
    """Half of a file, one flipped bit, or nothing left."""
    data = pathlib.Path(path).read_bytes()
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]
    damaged = {"cut": data[:middle], "flipped": flipped, "empty": b""}[kind]
    pathlib.Path(path).write_bytes(damaged)


@pytest.fixture
def resume(tmp_path):
    """Restores the run into a new model: (step, weights)."""

    def resume(model=None):
        model, optimizer = model or dense(seed=9), keras.optimizers.Adam(0.1)
        optimizer.build(model.trainable_variables)
        run = checkpoint.Checkpoints(
            str(tmp_path / "run"), model=model, optimizer=optimizer
        )
        return run.restore_latest(), model.get_weights()

    return resume


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty"])
@pytest.mark.parametrize("file", ["index", "data-00000-of-00001"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    save, resume, capsys, kind, file
):
    path = save(dense(seed=1), steps=2)
    older = dense(seed=1)
    checkpoint.restore_model(older, at_step(path, 1))
    damage(f"{path}.{file}", kind)
    step, weights = resume()
    printed = capsys.readouterr().out
    assert step == 1
    assert f"WARNING: {path} is damaged" in printed
    for restored, saved in zip(weights, older.get_weights(), strict=True):
        np.testing.assert_array_equal(restored, saved)


@pytest.mark.parametrize("file", ["index", "data-00000-of-00001"])
def test_a_bit_that_flips_anywhere_never_becomes_a_wrong_weight(save, resume, file):
    path = save(dense(seed=1), steps=2)
    whole = {step: dense(seed=1) for step in (1, 2)}
    for step, model in whole.items():
        checkpoint.restore_model(model, at_step(path, step))
    data = pathlib.Path(f"{path}.{file}").read_bytes()
    for place in range(0, len(data), len(data) // 12):
        flipped = data[place] ^ (1 << place % 8)
        changed = data[:place] + bytes([flipped]) + data[place + 1 :]
        pathlib.Path(f"{path}.{file}").write_bytes(changed)
        step, weights = resume()  # 2 where nothing lies in that byte
        for restored, saved in zip(weights, whole[step].get_weights(), strict=True):
            np.testing.assert_array_equal(restored, saved)


def test_a_damaged_checkpoint_is_not_one_of_the_two_that_are_kept(tmp_path, save):
    damage(save(dense(), steps=2) + ".index", "cut")
    optimizer = keras.optimizers.Adam(0.1)
    model = dense()
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(
        str(tmp_path / "run"), model=model, optimizer=optimizer
    )
    kept = []
    assert run.restore_latest() == 1
    for step in (3, 4):
        optimizer.iterations.assign(step)
        run.save()
        run.wait()
        names = (tmp_path / "run" / "checkpoints").glob("ckpt-*.index")
        kept.append(sorted(int(name.stem.partition("-")[2]) for name in names))
    assert kept == [[1, 2, 3], [2, 3, 4]]  # 2 is damaged


def test_a_checkpoint_without_its_data_counts_as_damaged(save, resume, capsys):
    path = pathlib.Path(f"{save(dense(), steps=2)}.data-00000-of-00001")
    path.unlink()
    assert resume()[0] == 1
    assert "ckpt-2 is damaged" in capsys.readouterr().out


def test_a_broken_list_of_checkpoints_loses_none(tmp_path, save, resume):
    save(dense(), steps=2)
    (tmp_path / "run" / "checkpoints" / "checkpoint").write_text("rubbish\0")
    assert resume()[0] == 2
    assert checkpoint.find(str(tmp_path / "run")).endswith("ckpt-2")


def test_where_no_checkpoint_is_whole_nothing_is_overwritten(save, resume):
    path = save(dense(), steps=2)
    for number in (1, 2):
        damage(at_step(path, number) + ".index", "cut")
    with pytest.raises(checkpoint.DamagedError, match="none of the checkpoints"):
        resume()


def test_a_damaged_checkpoint_that_was_asked_for_by_name_is_an_error(save):
    path = save(dense())
    damage(f"{path}.index", "cut")
    with pytest.raises(checkpoint.DamagedError, match="ckpt-1 is damaged"):
        checkpoint.restore_model(dense(), path)


def test_resuming_with_another_model_says_which_variables_differ(save, resume):
    save(dense())
    with pytest.raises(ValueError, match="was not saved from this model") as caught:
        resume(dense(units=3))
    assert "mismatched: 2 variables\n    dense/bias [2] there, [3] here" in str(
        caught.value
    )


@pytest.mark.parametrize("background", [False, True])
def test_a_full_disk_is_named_and_the_checkpoint_before_stays(
    tmp_path, save, resume, background
):
    save(dense(seed=1))
    model, optimizer = dense(seed=2), keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(
        str(tmp_path / "run"), model=model, optimizer=optimizer, background=background
    )
    run.restore_latest()
    optimizer.iterations.assign(7)
    with (
        small_files(600),
        pytest.raises(OSError, match=r"ckpt-7 could not be written.*start the same"),
    ):
        run.save()
        run.wait()
    assert resume()[0] == 1


def test_a_run_that_fails_is_not_saved_again_and_its_own_error_is_seen(
    tmp_path, save, resume, capsys
):
    save(dense(seed=1))
    model, optimizer = dense(seed=2), keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(
        str(tmp_path / "run"), model=model, optimizer=optimizer, background=True
    )
    run.restore_latest()
    with pytest.raises(FloatingPointError), small_files(600), run:
        optimizer.iterations.assign(7)
        run.save()
        optimizer.iterations.assign(8)
        model.set_weights([weight * np.nan for weight in model.get_weights()])
        raise FloatingPointError
    assert "ckpt-7 was not written" in capsys.readouterr().out
    step, weights = resume()
    assert step == 1
    assert all(np.isfinite(weight).all() for weight in weights)
    with pytest.raises(OSError, match="could not be written"):  # what went wrong then
        run.save()


@contextlib.contextmanager
def small_files(size):
    """No file of this process may grow beyond `size` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# /proc is read-only for everybody, root too.
@pytest.mark.parametrize("place", ["file/run", "nowhere://bucket/run", "/proc/run"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, place):
    (tmp_path / "file").write_text("a file where a directory is needed")
    place = place if "://" in place else str(tmp_path / place)  # "/..." stays
    model, optimizer = dense(), keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    run = checkpoint.Checkpoints(place, model=model, optimizer=optimizer)
    with pytest.raises(OSError, match=f"{place}/checkpoints/ckpt-0 could not be"):
        run.save()


def test_values_are_those_of_the_call_even_where_writing_goes_on_behind(
    tmp_path, resume
):
    model, optimizer = dense(seed=1), keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    with checkpoint.Checkpoints(
        str(tmp_path / "run"), model=model, optimizer=optimizer, background=True
    ) as run:
        for step in (1, 2, 3):
            optimizer.iterations.assign(step)
            model.set_weights([weight * 0 + step for weight in model.get_weights()])
            run.save()
            model.set_weights([weight * 0 - 1 for weight in model.get_weights()])
    step, weights = resume()
    assert step == 3
    assert all((weight == 3).all() for weight in weights)
    kept = {path.name for path in (tmp_path / "run" / "checkpoints").iterdir()}
    versions = {name for name in kept if name.endswith(".versions.json")}
    assert versions == {"ckpt-2.versions.json", "ckpt-3.versions.json"}
