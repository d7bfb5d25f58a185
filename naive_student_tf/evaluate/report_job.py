"""Job: gathers what the stages of a run left behind into one report.

Reads the layout that iterate/algorithm_1.py writes: results.json, <stage>/eval,
shards, pseudo_label_<i>.
"""

import itertools

from naive_student_tf import store
from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.evaluate import (
    evaluation_report,
    report,
    report_html,
    scenes,
    score_labels,
)

NUM_ROWS = 4  # pictures of each kind


def write_run_report(
    *,
    run_dir,
    work_dir,
    label_space,
    train,
    val,
    unlabelled,
    title,
    summary,
    truth=None,
):
    """Writes `run_dir/report.html`.

    Args:
        run_dir: str, WORK_DIR of the run.
        label_space: LabelSpace.
        train, val: str, splits with human labels.
        unlabelled: tuple of str, the pseudo-labelled splits, video first.
        title, summary: str, shown on top.
        truth: function, (data_dir, split) -> source of the unlabelled frames with
            their true labels, where somebody knows them (toy data); or None.
        work_dir: str, holds the config of this job, nothing else.
    """
    del work_dir
    results = _results(run_dir)
    iterations = range(1, max(row["iteration"] for row in results) + 1)
    pseudo = [f"{run_dir}/pseudo_label_{i}" for i in iterations]
    report.write_report(
        f"{run_dir}/report.html",
        title=title,
        summary=summary,
        results=results,
        label_space=label_space,
        pseudo_labels=_quality(run_dir, pseudo, unlabelled, truth),
        rows=list(_pseudo_rows(run_dir, pseudo, train, unlabelled[0], label_space)),
        strip=_strip(pseudo, unlabelled[0], label_space),
        settings=_settings(run_dir),
        evaluation=_evaluation(run_dir, val, results[-1]["stage"], label_space),
    )
    print(f"report: {run_dir}/report.html", flush=True)


def _results(run_dir):
    """The rows of results.json with the scores per class."""
    rows = store.read_json(f"{run_dir}/results.json")
    for row in rows:
        metrics = store.read_json(f"{run_dir}/{row['stage']}/eval/metrics.json")
        row["per_class"] = metrics["per_class"]
    return rows


def _settings(run_dir):
    stages = {
        row["stage"]: f"{row['seconds']:.0f} s"
        for row in store.read_json(f"{run_dir}/results.json")
    }
    return {**store.read_json(f"{run_dir}/versions.json"), "training time": stages}


def _frames(directory):
    """All frames of a shard directory, in order."""
    parts, _ = shards.read_manifest(directory)
    return itertools.chain.from_iterable(
        pipeline.read_frames(directory, part) for part in parts
    )


def _quality(run_dir, pseudo, unlabelled, truth):
    """Scores of the pseudo-labels of each iteration against their truth."""
    if truth is None:
        return []
    rows = []
    for iteration, directory in enumerate(pseudo, start=1):
        row = {"iteration": iteration}
        for split in unlabelled:
            source = truth(data_dir=f"{run_dir}/toy_city", split=split)
            scores = score_labels.count(f"{directory}/{split}", source).result()
            row |= {f"{split} PQ": scores["pq"], f"{split} mIoU": scores["miou"]}
        rows.append(row)
    return rows


def _pseudo_rows(run_dir, pseudo, train, split, label_space):
    """Annotated frames are pseudo-labelled too: the human label stands beside."""
    human = {f.filename: f.panoptic for f in _frames(f"{run_dir}/shards/{train}")}
    together = zip(*(_frames(f"{folder}/{split}") for folder in pseudo), strict=True)
    known = (frames for frames in together if frames[0].filename in human)
    for frames in itertools.islice(known, NUM_ROWS):
        yield scenes.pseudo_label_row(
            f"{frames[0].filename} ({split})",
            example.pixels(frames[0]),
            pseudo_labels=[frame.panoptic for frame in frames],
            truth=human[frames[0].filename],
            label_space=label_space,
        )


def _evaluation(run_dir, val, stage, label_space):
    """Sections about the last stage."""
    text = f"What follows is the evaluation of {stage} on {val}."
    opening = report_html.section(f"The last stage, {stage}", report_html.note(text))
    return opening + evaluation_report.sections(
        f"{run_dir}/{stage}/eval",
        data_dir=f"{run_dir}/shards/{val}",
        label_space=label_space,
    )


def _strip(pseudo, split, label_space):
    """The first snippet of the video with the pseudo-labels of each iteration."""
    by_iteration = []
    for folder in pseudo:
        _, snippet = next(
            itertools.groupby(_frames(f"{folder}/{split}"), lambda f: f.sequence_id)
        )
        by_iteration.append(list(itertools.islice(snippet, 30)))
    return scenes.pseudo_label_strip(
        [example.pixels(frame) for frame in by_iteration[0]],
        pseudo_labels=[[f.panoptic for f in frames] for frames in by_iteration],
        label_space=label_space,
    )
