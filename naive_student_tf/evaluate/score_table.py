"""All scores of an evaluation as aligned text for a console."""

from naive_student_tf.results_table import format_number

COLUMNS = {
    "iou": "IoU",
    "iiou": "iIoU",
    "pq": "PQ",
    "sq": "SQ",
    "rq": "RQ",
    "ap": "AP",
    "ap50": "AP50",
}
_MEANS = {"iou": "miou"}  # the mean of the others has the name of the column
DECIMALS = 2


def table(result, *, label_space):
    """Header and rows of text: every class, the means, and those of things and stuff.

    Args:
        result: dict of `Metrics.result`, percent.
        label_space: LabelSpace.

    Returns:
        (list of str, list of list of str); a score that is not defined is a dash.
    """
    means = {key: result.get(_MEANS.get(key, key)) for key in COLUMNS}
    shown = [key for key in COLUMNS if means[key] is not None]
    header = ["class", *(COLUMNS[key] for key in shown)]
    rows = [
        [name, *_cells(result["per_class"][name], shown)]
        for name in label_space.class_names
    ]
    rows.append(["mean", *_cells(means, shown)])
    for part in ("things", "stuff") if "pq_things" in result else ():
        values = {key: result.get(f"{key}_{part}") for key in COLUMNS}
        rows.append([f"mean of {part}", *_cells(values, shown)])
    groups = result.get("per_group", {})
    for name, values in groups.items():
        rows.append([f"group {name}", *_cells(values, shown)])
    if groups:
        values = {"iou": result["iou_category"], "iiou": result["iiou_category"]}
        rows.append(["mean of groups", *_cells(values, shown)])
    return header, rows


def format_scores(result, *, label_space):
    """`table` as lines of text."""
    header, rows = table(result, label_space=label_space)
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (header, *rows)
    )


def _cells(values, shown):
    return [format_number(values.get(key), decimals=DECIMALS) for key in shown]
