"""Scores submissions with cityscapesscripts itself, in a process of its own.

Two of its tools read environment variables when they are imported, and the instance
tool keeps the ground truth it once saw in `gtInstances.json` inside site-packages and
would score other data against it. Here every call has its own cache in `work_dir`.

A dataset directory holds `gtFine/val/<city>/*_gtFine_{labelIds,instanceIds}.png`. A
submission directory holds what is to be scored: `semantic/*.png`, `instance/*.txt`
with masks, and `panoptic/*.png` with `panoptic.json` beside that folder, or, as in
the zip for the server, `panoptic/cityscapes_panoptic_val.json` with its folder.
"""

import json
import os
import pathlib
import subprocess
import sys

TOOLS = ("semantic", "instance", "panoptic")
_PANOPTIC = "cityscapes_panoptic_val"


def score(dataset_dir, submission_dirs, *, work_dir):
    """Runs the official tools on submissions to one ground truth.

    Args:
        dataset_dir: str, the Cityscapes root. Panoptic ground truth is made in
            `work_dir` unless `gtFine` has it.
        submission_dirs: list of str.
        work_dir: str, an existing directory for caches and results; give every
            ground truth its own.

    Returns:
        list of dicts, one per submission, from tool ("semantic", "instance",
        "panoptic") to the content of the tool's JSON file. A tool whose folder a
        submission lacks is absent.

    Raises:
        RuntimeError: if a tool fails; its last lines are in the message.
    """
    work_dir = pathlib.Path(work_dir).resolve()
    paths = [str(pathlib.Path(p).resolve()) for p in (dataset_dir, *submission_dirs)]
    job = subprocess.run(
        [sys.executable, "-m", __name__, *paths],
        cwd=work_dir,  # the instance tool writes matches.json where it stands
        env=_environment(paths[0], work_dir),
        capture_output=True,
        text=True,
        check=False,
    )
    if job.returncode:
        tail = "\n".join((job.stdout + job.stderr).splitlines()[-15:])
        raise RuntimeError(f"cityscapesscripts failed on {paths}:\n{tail}")
    return [
        {
            tool: json.loads(_result_file(work_dir, number, tool).read_text())
            for tool in TOOLS
            if (pathlib.Path(submission) / tool).is_dir()
        }
        for number, submission in enumerate(paths[1:])
    ]


def _environment(dataset_dir, work_dir):
    package_root = pathlib.Path(__file__).parents[2]
    path = [str(package_root), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "CITYSCAPES_DATASET": dataset_dir,
        "CITYSCAPES_EXPORT_DIR": str(work_dir),
        "MPLBACKEND": "Agg",
    }


def _result_file(work_dir, number, tool):
    return pathlib.Path(work_dir) / f"{tool}_{number}.json"


def _main(dataset_dir, *submission_dirs):
    """The other process; stands in the work directory."""
    run = {"semantic": _semantic, "instance": _instance, "panoptic": _panoptic}
    for number, submission in enumerate(submission_dirs):
        for tool in TOOLS:
            results = pathlib.Path(submission) / tool
            if results.is_dir():
                os.environ["CITYSCAPES_RESULTS"] = str(results)
                result_file = _result_file(pathlib.Path.cwd(), number, tool)
                run[tool](dataset_dir, str(result_file))


def _semantic(_, result_file):
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as tool

    tool.args.predictionPath = tool.args.predictionWalk = None
    tool.args.exportFile = result_file
    _call(tool)


def _instance(_, result_file):
    from cityscapesscripts.evaluation import evalInstanceLevelSemanticLabeling as tool

    tool.args.predictionPath = tool.args.predictionWalk = None
    tool.args.exportFile = result_file
    tool.args.gtInstancesFile = str(pathlib.Path.cwd() / "gtInstances.json")
    _call(tool)


def _panoptic(dataset_dir, result_file):
    from cityscapesscripts.evaluation import evalPanopticSemanticLabeling as tool
    from cityscapesscripts.preparation import createPanopticImgs

    truth = pathlib.Path(dataset_dir) / "gtFine"
    if not (truth / f"{_PANOPTIC}.json").is_file():
        made = pathlib.Path.cwd()
        if not (made / f"{_PANOPTIC}.json").is_file():
            createPanopticImgs.convert2panoptic(str(truth), str(made), setNames=["val"])
        truth = made
    json_file = truth / f"{_PANOPTIC}.json"
    flags = ["--gt-json-file", str(json_file), "--results_file", result_file]
    results = pathlib.Path(os.environ["CITYSCAPES_RESULTS"])
    if results.with_suffix(".json").is_file():
        flags += ["--prediction-json-file", str(results.with_suffix(".json"))]
        flags += ["--prediction-folder", str(results)]
    _call(tool, *flags)


def _call(tool, *flags):
    sys.argv = [tool.__name__, *flags]
    tool.main()


if __name__ == "__main__":
    _main(*sys.argv[1:])
