"""A server without our Python learns what this process learns, draws and stops."""

import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from naive_student_tf import processes
from tests import tiny_shards
from tests.train import run_slice
from tests.train.tiny_training import values

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    frames = [tiny_shards.frame(number) for number in range(5)]
    return tiny_shards.write(tmp_path_factory.mktemp("shards"), frames)


@pytest.fixture(scope="module")
def remote(tmp_path_factory, directory):
    """Where a server has trained, and all that was printed."""
    work_dir = tmp_path_factory.mktemp("remote")
    run = subprocess.run(
        [sys.executable, "-m", "tests.train.run_slice", work_dir, directory],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=processes.die_with_parent,
    )
    assert run.returncode == 0, run.stdout
    return work_dir, run.stdout


def test_it_learns_the_same_from_the_same_images(tmp_path, directory, remote):
    here, there = run_slice.train(tmp_path, directory), values(remote[0] / "whole")
    assert here.keys() == there.keys()
    for name, value in here.items():
        np.testing.assert_allclose(there[name], value, atol=1e-5)


def test_it_draws_a_picture_with_every_checkpoint(remote):
    assert remote[1].count("A picture of (1, 5, 7, 3).") == 2


def test_sigterm_reaches_it_in_the_middle_of_a_device_loop(remote):
    (saved,) = re.findall(r"Preempted: .*stopped is saved at step (\d+)", remote[1])
    assert 1 <= int(saved) < run_slice.ENDLESS
