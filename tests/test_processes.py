"""Whether another process still lives, told from what it wrote down about itself."""

import json
import subprocess
import sys
import time

import pytest

from naive_student_tf import processes

SHOW = (
    "import json; from naive_student_tf import processes; "
    "print(json.dumps(processes.identity()), flush=True); input()"
)


def test_this_process_is_not_gone():
    assert not processes.is_gone(processes.identity())


def test_a_process_is_gone_once_it_is_killed_even_before_its_parent_looks():
    with subprocess.Popen(
        [sys.executable, "-c", SHOW], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        told = json.loads(child.stdout.readline())
        assert not processes.is_gone(told)
        child.kill()
        child.stdout.read()  # ends with the process
        for _ in range(1000):  # it is a zombie until Popen reaps it
            if not processes.is_gone(told):
                time.sleep(0.01)
        assert processes.is_gone(told)
        assert child.returncode is None


def test_another_process_with_the_same_number_is_not_the_one_that_ended():
    assert processes.is_gone({**processes.identity(), "start": 1})


def test_nobody_knows_about_a_process_of_another_machine():
    assert not processes.is_gone({"machine": "far away", "pid": 1, "start": 1})
    assert not processes.is_gone({"machine": None, "pid": 1, "start": None})


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", 8),
        ("150000 100000", 2),
        ("400000 100000", 4),
        ("10000 100000", 1),
        ("9900000 100000", 8),
        (None, 8),
    ],
)
def test_a_container_has_as_many_processors_as_its_quota(
    tmp_path, monkeypatch, quota, expected
):
    monkeypatch.setattr(processes.os, "sched_getaffinity", lambda pid: set(range(8)))
    path = tmp_path / "cpu.max"
    if quota:
        path.write_text(f"{quota}\n")
    assert processes.num_cpus(str(path)) == expected
