"""Job: runs all rows of some tables, for some seeds, as one list of stages.

A stage that rows share is in the list once. Killed and started again, it goes on.
"""

import concurrent.futures
import itertools
import multiprocessing
import pathlib

from naive_student_tf import config
from naive_student_tf.iterate.iterate import iterate
from naive_student_tf.tables import run_row

EXPERIMENTS = "experiments"


def run_tables(
    *,
    tables,
    scale=(),
    seeds=(0,),
    rows=None,
    max_parallel=1,
    only_print=False,
    experiments=EXPERIMENTS,
):
    """Runs table by table, seed by seed, row by row, and records every row.

    Args:
        tables: tuple of str, folders of `experiments`.
        scale: tuple of gin files on top of each row's, "experiments/stages/toy.gin".
        seeds: tuple of int.
        rows: tuple of str, rows to run of each table; None: all.
        max_parallel: int, see iterate.
        only_print: bool, print the commands in their order, run nothing.
        experiments: str, the folder whose tables get the scores.
    """
    for table in tables:
        planned = plan(table, scale=scale, seeds=seeds, rows=rows)
        stages = {stage.name: stage for row in planned for stage in row.stages}
        iterate(
            stages=list(stages.values()),
            work_dir=planned[0].work_dir,
            max_parallel=max_parallel,
            only_print=only_print,
        )
        for row in () if only_print else planned:
            run_row.record(row, experiments=experiments)


def plan(table, *, scale=(), seeds=(0,), rows=None):
    """The rows of a table that the gin files in its folder describe.

    Args:
        table: str; the others as for run_tables.

    Returns:
        list of run_row.Row.

    Raises:
        ValueError: the folder has no such row.
    """
    names = row_names(table) if rows is None else rows
    unknown = sorted(set(names) - set(row_names(table)))
    if unknown or not names:
        raise ValueError(
            f"{EXPERIMENTS}/{table}: no row {unknown}; it has {row_names(table)}."
        )
    files = [(f"{EXPERIMENTS}/{table}/{name}.gin", *scale) for name in names]
    jobs = list(itertools.product(seeds, files))
    # In a process of its own: a config is global to a process, and this one has one.
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, spawn) as pool:
        return list(pool.map(_load, *zip(*jobs, strict=True)))


def row_names(table):
    """Rows of a table that have a graph of stages, in the order of their names."""
    folder = pathlib.Path(config.ROOT, EXPERIMENTS, table)
    described = ((path, path.read_text()) for path in sorted(folder.glob("*.gin")))
    return [path.stem for path, text in described if "run_row.Row.goal" in text]


def _load(seed, files):
    try:
        config.load(files, [f"SEED = {seed}"])
        return config.build(run_row.Row)
    except (ValueError, TypeError) as error:  # gin's own cannot leave the process
        raise ValueError(f"{', '.join(files)}: {error}") from None
