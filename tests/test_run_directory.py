"""A directory belongs to one config, and at any time to one process."""

import errno
import fcntl
import json
import subprocess
import sys

import pytest

from naive_student_tf import run_directory

CONFIG = "WORK_DIR = 'a'\nSEED = 1\nloop.train.steps = 5\n"


@pytest.fixture
def claim(tmp_path):
    """Claims the directory and lets go of it."""
    return lambda config=CONFIG: run_directory.claim(str(tmp_path / "run"), config)


@pytest.fixture
def with_result(tmp_path, claim):
    """A directory in which a job has got so far as to write something."""
    claim()
    (tmp_path / "run" / "checkpoints").mkdir()
    (tmp_path / "run" / "checkpoints" / "ckpt-1.index").touch()
    return tmp_path / "run"


def test_the_config_is_written_at_the_start_and_what_was_used_at_the_end(
    tmp_path, claim
):
    claim()
    assert (tmp_path / "run" / "config.gin").read_text() == CONFIG
    assert "tensorflow" in json.loads((tmp_path / "run" / "versions.json").read_text())
    run_directory.finish(str(tmp_path / "run"), "SEED = 1\n")
    assert (tmp_path / "run" / "operative_config.gin").read_text() == "SEED = 1\n"


def test_the_same_config_goes_on(with_result, claim):
    claim()


def test_another_config_is_refused_with_the_lines_that_differ(with_result, claim):
    with pytest.raises(ValueError, match="Use another WORK_DIR") as caught:
        claim(CONFIG.replace("steps = 5", "steps = 6"))
    lines = str(caught.value).splitlines()
    assert lines[1:-1] == ["  -loop.train.steps = 5", "  +loop.train.steps = 6"]
    assert (with_result / "config.gin").read_text() == CONFIG


def test_a_value_that_gin_breaks_into_lines_is_compared_whole(tmp_path, claim):
    config = "WORK_DIR = \\\n    '/a/long/path'\n"
    config += "DATA_DIR = \\\n    {'/b': 1,\n     '/c': 1}\n"
    claim(config)
    (tmp_path / "run" / "result").touch()
    claim(config.replace("/a/long/path", "/another/path"))
    with pytest.raises(ValueError, match=r"\+DATA_DIR = \{'/b': 1, '/d': 1\}"):
        claim(config.replace("/c", "/d"))


def test_the_directory_itself_may_be_spelt_differently(with_result, claim):
    claim(CONFIG.replace("'a'", "'/home/a'"))


def test_a_start_that_got_nowhere_leaves_the_directory_free(tmp_path, claim):
    claim("DATA_DIR = 'missspelt'\n")
    (tmp_path / "run" / "shards").mkdir()
    (tmp_path / "run" / "shards" / "log.txt").write_text("no such directory")
    claim(CONFIG)
    assert (tmp_path / "run" / "config.gin").read_text() == CONFIG


def test_a_second_claim_is_refused_while_the_first_is_held(tmp_path, claim):
    lock = claim()
    with pytest.raises(BlockingIOError, match="Another process is writing to"):
        claim()
    del lock
    claim()


def test_workers_share_a_directory_that_no_other_job_may_enter(tmp_path, claim):
    shared = [
        run_directory.claim(
            str(tmp_path / "run"), f"{CONFIG}WORKER_INDEX = {index}\n", shared=True
        )
        for index in range(3)
    ]
    with pytest.raises(BlockingIOError):
        claim()
    del shared
    claim()


def test_workers_of_another_config_are_refused(with_result, tmp_path):
    other = CONFIG.replace("steps = 5", "steps = 6")
    with pytest.raises(ValueError, match="steps = 6"):
        run_directory.claim(str(tmp_path / "run"), other, shared=True)


def test_what_may_differ_is_not_compared(with_result):
    other = CONFIG.replace("steps = 5", "steps = 6")
    run_directory.claim(str(with_result), other, may_differ=("loop.train.steps",))
    with pytest.raises(ValueError, match="steps = 6"):
        run_directory.claim(str(with_result), other, may_differ=("loop.train",))


def test_the_fingerprint_of_a_config_knows_neither_paths_nor_workers():
    same = CONFIG.replace("'a'", "'b'") + "WORKER_INDEX = 3\nNUM_WORKERS = 8\n"
    first, second = map(run_directory.fingerprint, (CONFIG, same))
    assert first == second
    assert first != run_directory.fingerprint(CONFIG.replace("steps = 5", "steps = 6"))
    assert first != run_directory.fingerprint(CONFIG.replace("SEED = 1", "SEED = 2"))


def test_a_file_system_without_locks_is_warned_of(claim, monkeypatch, capsys):
    def flock(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    claim()
    assert "has no locks (flock)" in capsys.readouterr().out


def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path, claim):
    code = (
        "import fcntl, sys; file = open(sys.argv[1], 'w'); "
        "fcntl.flock(file, fcntl.LOCK_EX); print('locked', flush=True); input()"
    )
    claim()
    path = str(tmp_path / "run" / ".lock")
    with subprocess.Popen(
        [sys.executable, "-c", code, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        with pytest.raises(BlockingIOError):
            claim()
        process.kill()
    claim()


@pytest.mark.parametrize("place", ["/proc/run", "nowhere://bucket/run"])
def test_a_place_that_cannot_be_written_to_is_named(place):
    with pytest.raises(OSError, match=f"WORK_DIR '{place}' cannot be written to.*you "):
        run_directory.claim(place, CONFIG)
