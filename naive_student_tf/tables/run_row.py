"""Job: runs the stages of one row of a table and keeps its scores.

The stages of all rows lie in one directory, so that a stage of two rows runs once.
"""

import dataclasses
import datetime
import json
import pathlib

from naive_student_tf import run_directory, store
from naive_student_tf.iterate import graph
from naive_student_tf.iterate.iterate import iterate
from naive_student_tf.tables import measured
from naive_student_tf.tables.measured import is_toy
from naive_student_tf.tables.record import append_new, read_paper, read_results

METRICS = ("pq", "ap", "miou")
SCORES = "metrics.json"


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a table, at one scale and with one seed.

    Attributes:
        goal: graph.Node, the evaluation whose scores the row prints, or the
            submission that a server scores.
        name: str, table and row: "table_01/iteration_1".
        work_dir: str, of all rows; see iterate.
        seed: int.
        data: str, the name of the data set.
        no_toy: str, why the row says nothing on embedded data; None: it does.

    Raises:
        ValueError: it is for embedded data nevertheless.
    """

    goal: graph.Node
    name: str
    work_dir: str
    seed: int
    data: str
    no_toy: str | None = None

    def __post_init__(self):
        if self.no_toy and is_toy(self.data):
            raise ValueError(
                f"{self.name} is not a row of {self.data!r}: {self.no_toy}."
            )

    @property
    def stages(self):
        """list of Stage, the goal last."""
        return graph.list_stages((self.goal,), work_dir=self.work_dir)

    @property
    def directory(self):
        """str, of the goal."""
        return self.goal.directory(self.work_dir)


def data_set(name):
    """The name of a data set, for `Row.data`; a config may name several."""
    return name


def run_row(*, row, max_parallel=1, only_print=False, scores=None):
    """Runs what a row needs and appends its scores to the table's results.jsonl.

    Args:
        row: Row.
        max_parallel: int, see iterate.
        only_print: bool, print the commands in their order, run nothing.
        scores: str, a JSON file of scores in percent (pq, ap, miou) that the test
            server gave for the row's submission; None: the goal's own.
    """
    iterate(
        stages=row.stages,
        work_dir=row.work_dir,
        max_parallel=max_parallel,
        only_print=only_print,
    )
    if not only_print:
        record(row, scores=scores)


def record(row, *, scores=None, experiments="experiments"):
    """Appends the scores of a row that ran to its table's results.jsonl.

    Args:
        row: Row.
        scores: str, see run_row.
        experiments: str, the folder of all tables.

    Raises:
        ValueError: `scores` has no number that a table has.
    """
    path = scores or store.join(row.directory, SCORES)
    if not store.exists(path) and not scores:
        print(
            f"{row.name}: {row.directory} is to be scored by the server. Start the "
            f"same command again with SCORES = the file of what it says, a JSON of "
            f"{', '.join(METRICS)} in percent."
        )
        return
    table, name = row.name.split("/")
    folder = pathlib.Path(experiments, table)
    found, wanted = store.read_json(path), _numbers(folder)
    metrics = {key: found[key] for key in wanted if key in found}
    if not metrics:
        raise ValueError(f"{path}: {sorted(found)} has none of {wanted}.")
    made_by = store.read_json(store.join(row.directory, run_directory.VERSIONS))
    line = {
        "row": name,
        "metrics": metrics,
        "step": _step(found.get("checkpoint", "")),
        "seed": row.seed,
        "data": row.data,
        "device": made_by["platform"],
        "git": made_by["git"],
        "config": row.goal.fingerprint[:16],
        "setting": row.goal.setting[:16],
        "date": datetime.date.today().isoformat(),
    }
    append_new(folder / "results.jsonl", line)
    print(json.dumps(line), flush=True)
    if left_out := measured.left_out(read_results(folder), line):
        print(
            f"{row.name}: seeds {left_out} of {row.data} are on record with another "
            f"setting, or with none, and are not averaged with this one. Run all seeds "
            f"of the row again.",
            flush=True,
        )


def _numbers(folder):
    """METRICS and what else a table prints, as their evaluations name them."""
    printed = read_paper(folder)["numbers"] if (folder / "paper.json").exists() else ()
    return tuple(dict.fromkeys((*METRICS, *printed)))


def _step(checkpoint):
    number = checkpoint.rpartition("-")[2]
    return int(number) if number.isdigit() else None
