"""Algorithm 1 of the paper as a list of stages.

supervised control; teacher; then per iteration: pseudo-labels by the teacher, a
student on them, fine-tuned on the human labels; it is the next teacher (step 5).
"""

import dataclasses

from naive_student_tf.iterate import results
from naive_student_tf.iterate.stage import Stage


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The gin files of each role, and of the two networks.

    Attributes:
        supervised: trains the student's network on the human labels, for as many
            steps as a student takes in all: the control for "it only trained
            longer" (paper, section 4.2).
        teacher, student, finetune: train.
        pseudo_label, evaluate: use what was trained.
        teacher_model, student_model: the networks (paper: X-71, WR-41).
    """

    supervised: str
    teacher: str
    student: str
    finetune: str
    pseudo_label: str
    evaluate: str
    teacher_model: str
    student_model: str


def algorithm_1(
    *,
    work_dir,
    seed,
    data,
    recipe,
    num_iterations,
    train,
    unlabelled,
    val,
    test=None,
    report=None,
):
    """Lists the stages; every trained model is evaluated.

    Args:
        work_dir: str, of the whole run; every stage has its directory below it.
        seed: int, of every stage.
        data: list of Stage; the last one writes the shards of all splits.
        recipe: Recipe.
        num_iterations: int.
        train: str, the split with human labels.
        unlabelled: tuple of str, the splits to pseudo-label.
        val: str, the split to evaluate on.
        test: str, a split to evaluate on besides, reported apart; or None.
        report: str, the gin file of a last stage that shows everything, or None.

    Returns:
        list of Stage, in an order in which they can run.
    """
    shards = data[-1].name
    human = {f"{work_dir}/{shards}/{train}": 1}

    def tested(name, model, split, folder, iteration=None):
        params = {
            "DATA_DIR": f"{work_dir}/{shards}/{split}",
            "CHECKPOINT": f"{work_dir}/{name}",
        }
        files = (recipe.evaluate, model)
        return Stage(f"{name}/{folder}", files, params, (name, shards), iteration)

    def trained(name, role, model, mix, iteration, *, after, **params):
        params = {"DATA_DIR": mix, "SEED": seed, **params}
        stages = [
            Stage(name, (role, model), params, after),
            tested(name, model, val, results.VAL, iteration),
        ]
        return stages + ([tested(name, model, test, results.TEST)] if test else [])

    small, large = recipe.teacher_model, recipe.student_model
    stages = [
        *data,
        *trained("supervised", recipe.supervised, large, human, 0, after=(shards,)),
        *trained("teacher", recipe.teacher, small, human, 0, after=(shards,)),
    ]
    teacher, teacher_model = "teacher", small
    for i in range(1, num_iterations + 1):
        pseudo, student, tuned = f"pseudo_label_{i}", f"student_{i}", f"finetune_{i}"
        params = {
            "DATA_DIR": f"{work_dir}/{shards}",
            "SPLITS": tuple(unlabelled),
            "CHECKPOINT": f"{work_dir}/{teacher}",
            "ITERATION": i,
        }
        if i > 1:
            params["PREVIOUS"] = f"{work_dir}/pseudo_label_{i - 1}"
        mix = {f"{work_dir}/{pseudo}/{split}": 1 for split in unlabelled}
        init = {"INIT_FROM": f"{work_dir}/{student}"}
        stages += [
            Stage(
                pseudo, (recipe.pseudo_label, teacher_model), params, (teacher, shards)
            ),
            *trained(student, recipe.student, large, mix, i, after=(pseudo,)),
            *trained(tuned, recipe.finetune, large, human, i, after=(student,), **init),
        ]
        teacher, teacher_model = tuned, large
    if report:
        everything = tuple(stage.name for stage in stages)
        stages.append(Stage("report", (report,), {"RUN_DIR": work_dir}, everything))
    return stages


def toy_city_data(*, work_dir, seed, toy_city, build_shards):
    """The data stages of the demo: writes the toy city, then its shards.

    Args:
        work_dir: str, of the whole run.
        seed: int.
        toy_city, build_shards: str, gin files.
    """
    return [
        Stage("toy_city", (toy_city,), {"SEED": seed}),
        *data_on_disk(
            data_dir=f"{work_dir}/toy_city",
            build_shards=build_shards,
            after=("toy_city",),
        ),
    ]


def data_on_disk(*, data_dir, build_shards, after=()):
    """The data stage where a data set is on disk: writes its shards."""
    return [Stage("shards", (build_shards,), {"DATA_DIR": data_dir}, after)]
