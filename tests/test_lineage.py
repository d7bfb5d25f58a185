"""Who must not learn from what: a student that would see val is refused."""

import pytest

from naive_student_tf import checkpoint, lineage
from naive_student_tf.compat import keras
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
        (training("Val-Fine"), "labels of Val-Fine"),
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


@pytest.mark.parametrize(
    "held_out",
    [
        ("val_fine",),
        ("val_sequence",),
        ("trainval_fine",),
        ("val-fine",),
        ("VAL_FINE",),
    ],
)
@pytest.mark.parametrize("split", ["val_fine", "val_sequence", "trainval_sequence"])
def test_annotated_frames_and_the_video_around_them_are_one(held_out, split):
    with pytest.raises(ValueError, match=f"labels of {split}"):
        lineage.check(training(split), held_out)


@pytest.mark.parametrize("split", ["val", "trainval"])
def test_deeplab2s_name_of_a_split_of_cityscapes_is_ours(split):
    facts = {"split": split, "count": 5, "label_space": {"name": "cityscapes"}}
    student = {"data": [lineage.of_shards("s", facts)], "init": None}
    with pytest.raises(ValueError, match=f"labels of {split}_fine in 's'"):
        lineage.check(student, HELD_OUT)
    assert lineage.learnt_from(student, lineage.split_of(facts))
    of_vistas = facts | {"label_space": {"name": "mapillary_vistas"}}
    student = {"data": [lineage.of_shards("s", of_vistas)], "init": None}
    lineage.check(student, HELD_OUT)


def test_splits_of_other_names_are_other_frames():
    lineage.check(training("train_fine", "val_1"), ("val_fine", "val_2"))
    lineage.check(training("trainval_fine"), ("val",))  # of Mapillary Vistas
    with pytest.raises(ValueError, match="labels of trainval"):
        lineage.check(training("trainval"), ("val",))


def test_one_name_is_no_tuple_of_names():
    with pytest.raises(ValueError, match=r"HELD_OUT is 'val_fine'; give.*'val_fine',"):
        lineage.check(training("train_fine"), "val_fine")


def test_published_weights_are_what_they_were_trained_on():
    seen = {"directory": "x", "split": "imagenet"}
    source = {"source": "slim xception_71", "data": [seen]}
    lineage.check(training("train_fine", init=source), HELD_OUT)
    source["data"].append({"directory": "x", "split": "val_fine"})
    with pytest.raises(
        ValueError, match="initial weights <- labels of val_fine in 'x'"
    ):
        lineage.check(training("train_fine", init=source), HELD_OUT)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (training("train_fine"), True),
        (training("trainval_fine"), True),
        (training("train_sequence", teacher=TEACHER), True),
        (training("train_extra", init=training("train_fine")), True),
        (training("train_extra", init={"unknown": "x"}), None),
        (training("train_fine", init={"unknown": "x"}), True),
        (training("val_fine"), False),
        (training("train_extra", teacher=training("train_fine")), False),
        ({"unknown": "x"}, None),
        ({"source": "slim", "data": [{"directory": "x", "split": "imagenet"}]}, False),
    ],
)
def test_weights_tell_whether_they_learnt_from_frames_of_a_split(weights, expected):
    """A teacher's labels of other frames are none of its own frames."""
    assert lineage.learnt_from(weights, "train_sequence") is expected


def save(directory, origin=None):
    """A checkpoint of some weights; returns its path."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    saved = origin and lineage.variable(origin)
    return checkpoint.save_model(model, str(directory), lineage=saved)


def test_weights_know_what_they_came_from(tmp_path):
    first = save(tmp_path / "a", training("train_fine", "val_fine"))
    facts = {"split": "train_fine", "count": 5}
    student = lineage.of_training([("s/train_fine", facts)], first)
    second = save(tmp_path / "b", student)
    for path in (second, str(tmp_path / "b"), str(tmp_path / "b" / "checkpoints")):
        with pytest.raises(ValueError, match="val_fine"):
            lineage.check(lineage.of_weights(path), HELD_OUT)
    assert lineage.of_weights(second)["data"] == [
        {"directory": "s/train_fine", "split": "train_fine", "frames": 5}
    ]


def test_weights_that_do_not_tell_are_of_unknown_origin(tmp_path):
    path = save(tmp_path)
    assert lineage.of_weights(path) == {"unknown": path}
    lineage.write(str(tmp_path), training("train_fine"))  # is for people
    assert lineage.of_weights(path) == {"unknown": path}


def test_weights_that_are_not_there_are_missed(tmp_path):
    with pytest.raises(FileNotFoundError, match="No checkpoint at"):
        lineage.of_weights(str(tmp_path))


def test_pseudo_labels_of_a_teacher_that_nobody_knows_are_those_of_an_unknown():
    facts = {"split": "train_sequence", "count": 5}
    pseudo = {"iteration": 1, "teacher": "f00"}
    entry = lineage.of_shards("s", {**facts, "pseudo": pseudo})
    assert entry["teacher"] == {"unknown": "f00"}
