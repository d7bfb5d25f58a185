"""A graph in which a student would see what it is scored on is refused, not run."""

import pytest

from naive_student_tf.iterate import guard
from naive_student_tf.iterate.stage import Stage

HELD_OUT = ("val_fine", "val_sequence")


def training(name, *splits, held_out=HELD_OUT, init=None):
    params = {"DATA_DIR": {f"run/{split}": 1 for split in splits}}
    params |= {"HELD_OUT": held_out} if held_out is not None else {}
    params |= {"INIT_FROM": f"run/{init}"} if init else {}
    return Stage(name, (), params)


PSEUDO = Stage("pseudo", (), {"CHECKPOINT": "run/teacher", "DATA_DIR": "run/shards"})
TEACHER = training("teacher", "shards/trainval_fine", held_out=())
STUDENT = training("student", "pseudo/train_sequence", "pseudo/train_extra")


def test_labels_of_a_teacher_that_saw_val_may_teach():
    finetune = training("finetune", "shards/train_fine", init="student")
    guard.check([TEACHER, PSEUDO, STUDENT, finetune], "run")


def test_weights_of_a_teacher_that_saw_val_may_not():
    """However far back: tune <- student <- teacher."""
    student = training("student", "pseudo/train_sequence", init="teacher")
    tuned = training(
        "tuned", "shards/train_fine", init="student", held_out=("val_fine",)
    )
    with pytest.raises(ValueError, match=r"Stage student: .*its initial weights <- "):
        guard.check([TEACHER, PSEUDO, student], "run")
    student.params["HELD_OUT"] = ()
    way = "its initial weights <- its initial weights <- labels of trainval_fine in "
    with pytest.raises(ValueError, match=f"Stage tuned: .*{way}'run/shards/trainval"):
        guard.check([TEACHER, PSEUDO, student, tuned], "run")


@pytest.mark.parametrize("split", ["val_sequence", "val_fine"])
def test_pseudo_labels_of_held_out_frames_may_not_teach(split):
    student = training("student", "pseudo/train_sequence", f"pseudo/{split}")
    with pytest.raises(ValueError, match=f"pseudo-labels of {split} in 'run/pseudo"):
        guard.check([TEACHER, PSEUDO, student], "run")


def test_a_stage_that_holds_nothing_out_may_see_all():
    stages = [TEACHER, training("teacher_1", "shards/val_fine", held_out=None)]
    guard.check([*stages, Stage("report", (), {"RUN_DIR": "run"})], "run")


def test_one_directory_is_read_as_one_split():
    student = Stage("a", (), {"DATA_DIR": "run/shards/val_fine", "HELD_OUT": HELD_OUT})
    with pytest.raises(ValueError, match="labels of val_fine"):
        guard.check([student], "run")


def test_a_text_for_a_tuple_is_refused_with_the_stage():
    with pytest.raises(ValueError, match=r"Stage a: HELD_OUT is 'val_fine'"):
        guard.check([training("a", "shards/train_fine", held_out="val_fine")], "run")
