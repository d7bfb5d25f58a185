"""Job: shows one evaluation as a self-contained web page."""

from naive_student_tf import store
from naive_student_tf.data import pipeline, shards
from naive_student_tf.evaluate import evaluate, examples, report, report_html
from naive_student_tf.evaluate import evaluation_sections as parts
from naive_student_tf.results_table import METRICS, format_number, value


def write_evaluation_report(*, evaluation, data_dir, output, label_space, title):
    """Writes `output`.

    Args:
        evaluation: str, WORK_DIR of an evaluation.
        data_dir: str, the shards that it evaluated.
        output: str, the HTML file.
        label_space: LabelSpace.
        title: str, shown on top.
    """
    metrics = store.read_json(store.join(evaluation, evaluate.METRICS))
    scores = ", ".join(
        f"{name} {format_number(value(metrics, key))}"
        for key, name in METRICS.items()
        if key in metrics
    )
    checkpoint = store.basename(metrics["checkpoint"])
    summary = f"{scores} on {metrics['images']} images; checkpoint {checkpoint}."
    body = parts.class_bars(metrics, label_space=label_space)
    body += sections(evaluation, data_dir=data_dir, label_space=label_space)
    store.write_text(output, report.page(title, summary, body))
    print(f"report: {output}")


def sections(evaluation, *, data_dir, label_space):
    """What there is to see of one evaluation beside a score per class, HTML.

    Args:
        evaluation: str, WORK_DIR of an evaluation.
        data_dir: str, the shards that it evaluated.
        label_space: LabelSpace.
    """
    metrics = store.read_json(store.join(evaluation, evaluate.METRICS))
    path = store.join(evaluation, evaluate.DETAILS)
    if not store.exists(path):
        text = f"{path} does not exist: evaluate again to see confusion and images."
        return report_html.section("No details", report_html.note(text))
    details = store.read_json(path)
    space = {"label_space": label_space}
    metric = "PQ" if "pq" in metrics else "mIoU"
    pictures = _pictures(evaluation, data_dir, details, metric, label_space)
    shown = [pictures[name] for name in details["examples"]]
    if shown:
        notes = report.picture_notes(label_space, instances="pq" in metrics)
        shown = [report_html.section("Evaluated images", notes, *shown)]
    return "".join(
        [
            parts.score_section(metrics, **space),
            parts.confusion_section(details, **space),
            parts.precision_recall_section(details, metrics, **space),
            *shown,
            parts.extremes_section(details, pictures, kind="worst", metric=metric),
            parts.extremes_section(details, pictures, kind="best", metric=metric),
        ]
    )


def _pictures(evaluation, data_dir, details, metric, label_space):
    """{name: HTML} of the kept examples; `metric` is the name of their score."""
    wanted = {*details["examples"], *details["worst"], *details["best"]}
    pictures = {}
    listed, _ = shards.read_manifest(data_dir)
    for part in listed if wanted else ():
        for frame in pipeline.read_frames(data_dir, part):
            if frame.filename in wanted:
                rows = examples.read_rows(
                    frame, work_dir=evaluation, label_space=label_space
                )
                score = format_number(details["images"][frame.filename])
                cells = [cell for _, of_row in rows for cell in of_row]
                pictures[frame.filename] = report.picture_row(
                    f"{frame.filename}, {metric} {score}", cells
                )
    return pictures
