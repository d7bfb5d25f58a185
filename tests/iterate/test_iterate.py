"""Stages run in order, each once, and go on after any death."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from naive_student_tf import store
from naive_student_tf.iterate.iterate import iterate
from naive_student_tf.iterate.stage import Stage
from tests.iterate.quick_stages import evaluated, order, quick

ROOT = pathlib.Path(__file__).parents[2]


def chain():
    """Two stages and their evaluations."""
    return [
        quick("data"),
        quick("teacher", after=("data",)),
        evaluated("teacher", after=("teacher",), pq=20.0, ap=None, miou=30.0),
        quick("student", after=("teacher",)),
        evaluated("student", after=("student",), iteration=1, pq=25.0, miou=31.5),
    ]


def run(stages, work_dir, **settings):
    iterate(stages=stages, work_dir=str(work_dir), **settings)


def test_stages_run_in_order_and_leave_a_marker_and_the_results(tmp_path, capsys):
    run(chain(), tmp_path)
    names = ["data", "teacher", "teacher/eval", "student", "student/eval"]
    assert order(tmp_path) == names
    for name in names:
        marker = json.loads((tmp_path / name / "stage.json").read_text())
        assert set(marker) == {"fingerprint", "seconds"}
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [(row["stage"], row["iteration"], row["pq"]) for row in rows] == [
        ("teacher", 0, 20.0),
        ("student", 1, 25.0),
    ]
    assert "31.5" in capsys.readouterr().out.splitlines()[-1]


def test_what_a_stage_prints_is_shown_and_kept(tmp_path, capfd):
    run([quick("a", "print('hello', file=sys.stderr)")], tmp_path)
    assert "[a] hello" in capfd.readouterr().out
    assert (tmp_path / "a" / "log.txt").read_text() == "hello\n"


def test_finished_stages_are_not_run_again(tmp_path, capsys):
    run(chain(), tmp_path)
    run([*chain(), quick("more", after=("student",))], tmp_path)
    assert order(tmp_path).count("teacher") == 1
    assert order(tmp_path)[-1] == "more"
    assert "teacher: done before" in capsys.readouterr().out


def test_results_lost_by_a_death_after_the_last_stage_are_written_again(tmp_path):
    run(chain(), tmp_path)
    (tmp_path / "results.json").unlink()
    run(chain(), tmp_path)
    assert len(json.loads((tmp_path / "results.json").read_text())) == 2


def test_a_finished_stage_whose_config_changed_since_is_refused(tmp_path):
    config = tmp_path / "a.gin"
    config.write_text("STEPS = 5\n")
    stages = [quick("a", gin_files=[config]), quick("b", after=("a",))]
    run(stages, tmp_path / "run")
    config.write_text("STEPS = 6\n")
    with pytest.raises(ValueError, match=r"run/a was made by another config"):
        run(stages, tmp_path / "run")
    assert order(tmp_path / "run") == ["a", "b"]


def test_a_finished_run_that_was_moved_is_still_finished(tmp_path, monkeypatch, capsys):
    def stages(work_dir):
        note = (note_job(tmp_path),)
        params = {"TEXT": f"{work_dir}/a"}
        return [Stage("a", note, {}), Stage("b", note, params, after=("a",))]

    monkeypatch.chdir(ROOT)
    before, after = tmp_path / "run", tmp_path / "mount" / "run"
    run(stages(before), before)
    after.parent.mkdir()
    before.rename(after)
    run(stages(after), after, only_print=True)
    assert capsys.readouterr().out.endswith("# a: done before\n# b: done before\n")


def test_printing_runs_nothing(tmp_path, capsys):
    stages = [Stage("a", (), {"TEXT": "x y"}), Stage("b", (), {}, after=("a",))]
    run(stages, tmp_path / "run", only_print=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[::2] == ["# a", "# b, after a"]
    assert [line.split()[1:3] for line in lines[1::2]] == [
        ["-m", "naive_student_tf.main"]
    ] * 2
    assert not (tmp_path / "run").exists()


def test_printed_commands_that_a_scheduler_ran_are_done(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    files = (note_job(tmp_path),)
    stages = [
        Stage("a", files, {"TEXT": "it's good"}),
        Stage("b", files, {"TEXT": "b"}, after=("a",)),
    ]
    run(stages, tmp_path / "run", only_print=True)
    subprocess.run(capsys.readouterr().out.splitlines()[1], shell=True, check=True)
    run(stages, tmp_path / "run", only_print=True)
    first, second, _ = capsys.readouterr().out.splitlines()
    assert (first, second) == ("# a: done before", "# b")
    run(stages, tmp_path / "run")
    assert "a: done before" in capsys.readouterr().out
    assert (tmp_path / "run" / "b" / "note.txt").read_text() == "b"


def test_stages_in_a_bucket_are_for_a_scheduler(capsys):
    stages = [Stage("a", (), {})]
    run(stages, "ram://bucket/run", only_print=True)
    assert "'ram://bucket/run/a'" in capsys.readouterr().out.replace("'\"'", "'")
    with pytest.raises(ValueError, match=r"a is not done, .*ONLY_PRINT"):
        run(stages, "ram://bucket/run")
    print_ = stages[0].fingerprint("ram://bucket/run", [])
    marker = {"fingerprint": print_, "seconds": 1.0}
    store.write_json("ram://bucket/run/a/stage.json", marker)
    run(stages, "ram://bucket/run")
    assert "a: done before" in capsys.readouterr().out


def test_a_stage_that_ends_without_its_marker_has_failed(tmp_path):
    with pytest.raises(RuntimeError, match=r"Stage a failed \(exit code 0\)"):
        run([quick("a", "sys.exit(0)")], tmp_path)


def test_a_failure_names_the_stage_its_log_and_its_last_words(tmp_path):
    words = "ValueError: bad\\n  -a\\n  +b\\nDelete it."
    stages = [quick("a"), quick("b", f"sys.exit('first\\n{words}')", after=("a",))]
    with pytest.raises(RuntimeError) as caught:
        run([*stages, quick("c", after=("b",))], tmp_path)
    message = str(caught.value)
    assert (
        "Stage b failed (exit code 1): ValueError: bad\n  -a\n  +b\nDelete" in message
    )
    assert "first" not in message
    assert str(tmp_path / "b" / "log.txt") in message
    assert order(tmp_path) == ["a", "b"]
    assert not (tmp_path / "b" / "stage.json").exists()


def test_a_mended_stage_goes_on_where_it_failed(tmp_path):
    code = "here.joinpath('tried').exists() or (here.joinpath('tried').touch(), 1 / 0)"
    stages = [quick("a"), quick("b", code, after=("a",)), quick("c", after=("b",))]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run(stages, tmp_path)
    run(stages, tmp_path)
    assert order(tmp_path) == ["a", "b", "b", "c"]


def test_a_stage_that_dies_without_a_word_is_a_failure(tmp_path):
    with pytest.raises(RuntimeError, match=r"exit code -9\): it printed nothing"):
        run([quick("a", "os.kill(os.getpid(), 9)")], tmp_path)


MEET = """
(here / 'here').touch()
for _ in range(200):
    if (run / '{other}' / 'here').exists(): break
    time.sleep(0.05)
else: sys.exit('alone')
"""


def test_stages_that_do_not_wait_for_each_other_may_run_together(tmp_path):
    stages = [quick("a", MEET.format(other="b")), quick("b", MEET.format(other="a"))]
    run([*stages, quick("c", after=("a", "b"))], tmp_path, max_parallel=2)
    assert order(tmp_path)[-1] == "c"


def test_a_failure_ends_the_stages_beside_it(tmp_path):
    wait = "(here / 'pid').write_text(str(os.getpid())); time.sleep(60)"
    fail = "while not (run / 'a' / 'pid').exists(): time.sleep(0.01)\nsys.exit(3)"
    with pytest.raises(RuntimeError, match="Stage b failed"):
        run([quick("a", wait), quick("b", fail)], tmp_path, max_parallel=2)
    assert not is_alive(int((tmp_path / "a" / "pid").read_text()))


def test_stages_out_of_order_or_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'b' comes after \['a'\]"):
        run([quick("b", after=("a",)), quick("a")], tmp_path)
    with pytest.raises(ValueError, match="taken twice"):
        run([quick("a"), quick("a")], tmp_path)


PARENT = """
import sys
sys.path.insert(0, '.')
from tests.iterate import test_iterate
test_iterate.run(test_iterate.interruptible(), sys.argv[1])
"""


def interruptible():
    """The second stage waits for a file that only the test writes."""
    wait = """
    (here / 'pid').write_text(str(os.getpid()))
    while not (run / 'go').exists(): time.sleep(0.02)
    """
    lines = "\n".join(line.strip() for line in wait.splitlines())
    return [quick("a"), quick("b", lines, after=("a",)), quick("c", after=("b",))]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prctl")
def test_a_killed_run_takes_its_stage_along_and_goes_on_when_started_again(tmp_path):
    command = [sys.executable, "-c", PARENT, tmp_path]
    with subprocess.Popen(command, cwd=ROOT) as parent:
        pid = wait_for(tmp_path / "b" / "pid")
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))
    (tmp_path / "go").touch()
    run(interruptible(), tmp_path)
    assert order(tmp_path) == ["a", "b", "b", "c"]


GRACE = """
import signal
def save(*_):
    (here / 'saved').touch()
    sys.exit(1)
signal.signal(signal.SIGTERM, save)
(here / 'pid').write_text(str(os.getpid()))
time.sleep(60)
"""


def test_a_run_that_is_preempted_lets_its_stages_save(tmp_path):
    code = PARENT.replace(
        "test_iterate.interruptible()", "[test_iterate.quick('a', GRACE)]"
    )
    command = [sys.executable, "-c", f"GRACE = {GRACE!r}\n{code}", tmp_path]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as parent:
        wait_for(tmp_path / "a" / "pid")
        parent.terminate()
    assert (tmp_path / "a" / "saved").exists() and parent.returncode


def wait_for(path):
    wait_until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def wait_until(condition):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError(condition)


def is_alive(pid):
    """Whether a process runs; a zombie that nobody has waited for does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return state[0] != "Z"


def note_job(folder):
    """The gin file of a small job."""
    config = folder / "note.gin"
    config.write_text(
        "from __gin__ import dynamic_registration\n"
        "from naive_student_tf import jobs\n"
        "from tests import small_jobs\n"
        "WORK_DIR = 'x'\nTEXT = 'x'\n"
        "jobs.run.job = @small_jobs.write_note\n"
        "small_jobs.write_note.work_dir = %WORK_DIR\n"
        "small_jobs.write_note.text = %TEXT\n"
    )
    return str(config)


def test_a_real_stage_is_a_process_of_the_one_entry(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # a stage imports what can be imported from here
    files = (note_job(tmp_path),)
    run([Stage("note", files, {"TEXT": "it's good"})], tmp_path / "run")
    assert (tmp_path / "run" / "note" / "note.txt").read_text() == "it's good"
    assert (tmp_path / "run" / "note" / "config.gin").exists()
