"""Algorithm 1 as stages: who learns from whom."""

import dataclasses

import pytest

from naive_student_tf.iterate import algorithm_1
from naive_student_tf.iterate.algorithm_1 import Recipe

RECIPE = Recipe(
    **{field.name: f"{field.name}.gin" for field in dataclasses.fields(Recipe)}
)
SETTINGS = {
    "work_dir": "run",
    "seed": 7,
    "data": algorithm_1.data_on_disk(data_dir="disk", build_shards="shards.gin"),
    "recipe": RECIPE,
    "num_iterations": 2,
    "train": "train_fine",
    "unlabelled": ("train_sequence", "train_extra"),
    "val": "val_fine",
}


@pytest.fixture
def stages():
    return {stage.name: stage for stage in algorithm_1.algorithm_1(**SETTINGS)}


def test_the_stages_of_two_iterations(stages):
    assert list(stages) == [
        "shards",
        *("supervised", "supervised/eval"),
        *("teacher", "teacher/eval"),
        "pseudo_label_1",
        *("student_1", "student_1/eval", "finetune_1", "finetune_1/eval"),
        "pseudo_label_2",
        *("student_2", "student_2/eval", "finetune_2", "finetune_2/eval"),
    ]


def test_every_stage_waits_for_what_it_reads(stages):
    assert {name: stage.after for name, stage in stages.items()} == {
        "shards": (),
        "supervised": ("shards",),
        "supervised/eval": ("supervised", "shards"),
        "teacher": ("shards",),
        "teacher/eval": ("teacher", "shards"),
        "pseudo_label_1": ("teacher", "shards"),
        "student_1": ("pseudo_label_1",),
        "student_1/eval": ("student_1", "shards"),
        "finetune_1": ("student_1",),
        "finetune_1/eval": ("finetune_1", "shards"),
        "pseudo_label_2": ("finetune_1", "shards"),
        "student_2": ("pseudo_label_2",),
        "student_2/eval": ("student_2", "shards"),
        "finetune_2": ("student_2",),
        "finetune_2/eval": ("finetune_2", "shards"),
    }


def test_the_fine_tuned_student_is_the_next_teacher(stages):
    first, second = stages["pseudo_label_1"], stages["pseudo_label_2"]
    assert first.params == {
        "DATA_DIR": "run/shards",
        "SPLITS": ("train_sequence", "train_extra"),
        "CHECKPOINT": "run/teacher",
        "ITERATION": 1,
    }
    assert second.params == first.params | {
        "CHECKPOINT": "run/finetune_1",
        "ITERATION": 2,
        "PREVIOUS": "run/pseudo_label_1",
    }


def test_the_teachers_network_labels_first_and_the_students_from_then_on(stages):
    assert stages["teacher"].gin_files == ("teacher.gin", "teacher_model.gin")
    assert stages["pseudo_label_1"].gin_files == (
        *("pseudo_label.gin", "teacher_model.gin"),
    )
    assert stages["pseudo_label_2"].gin_files == (
        *("pseudo_label.gin", "student_model.gin"),
    )
    for name in ("supervised", "student_1", "student_2", "finetune_1", "finetune_2"):
        role = name.partition("_")[0]
        assert stages[name].gin_files == (f"{role}.gin", "student_model.gin")


def test_a_student_learns_from_the_pseudo_labels_of_its_iteration_only(stages):
    for iteration in (1, 2):
        student = stages[f"student_{iteration}"]
        assert student.params == {
            "DATA_DIR": {
                f"run/pseudo_label_{iteration}/train_sequence": 1,
                f"run/pseudo_label_{iteration}/train_extra": 1,
            },
            "SEED": 7,
        }


def test_fine_tuning_starts_from_the_student_on_the_human_labels(stages):
    for iteration in (1, 2):
        assert stages[f"finetune_{iteration}"].params == {
            "DATA_DIR": {"run/shards/train_fine": 1},
            "SEED": 7,
            "INIT_FROM": f"run/student_{iteration}",
        }


def test_every_trained_model_is_evaluated_on_val_with_its_network(stages):
    trained = [name for name in stages if f"{name}/eval" in stages]
    assert len(trained) == 6
    for name in trained:
        evaluation = stages[f"{name}/eval"]
        assert evaluation.params == {
            "DATA_DIR": "run/shards/val_fine",
            "CHECKPOINT": f"run/{name}",
        }
        assert evaluation.gin_files == ("evaluate.gin", stages[name].gin_files[1])
    assert [stages[f"{name}/eval"].iteration for name in trained] == [0, 0, 1, 1, 2, 2]


def test_val_is_seen_by_evaluations_only(stages):
    for name, stage in stages.items():
        assert name.endswith("/eval") or "val_fine" not in str(stage.params)


def test_test_frames_are_evaluated_beside_and_make_no_row_of_their_own():
    stages = algorithm_1.algorithm_1(**SETTINGS, test="test")
    tests = [stage for stage in stages if stage.name.endswith("/test")]
    assert len(tests) == 6
    assert {stage.params["DATA_DIR"] for stage in tests} == {"run/shards/test"}
    assert {stage.iteration for stage in tests} == {None}


def test_the_report_comes_last_and_waits_for_all():
    *others, report = algorithm_1.algorithm_1(**SETTINGS, report="report.gin")
    assert report.name == "report"
    assert report.after == tuple(stage.name for stage in others)
    assert report.params == {"RUN_DIR": "run"}


def test_one_iteration_is_the_beginning_of_two(stages):
    short = algorithm_1.algorithm_1(**SETTINGS | {"num_iterations": 1})
    assert short == list(stages.values())[: len(short)]
    assert short[-1].name == "finetune_1/eval"


def test_the_toy_city_is_written_before_its_shards():
    data = algorithm_1.toy_city_data(
        work_dir="run", seed=3, toy_city="city.gin", build_shards="shards.gin"
    )
    assert [(stage.name, stage.after) for stage in data] == [
        ("toy_city", ()),
        ("shards", ("toy_city",)),
    ]
    assert data[0].params == {"SEED": 3}
    assert data[1].params == {"DATA_DIR": "run/toy_city"}
