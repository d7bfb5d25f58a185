"""Job: runs the stages of one row of a table and keeps its scores.

The stages of all rows lie in one directory, so that a stage of two rows runs once.
"""

import datetime
import json
import pathlib
import platform

from naive_student_tf import run_directory
from naive_student_tf.iterate import graph
from naive_student_tf.iterate.iterate import iterate
from naive_student_tf.tables.record import append_new

METRICS = ("pq", "ap", "miou")


def run_row(
    *,
    goal,
    row,
    work_dir,
    seed,
    data,
    max_parallel=1,
    only_print=False,
    experiments="experiments",
):
    """Runs what the goal needs and appends its scores to the table's results.jsonl.

    Args:
        goal: graph.Node, the evaluation whose scores the row prints.
        row: str, table and row: "table_01/iteration_1".
        work_dir: str, a local directory, shared by all rows.
        seed: int; data: str, the name of the data set, both recorded.
        max_parallel: int, see iterate.
        only_print: bool, print the commands in their order, run nothing.
        experiments: str, the folder of all tables.
    """
    stages = graph.list_stages((goal,), work_dir=work_dir)
    iterate(
        stages=stages,
        work_dir=work_dir,
        max_parallel=max_parallel,
        only_print=only_print,
    )
    if only_print:
        return
    scores = json.loads(
        pathlib.Path(goal.directory(work_dir), "metrics.json").read_text()
    )
    table, name = row.split("/")
    line = {
        "row": name,
        "metrics": {key: scores[key] for key in METRICS if key in scores},
        "step": _step(scores["checkpoint"]),
        "seed": seed,
        "data": data,
        "device": platform.machine(),
        "git": run_directory.versions()["git"],
        "config": goal.fingerprint[:16],
        "date": datetime.date.today().isoformat(),
    }
    append_new(pathlib.Path(experiments, table, "results.jsonl"), line)
    print(json.dumps(line), flush=True)


def _step(checkpoint):
    number = checkpoint.rpartition("-")[2]
    return int(number) if number.isdigit() else None
