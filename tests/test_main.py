"""The one entry: what a user sees of a mistake, and what a job leaves behind."""

import json
import pathlib
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from naive_student_tf import main, run_directory, store

JOB = """\
from __gin__ import dynamic_registration
from naive_student_tf import jobs
from tests import small_jobs
WORK_DIR = 'runs/nowhere'
TEXT = 'hello'
jobs.run.job = @small_jobs.write_note
small_jobs.write_note.work_dir = %WORK_DIR
small_jobs.write_note.text = %TEXT
"""


@pytest.fixture
def start(tmp_path):
    """Runs main in this process: start("NAME = value", ...) -> work_dir."""
    config = tmp_path / "job.gin"
    config.write_text(JOB)
    work_dir = tmp_path / "run"

    def start(*params, **given):
        if not flags.FLAGS.is_parsed():
            flags.FLAGS(["main", "--gin_file", "none"])
        params = [f"WORK_DIR = {str(work_dir)!r}", *params]
        with flagsaver.flagsaver(gin_file=[str(config)], gin_param=params, **given):
            main.main(["main"])
        return work_dir

    return start


def test_a_job_leaves_its_result_and_what_made_it(start):
    work_dir = start("TEXT = 'good'")
    assert (work_dir / "note.txt").read_text() == "good"
    assert "TEXT = 'good'" in (work_dir / "config.gin").read_text()
    assert "write_note.text = %TEXT" in (work_dir / "operative_config.gin").read_text()
    versions = json.loads((work_dir / "versions.json").read_text())
    assert set(versions) == {"git", "platform", "python", "tensorflow"}


def test_a_stage_is_marked_when_it_is_done(start):
    work_dir = start(stage="f00")
    marker = json.loads((work_dir / "stage.json").read_text())
    assert marker["fingerprint"] == "f00" and marker["seconds"] >= 0


def test_a_stage_that_failed_is_not_marked(start, tmp_path):
    with pytest.raises(SystemExit):
        start("TEXT = 'bad'", stage="f00")
    assert (tmp_path / "run" / "config.gin").exists()
    assert not (tmp_path / "run" / "stage.json").exists()


def test_one_of_several_workers_does_not_mark_the_stage(start):
    work_dir = start("TEXT = %NUM_WORKERS", "NUM_WORKERS = '2'", stage="f00")
    assert (work_dir / "note.txt").exists() and not (work_dir / "stage.json").exists()


def test_the_lock_ends_with_the_job(start):
    start()
    start()


def test_a_job_that_shares_its_directory_runs_beside_another_of_its_kind(
    start, tmp_path
):
    share = "jobs.run.share_work_dir = True"
    config = (start(share) / "config.gin").read_text()
    lock = run_directory.claim(str(tmp_path / "run"), config, shared=True)
    start(share)
    with pytest.raises(SystemExit, match="Another process is writing"):
        start()
    del lock


def test_the_error_of_a_job_is_the_exit_message(start):
    with pytest.raises(SystemExit) as caught:
        start("TEXT = 'bad'")
    assert caught.value.code == "ValueError: bad text, give a good one"


def test_the_traceback_is_shown_on_demand(start):
    with pytest.raises(ValueError, match="bad text"):
        start("TEXT = 'bad'", traceback=True)


def test_an_error_of_ours_is_not_dressed_up(start):
    with pytest.raises(KeyError):
        start("TEXT = 'bug'")


def test_an_interruption_says_how_to_go_on(start):
    with pytest.raises(SystemExit, match="same command goes on"):
        start("TEXT = 'stop'")


def test_a_config_that_fails_leaves_no_directory(start, tmp_path):
    with pytest.raises(SystemExit, match="TEXTT"):
        start("TEXTT = 'hello'")
    assert not (tmp_path / "run").exists()


def test_a_misspelt_name_ends_a_process_with_one_line_and_exit_code_1():
    command = [sys.executable, "-m", "naive_student_tf.main"]
    command += ["--gin_file", "gin_configs/jobs/toy_city.gin"]
    command += ["--gin_param", "write.write_toy_citi.seed = 3"]
    root = pathlib.Path(__file__).parents[1]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("ValueError: ")
    assert "write_toy_citi" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_result_is_whole_or_absent(tmp_path):
    path = str(tmp_path / "new" / "a.json")
    store.write_json(path, {"b": 1})
    assert store.read_json(path) == {"b": 1}
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.json"]


def test_broken_json_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"b":')
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON"):
        store.read_json(str(path))
