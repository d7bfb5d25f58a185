"""Who must not learn from what: a student that would see val is refused."""

import json

import pytest

from naive_student_tf import lineage
from naive_student_tf.data import cityscapes

HELD_OUT = ("val_fine", "val_sequence")
TEACHER = {
    "data": [{"directory": "s/val_fine", "split": "val_fine", "frames": 5}],
    "init": None,
}


def shards(split, *, teacher=None):
    pseudo = {"iteration": 1, "teacher": "f00", "parents": {"teacher": teacher}}
    facts = {"split": split, "count": 5, **({"pseudo": pseudo} if teacher else {})}
    return lineage.of_shards(f"s/{split}", facts)


def training(*splits, init=None, teacher=None):
    data = [shards(split, teacher=teacher) for split in splits]
    return {"data": data, "init": init}


def test_a_student_of_a_teacher_that_saw_val_is_allowed():
    student = training("train_sequence", "train_extra", teacher=TEACHER)
    lineage.check(student, HELD_OUT)


@pytest.mark.parametrize(
    ("student", "path"),
    [
        (training("train_fine", "val_fine"), "labels of val_fine in 's/val_fine'"),
        (training("trainval_fine"), "labels of trainval_fine"),
        (training("train_fine+val_fine"), r"labels of train_fine\+val_fine"),
        (
            training("val_sequence", teacher=TEACHER),
            "pseudo-labels of val_sequence in 's/val_sequence'",
        ),
        (training("trainval_sequence", teacher=TEACHER), "pseudo-labels of trainval_"),
        (training("train_fine", init=TEACHER), "its initial weights <- labels of val"),
        (
            training("train_fine", init=training("train_fine", init=TEACHER)),
            "its initial weights <- its initial weights <- labels of val_fine",
        ),
        (
            training("train_fine", init={"unknown": "runs/x"}),
            "its initial weights <- weights of unknown origin 'runs/x'",
        ),
    ],
)
def test_every_way_to_val_is_refused_and_told(student, path):
    with pytest.raises(ValueError, match=path):
        lineage.check(student, HELD_OUT)


@pytest.mark.parametrize("union", cityscapes.UNIONS)
def test_a_union_of_splits_is_its_parts(union):
    assert tuple(lineage.parts_of(union)) == cityscapes.UNIONS[union]


def test_a_teacher_without_held_out_splits_may_see_everything():
    lineage.check(training("train_fine", "val_fine", init={"unknown": "x"}), ())


def test_published_weights_are_known():
    source = {"source": "slim xception_71, ImageNet"}
    lineage.check(training("train_fine", init=source), HELD_OUT)


def test_weights_know_what_they_came_from(tmp_path):
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    lineage.write(first, training("train_fine", "val_fine"))
    facts = {"split": "train_fine", "count": 5}
    lineage.write(second, lineage.of_training([("s/train_fine", facts)], first))
    with pytest.raises(ValueError, match="val_fine"):
        lineage.check(lineage.of_weights(f"{second}/checkpoints/ckpt-5"), HELD_OUT)
    assert json.loads((tmp_path / "b" / "lineage.json").read_text())["data"] == [
        {"directory": "s/train_fine", "split": "train_fine", "frames": 5}
    ]


def test_weights_without_a_file_are_of_unknown_origin(tmp_path):
    assert lineage.of_weights(str(tmp_path)) == {"unknown": str(tmp_path)}


def test_pseudo_labels_of_a_teacher_that_nobody_knows_are_those_of_an_unknown():
    facts = {"split": "train_sequence", "count": 5}
    pseudo = {"iteration": 1, "teacher": "f00"}
    entry = lineage.of_shards("s", {**facts, "pseudo": pseudo})
    assert entry["teacher"] == {"unknown": "f00"}
