"""Algorithm 1 of the paper as a list of stages.

supervised control; teacher; then per iteration: pseudo-labels by the teacher, a
student on them, fine-tuned on the human labels; it is the next teacher (step 5).
"""

from naive_student_tf.iterate.stage import Stage


def algorithm_1(
    *,
    work_dir,
    seed,
    data,
    num_iterations,
    train,
    unlabelled,
    val,
    supervised_gin,
    teacher_gin,
    pseudo_label_gin,
    student_gin,
    finetune_gin,
    evaluate_gin,
    report_gin=None,
):
    """Lists the stages; every trained model is evaluated.

    Args:
        work_dir: str, of the whole run; every stage has its directory below it.
        seed: int, of every stage.
        data: list of Stage that end in a directory `shards`.
        num_iterations: int.
        train: str, the split with human labels.
        unlabelled: tuple of str, the splits to pseudo-label.
        val: str, the split to evaluate on.
        *_gin: str, the gin file of each role. `supervised_gin` trains the student's
            network on the human labels for as many steps as the student gets in
            all; the paper's control for "it only trained longer" (section 4.2).

    Returns:
        list of Stage, in an order in which they can run.
    """
    last_data = data[-1].name
    shards = f"{work_dir}/shards"

    def training(name, gin_file, mix, *, iteration, after, init_from=None):
        params = {"DATA_DIR": mix, "SEED": seed}
        if init_from:
            params["INIT_FROM"] = f"{work_dir}/{init_from}"
        return [
            Stage(name, gin_file, params, after),
            Stage(
                f"{name}/eval",
                evaluate_gin,
                {"DATA_DIR": f"{shards}/{val}", "CHECKPOINT": f"{work_dir}/{name}"},
                (name, last_data),
                iteration,
            ),
        ]

    human = {f"{shards}/{train}": 1}
    stages = [
        *data,
        *training("supervised", supervised_gin, human, iteration=0, after=(last_data,)),
        *training("teacher", teacher_gin, human, iteration=0, after=(last_data,)),
    ]
    teacher = "teacher"
    for iteration in range(1, num_iterations + 1):
        pseudo, student, finetuned = (
            f"{role}_{iteration}" for role in ("pseudo_label", "student", "finetune")
        )
        params = {
            "DATA_DIR": shards,
            "SPLITS": tuple(unlabelled),
            "CHECKPOINT": f"{work_dir}/{teacher}",
            "ITERATION": iteration,
        }
        pseudo_labels = {f"{work_dir}/{pseudo}/{split}": 1 for split in unlabelled}
        stages += [
            Stage(pseudo, pseudo_label_gin, params, (teacher, last_data)),
            *training(
                student,
                student_gin,
                pseudo_labels,
                iteration=iteration,
                after=(pseudo,),
            ),
            *training(
                finetuned,
                finetune_gin,
                human,
                iteration=iteration,
                after=(student, last_data),
                init_from=student,
            ),
        ]
        teacher = finetuned
    if report_gin:
        rest = tuple(stage.name for stage in stages)
        stages.append(Stage("report", report_gin, {"RUN_DIR": work_dir}, rest))
    return stages
