"""Job: one checkpoint under several ways of inference (paper, Table 9), one table.

WORK_DIR/<row>/   what evaluate.py writes; a finished row is not run again
WORK_DIR/sweep.json, table.md
"""

import time

from naive_student_tf import results_table, store
from naive_student_tf.evaluate import evaluate

TABLE, RESULTS = "table.md", "sweep.json"
_HEADER = ("inference", "flip", "scales", "pixels", *results_table.METRICS.values())


def sweep(
    *, grid, data_dir, work_dir, inference, batch_size=8, num_examples=0, output=None
):
    """Evaluates every row and prints the table.

    Args:
        grid: dict, name of a row -> dict of arguments of `Inference`, of which
            `scales` and `flip` are columns of the table.
        data_dir: str, a shard directory with labels.
        work_dir: str.
        inference: builder of an `Inference`.
        batch_size, num_examples: see evaluate.py.
        output: str, a second place for the JSON, or None.
    """
    rows = []
    for name, settings in grid.items():
        folder = store.join(work_dir, name)
        built, start = inference(**settings), time.monotonic()
        result = _finished(folder, built.checkpoint)
        seconds = None
        if result is None:
            result = evaluate.run(
                built,
                data_dir=data_dir,
                work_dir=folder,
                batch_size=batch_size,
                num_examples=num_examples,
                num_extremes=0,
            )
            seconds = (time.monotonic() - start) / result["images"]
        rows.append(_row(name, built, result, seconds))
    for path in filter(None, (store.join(work_dir, RESULTS), output)):
        store.write_json(path, rows)
    text = table(rows)
    store.write_text(store.join(work_dir, TABLE), text)
    print(text, end="")


def table(rows):
    """Markdown, one line per row."""
    lines = [_HEADER, ["---"] * len(_HEADER), *map(_cells, rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _finished(folder, checkpoint):
    """The scores of a row that an earlier start has finished, or None."""
    path = store.join(folder, evaluate.METRICS)
    result = store.read_json(path) if store.exists(path) else {}
    return result if result.get("checkpoint") == checkpoint else None


def _row(name, inference, result, seconds):
    scales, flip = inference.scales, inference.flip
    metrics = {m: result[m] for m in results_table.METRICS if m in result}
    return {
        "name": name,
        "scales": list(scales),
        "flip": flip,
        "pixels": sum(scale**2 for scale in scales) * (2 if flip else 1),
        **metrics,
        "seconds_per_image": seconds,
        "checkpoint": inference.checkpoint,
    }


def _cells(row):
    scores = (row.get(metric) for metric in results_table.METRICS)
    return [
        row["name"],
        "yes" if row["flip"] else "no",
        ", ".join(f"{scale:g}" for scale in row["scales"]),
        f"{row['pixels']:.1f}x",
        *(results_table.format_number(score) for score in scores),
    ]
