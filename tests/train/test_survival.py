"""Stopped by SIGTERM, SIGHUP or kill -9, a run ends in what an unstopped one gives."""

import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.train import cluster, interrupt
from tests.train.run_tiny import STEPS
from tests.train.tiny_training import mirrored, same, train, values

ROOT = pathlib.Path(__file__).parents[2]


def start(work_dir, *kind, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.train.run_tiny", str(work_dir), *kind],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def steps_saved(work_dir):
    names = pathlib.Path(work_dir, "checkpoints").glob("ckpt-*.index")
    return sorted(int(path.stem.partition("-")[2]) for path in names)


def wait_for_step_4(work_dir, *runs):
    wait_for("ckpt-4.index", work_dir, *runs)


def wait_for(pattern, work_dir, *runs):
    """Returns at once when there is such a file among the checkpoints."""
    while not any(pathlib.Path(work_dir, "checkpoints").glob(pattern)):
        assert all(run.poll() is None for run in runs), runs[0].communicate()[0]
        time.sleep(0.0005)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return train(tmp_path_factory.mktemp("undisturbed"), steps=STEPS)


@pytest.mark.parametrize("kind", [(), ("one_by_one",)])  # steps per device loop: 2, 1
def test_sigterm_saves_the_running_step_and_the_run_goes_on_from_there(
    tmp_path, undisturbed, kind
):
    run = start(tmp_path, *kind)
    wait_for_step_4(tmp_path, run)
    run.terminate()
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 1, output
    assert "SIGTERM: saving after the step that is running" in output
    saved = steps_saved(tmp_path)[-1]
    assert 4 < saved < STEPS
    assert f"is saved at step {saved}" in output
    assert same(train(tmp_path, steps=STEPS), undisturbed)


KILLS = (  # the first sign of this file, so many seconds later, in this way of saving
    ("ckpt-4*", 0.0, ()),  # saving begins with what made it
    ("ckpt-6*", 0.003, ("background",)),
    ("ckpt-8.index", random.Random(0).uniform(0.0, 0.8), ()),  # two steps take 0.8
)


def test_killed_at_any_moment_it_loses_no_more_than_the_steps_since_it_saved(
    tmp_path, undisturbed
):
    """Again and again the same run, in the middle of its saves too."""
    for pattern, seconds, kind in KILLS:
        run = start(tmp_path, *kind)
        wait_for(pattern, tmp_path, run)
        time.sleep(seconds)
        run.kill()
        assert run.wait() == -signal.SIGKILL
        run.stdout.close()
        step = int(re.match(r"ckpt-(\d+)", pattern)[1])
        assert step - 2 <= steps_saved(tmp_path)[-1] < STEPS
    assert same(train(tmp_path, steps=STEPS), undisturbed)


def free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_workers(work_dir, parts):
    """Two processes of one training, each with one replica, on this machine."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    tasks = [{"type": "worker", "index": index} for index in (0, 1)]
    configs = [json.dumps({"cluster": cluster, "task": task}) for task in tasks]
    kind = ("multi_worker", str(parts))
    return [start(work_dir, *kind, TF_CONFIG=config) for config in configs]


@pytest.mark.parametrize("parts", [1, 2])
def test_two_processes_learn_what_one_learns_and_stop_together(tmp_path, parts):
    settings = {"steps": STEPS, "accumulation": parts}
    alone = train(tmp_path / "alone", strategy=mirrored(2), **settings)
    workers = start_workers(tmp_path / "both", parts)
    wait_for_step_4(tmp_path / "both", *workers)
    workers[1].terminate()  # the other one learns of it
    outputs = [worker.communicate(timeout=60)[0] for worker in workers]
    saved = steps_saved(tmp_path / "both")[-1]
    assert 4 < saved < STEPS
    assert all(f"is saved at step {saved}" in output for output in outputs)
    outputs = [
        w.communicate(timeout=300)[0] for w in start_workers(tmp_path / "both", parts)
    ]
    together = values(tmp_path / "both")
    assert together.keys() == alone.keys(), outputs
    for name, value in alone.items():
        np.testing.assert_allclose(together[name], value, atol=3e-6)


def test_without_other_processes_nobody_needs_to_agree():
    strategy = mirrored(2)()
    flag = interrupt.Flag()
    assert cluster.agreed(strategy, flag.is_set) == flag.is_set
    assert cluster.is_chief(strategy)
    cluster.check_agreement(strategy, 5, "anywhere")


def turns_until_set(flag, limit):
    """Asks so often, in TensorFlow, at most."""

    @tf.function
    def wait(limit):
        turns = tf.constant(0)
        while turns < limit and not flag.is_set():
            turns += 1
        return turns

    return wait(limit)


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_a_signal_sets_the_flag_while_the_main_thread_is_in_tensorflow(name):
    with interrupt.on_request() as flag:
        command = f"sleep 0.5; kill -{name} {os.getpid()}"
        killer = subprocess.Popen(["sh", "-c", command])
        assert turns_until_set(flag, 10_000_000) < 10_000_000
        killer.wait()
        assert bool(flag.is_set())
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_a_hangup_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with interrupt.on_request() as flag:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert not flag.is_set()  # whoever listened has ended
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_dropped_connection_ends_a_run_as_sigterm_does(tmp_path):
    terminal, ours = os.openpty()
    os.set_blocking(terminal, False)
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.train.run_tiny", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(ours)
    while not any(tmp_path.glob("checkpoints/ckpt-4.index")):
        assert run.poll() is None
        with contextlib.suppress(BlockingIOError):
            os.read(terminal, 65536)
        time.sleep(0.01)
    os.close(terminal)
    assert run.wait() == 1
    assert 4 < steps_saved(tmp_path)[-1] < STEPS
