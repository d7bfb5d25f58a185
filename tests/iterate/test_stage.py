"""A stage is a command line and a fingerprint of all that goes into it."""

import dataclasses
import re
import sys

import pytest

from naive_student_tf.iterate import stage
from naive_student_tf.iterate.stage import Stage


@pytest.fixture
def files(tmp_path):
    """A gin file that includes another: a function that writes and names it."""

    def write(inner="STEPS = 5\n"):
        (tmp_path / "inner.gin").write_text(inner)
        outer = tmp_path / "outer.gin"
        outer.write_text(f"# a job\ninclude '{tmp_path}/inner.gin'\nSEED = 1\n")
        return str(outer)

    return write


def test_the_command_is_the_one_entry_with_the_files_and_the_macros():
    train = Stage("student_1", ("a.gin", "b.gin"), {"DATA_DIR": {"x/y": 2}, "SEED": 3})
    assert train.command("runs/demo") == [
        *(sys.executable, "-m", "naive_student_tf.main"),
        *("--gin_file", "a.gin", "--gin_file", "b.gin"),
        *("--gin_param", "WORK_DIR = 'runs/demo/student_1'"),
        *("--gin_param", "DATA_DIR = {'x/y': 2}"),
        *("--gin_param", "SEED = 3"),
    ]


def test_the_process_may_be_asked_to_mark_what_it_did():
    train = Stage("student_1", ("a.gin",), {})
    assert train.command("runs/demo", "f00") == [
        *train.command("runs/demo"),
        "--stage=f00",
    ]


def test_texts_tuples_and_none_are_written_as_gin_reads_them():
    command = Stage("a", (), {"A": ("x",), "B": None, "C": "it's"}).command("run")
    assert command[-5::2] == ["A = ('x',)", "B = None", 'C = "it\'s"']


def test_includes_are_part_of_the_text(files):
    assert stage.gin_text(files()) == "# a job\nSTEPS = 5\n\nSEED = 1\n"


def test_comments_and_layout_do_not_count(files, tmp_path):
    (tmp_path / "other.gin").write_text(
        "# another comment\n\nSTEPS  =  5   # many\nSEED = 1\n"
    )
    other = str(tmp_path / "other.gin")
    assert stage.gin_code(files()) == stage.gin_code(other)
    assert stage.gin_code(files("STEPS = 6\n")) != stage.gin_code(other)
    assert stage.gin_code(files("STEPS = '5'\n")) != stage.gin_code(other)


def test_every_config_of_the_repository_has_code():
    paths = [*stage.ROOT.glob("gin_configs/**/*.gin")]
    assert len(paths) > 60
    for path in paths:
        assert "#" not in re.sub("'[^']*'", "", stage.gin_code(path)), path


def test_a_config_of_the_repository_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "CITYSCAPES" in stage.gin_text("gin_configs/jobs/train.gin").upper()


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"no_such\.gin"):
        stage.gin_text("gin_configs/no_such.gin")


def test_the_fingerprint_covers_name_text_parameters_and_parents(files):
    first = Stage("a", (files(),), {"SEED": 1})

    def print_of(stage, parent="parent"):
        return stage.fingerprint("run", [parent])

    prints = [
        print_of(first),
        print_of(first, "another"),
        print_of(dataclasses.replace(first, name="b")),
        print_of(dataclasses.replace(first, params={"SEED": 2})),
        print_of(dataclasses.replace(first, gin_files=())),
    ]
    assert print_of(first) == prints[0]
    files("STEPS = 6\n")
    prints.append(print_of(first))
    assert len(set(prints)) == 6


def placed(work_dir, *, teacher="teacher"):
    """The fingerprint of a stage whose parameters name what lies in `work_dir`."""
    params = {
        "CHECKPOINT": f"{work_dir}/{teacher}",
        "DATA_DIR": {"data/elsewhere": 1, f"{work_dir}/shards/train": 2},
        "RUN_DIRS": (work_dir, "runs/another"),
    }
    return Stage("student", (), params).fingerprint(work_dir, [])


def test_a_run_may_lie_anywhere_and_be_spelt_in_any_way():
    names = ("runs/x", "/mnt/disk/runs/x", "gs://bucket/x", "zz", "runs/x/")
    assert len({placed(name) for name in names}) == 1


def test_a_path_that_only_begins_like_the_run_is_another_path():
    def print_of(path):
        return Stage("a", (), {"CHECKPOINT": path}).fingerprint("runs/x", [])

    paths = ("runs/x/t", "runs/x2/t", "runs/x", "old/runs/x/t", "t")
    assert len({print_of(path) for path in paths}) == 5
    assert placed("runs/x") != placed("runs/x", teacher="another")
