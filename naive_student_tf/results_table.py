"""The headline numbers of a run as aligned text, and their arithmetic.

`results` is the list in results.json: one dict per evaluated stage with `stage`,
`iteration` and, where they were measured, `pq`, `ap`, `miou` (percent), `seconds`
and `per_class` ({class name: {metric: percent}}). A missing, None or NaN value is
shown as an en dash, never as 0.
"""

import math

METRICS = {"pq": "PQ", "ap": "AP", "miou": "mIoU"}
MISSING = "–"  # noqa: RUF001 (an en dash is meant)
MINUS = "−"  # noqa: RUF001
CONTROL = "supervised"  # name of the stage that others are compared with


def value(result, name):
    """A number of a result, or None where it is missing, None or NaN."""
    number = result.get(name)
    return None if number is None or math.isnan(number) else float(number)


def shown_metrics(results):
    """Names of the metrics that at least one result has, in the paper's order."""
    return [
        m for m in METRICS if any(value(result, m) is not None for result in results)
    ]


def mean_of(result, metrics):
    """Mean over `metrics`, None as soon as one is missing."""
    values = [value(result, metric) for metric in metrics]
    if not values or any(number is None for number in values):
        return None
    return sum(values) / len(values)


def find_control(results, *, control=CONTROL):
    """The result of the supervised control, or None; of several the last one."""
    return next((r for r in reversed(results) if r["stage"] == control), None)


def difference(number, reference):
    """number - reference, None where one of them is missing."""
    return None if number is None or reference is None else number - reference


def format_number(number, *, decimals=1):
    """'31.2', or an en dash for None and NaN."""
    if number is None or math.isnan(number):
        return MISSING
    return f"{number:.{decimals}f}"


def format_difference(number):
    """'+1.3', a true minus sign below zero, '0.0' without a sign, or an en dash."""
    text = format_number(number)
    if text == MISSING or float(text) == 0:
        return text.lstrip("-")
    return f"+{text}" if number > 0 else text.replace("-", MINUS)


def format_duration(seconds):
    """'42 s', '3 min 20 s', '5 h 07 min', or an en dash."""
    if seconds is None:
        return MISSING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def format_table(results, *, control=CONTROL):
    """Aligned columns for a console.

    Args:
        results: list of dicts, see the module docstring.
        control: str, the stage that the last column compares with.

    Returns:
        str, one line per result below a header line, without a trailing newline.
    """
    metrics = shown_metrics(results)
    lines = [
        _header(metrics, control),
        *(_line(r, metrics, find_control(results, control=control)) for r in results),
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(_align(line, widths) for line in lines)


def _header(metrics, control):
    names = [METRICS[metric] for metric in metrics]
    mean = ["mean"] if len(metrics) > 1 else []
    return ["stage", "iteration", *names, *mean, f"vs {control}", "time"]


def _line(result, metrics, reference):
    mean = mean_of(result, metrics)
    gain = difference(mean, mean_of(reference, metrics)) if reference else None
    return [
        str(result["stage"]),
        str(result["iteration"]),
        *(format_number(value(result, metric)) for metric in metrics),
        *([format_number(mean)] if len(metrics) > 1 else []),
        MISSING if result is reference else format_difference(gain),
        format_duration(value(result, "seconds")),
    ]


def _align(cells, widths):
    first, *others = zip(cells, widths, strict=True)
    columns = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "  ".join(columns).rstrip()
