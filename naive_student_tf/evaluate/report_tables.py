"""The tables and curves of the report: functions from results to HTML.

`results` is described in `table`; `control` is the stage that others are compared with.
"""

from html import escape

from naive_student_tf import results_table
from naive_student_tf.evaluate import charts
from naive_student_tf.evaluate.report_html import gain, html_table, note, swatch

NAMES = {**results_table.METRICS, "iou": "IoU", "sq": "SQ", "rq": "RQ"}
CLASS_METRICS = ("iou", "pq")


def headline_table(results, *, control):
    """Stage, iteration, metrics with their gain over the control, mean, time."""
    metrics = results_table.shown_metrics(results)
    reference = results_table.find_control(results, control=control)
    columns = {results_table.METRICS[metric]: [metric] for metric in metrics}
    if len(metrics) > 1:
        columns["mean"] = metrics
    timed = any(
        results_table.value(result, "seconds") is not None for result in results
    )
    scores = [_score_column(results, names, reference) for names in columns.values()]
    rows = [
        [escape(str(result["stage"])), escape(str(result["iteration"])), *cells]
        + (
            [results_table.format_duration(results_table.value(result, "seconds"))]
            if timed
            else []
        )
        for result, *cells in zip(results, *scores, strict=True)
    ]
    header = ["stage", "iteration", *columns, *(["time"] if timed else [])]
    return html_table(header, rows, label="results")


def curves(results, *, control):
    """One chart per metric that has a value in two iterations or more, else ''."""
    drawn = []
    for metric in results_table.shown_metrics(results):
        points, level = curve_points(results, metric, control=control)
        if len(points) > 1:
            name = results_table.METRICS[metric]
            drawn.append(charts.draw_curve(points, name=name, control=level))
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else ""


def curve_points(results, metric, *, control):
    """The last value of each iteration, and the level of the control.

    The control is a point of its iteration only where no other stage has a value.

    Returns:
        (list of (iteration, percent) in order, percent of the control or None).
    """
    reference = results_table.find_control(results, control=control) or {}
    level = results_table.value(reference, metric)
    others = [result for result in results if result["stage"] != control]
    points = {} if level is None else {reference["iteration"]: level}
    for result in others:
        percent = results_table.value(result, metric)
        if percent is not None:
            points[result["iteration"]] = percent
    return sorted(points.items()), level


def quality_table(rows):
    """Rows of any columns: floats with one decimal, a missing value as an en dash."""
    if not rows:
        return ""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    header = [NAMES.get(key, str(key).replace("_", " ")) for key in columns]
    cells = [[_plain(row.get(key)) for key in columns] for row in rows]
    words = [
        column
        for column, key in enumerate(columns)
        if any(isinstance(row.get(key), str) for row in rows)
    ]
    return html_table(header, cells, label="pseudo-label quality", text_columns=words)


def class_table(results, *, control, label_space):
    """IoU and PQ of each class: bars and numbers of the control and the last result."""
    stages = compared_stages(results, control=control)
    metrics = [m for m in CLASS_METRICS if any(_has_classes(s, m) for s in stages)]
    if not metrics:
        return ""
    names = [str(stage["stage"]) for stage in stages]
    header = ["class", *(text for m in metrics for text in (NAMES[m], *names))]
    rows = []
    for name, color in zip(label_space.class_names, label_space.colors, strict=True):
        row = [swatch(color) + escape(name)]
        for metric in metrics:
            row += _class_cells([class_score(s, name, metric) for s in stages])
        rows.append(row)
    bars = range(1, len(header), 1 + len(names))
    content = html_table(
        header, rows, label="scores per class", kind="classes", text_columns=bars
    )
    both = f"Upper bar: {names[0]}; lower bar and difference: {names[-1]}."
    return content + (note(both) if len(names) == 2 else "")


def compared_stages(results, *, control):
    """The control and the last other result, of those that have scores per class."""
    scored = [result for result in results if result.get("per_class")]
    others = [result for result in scored if result["stage"] != control]
    pair = (
        results_table.find_control(scored, control=control),
        others[-1] if others else None,
    )
    return [result for result in pair if result is not None]


def class_score(result, name, metric):
    """Percent or None; a class without any pixel (IoU is NaN) has no PQ either."""
    scores = result["per_class"].get(name, {})
    if "iou" in scores and results_table.value(scores, "iou") is None:
        return None
    return results_table.value(scores, metric)


def settings_table(settings):
    """Name and value; a dict inside becomes a group with its own heading."""
    flat = {k: v for k, v in settings.items() if not isinstance(v, dict)}
    groups = {k: v for k, v in settings.items() if isinstance(v, dict)}
    parts = [_key_values(flat, label="settings")] if flat else []
    for name, values in groups.items():
        content = _key_values(values, label=str(name))
        parts.append(f"<div><h3>{escape(str(name))}</h3>{content}</div>")
    return f'<div class="groups">{"".join(parts)}</div>' if parts else ""


def _score_column(results, metrics, reference):
    """Cells of the mean over `metrics` (or of the only one); the best is bold."""
    numbers = [results_table.mean_of(result, metrics) for result in results]
    level = None if reference is None else results_table.mean_of(reference, metrics)
    known = [number for number in numbers if number is not None]
    cells = []
    for result, number in zip(results, numbers, strict=True):
        text = results_table.format_number(number)
        if len(known) > 1 and number == max(known):
            text = f'<span class="best">{text}</span>'
        if reference is not None:
            shown = result is not reference and None not in (number, level)
            text += gain(number - level if shown else None)
        cells.append(text)
    return cells


def _class_cells(numbers):
    """Bars and a number per stage; of two stages the second with its gain."""
    kinds = ("before", "after")[-len(numbers) :]
    bars = "".join(
        f'<span class="{kind}" style="width:{number or 0:.1f}%"></span>'
        for kind, number in zip(kinds, numbers, strict=True)
    )
    cells = [f'<div class="bars" aria-hidden="true">{bars}</div>']
    cells += [results_table.format_number(number) for number in numbers]
    if len(numbers) == 2:
        cells[-1] += gain(results_table.difference(numbers[1], numbers[0]))
    return cells


def _has_classes(result, metric):
    names = result["per_class"]
    return any(class_score(result, name, metric) is not None for name in names)


def _plain(content):
    if content is None or isinstance(content, float):
        return results_table.format_number(content)
    return escape(str(content))


def _key_values(values, *, label):
    rows = [[escape(str(name)), _setting(value)] for name, value in values.items()]
    return html_table([], rows, label=label, kind="settings")


def _setting(value):
    return results_table.MISSING if value is None else escape(str(value))
