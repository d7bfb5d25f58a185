"""A mistake in a config stops the run as the config is loaded, and is named."""

import textwrap

import pytest

from naive_student_tf import config

HEAD = """\
from __gin__ import dynamic_registration
from naive_student_tf import jobs
from naive_student_tf.train import loop
jobs.run.job = @loop.train
STEPS = 5
loop.train.steps = %STEPS
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="config.gin"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def test_a_correct_config_loads(write):
    config.load([write(HEAD)])
    assert config.macro("STEPS") == 5
    assert config.macro("WORK_DIR") is None


def test_the_last_of_files_and_parameters_wins(write):
    second = write("from __gin__ import dynamic_registration\nSTEPS = 6", "second.gin")
    config.load([write(HEAD), second])
    assert config.macro("STEPS") == 6
    config.load([write(HEAD), second], ["STEPS = 7"])
    assert config.macro("STEPS") == 7


def test_nothing_is_left_of_the_config_before(write):
    config.load([write(HEAD)], ["loop.train.seed = 3"])
    config.load([write(HEAD)])
    assert "seed" not in config.parsed()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("STEPZ = 3", r"nothing uses: \['STEPZ'\].*this config has \['STEPS'\]"),
        ("loop.train.seed = %SEEED", r"nothing binds: \['SEEED'\]"),
        ("loop.trian.steps = 3", "no attribute trian"),
        ("loop.train.stepz = 3", "'loop.train' doesn't have a parameter named 'stepz'"),
        ("loop.train.loss = @loop.los", "no attribute los"),
        ("losses.f.x = 3", "losses.f"),
        ("from naive_student_tf import jobz", "jobz"),
        ("loop.train.work_dir = runs/demo", "needs quotes"),
        ("loop.train.work_dir =", "cannot be read"),
        ("include 'gin_configs/no_such_file.gin'", "no_such_file.gin"),
    ],
)
def test_a_mistake_is_named(write, line, message):
    with pytest.raises((ValueError, OSError), match=message) as caught:
        config.load([write(HEAD + line + "\n")])
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("STEPZ = 3", "STEPZ"),
        ("loop.trian.steps = 3", "loop.trian"),
        ("loop.train.work_dir = runs/demo", "needs quotes"),
    ],
)
def test_a_mistake_in_a_parameter_is_named(write, parameter, message):
    with pytest.raises(ValueError, match=message):
        config.load([write(HEAD)], [parameter])


def test_a_percent_sign_in_a_text_is_no_macro(write):
    config.load([write(HEAD)], ["loop.train.work_dir = 'runs/50%SURE'"])


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match="gin_configs/nope"):
        config.load(["gin_configs/nope.gin"])


def test_a_config_of_the_repository_loads_from_any_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config.load(["gin_configs/jobs/toy_city.gin"])
    assert config.macro("SEED") == 1


def test_a_config_without_a_job_does_not_run(write):
    config.load([write(HEAD.replace("jobs.run.job", "loop.train.loss"))])
    with pytest.raises(ValueError, match="binds no job"):
        config.run()


def test_bindings_that_the_job_did_not_read_are_listed(write):
    config.load(
        [
            write("""\
            from __gin__ import dynamic_registration
            from naive_student_tf import jobs
            from naive_student_tf.train import strategy
            from naive_student_tf.train import schedule
            jobs.run.job = @strategy.one_device
            schedule.Poly.power = 0.9
            """)
        ]
    )
    config.run()
    assert config.unused_bindings() == ["schedule.Poly.power"]
