"""Hours and memory of the paper's stages on TPU slices, from the dry run's record.

    python -m benchmarks.stage_hours
    python -m benchmarks.stage_hours --dollars_per_chip_hour v5e=PRICE v3=PRICE

Writes benchmarks/stage_hours.json and stage_hours.md; with prices it only prints the
table, with a column of dollars. Compiles nothing: the time of a step is what
benchmarks/tpu_dry_run.jsonl says of it, times the updates that the stages of
experiments/ take. What is not on record is "not run", and so is every sum with it.
"""

import argparse
import dataclasses
import functools
import json
import pathlib
import re

import gin

from benchmarks import hardware, pseudo_label_cost, stage_hours_table, tpu_dry_run
from naive_student_tf import config
from naive_student_tf.iterate import graph
from naive_student_tf.tpu import topology

ROOT = pathlib.Path(__file__).parents[1]
JSON, TABLE = ROOT / "benchmarks/stage_hours.json", ROOT / "benchmarks/stage_hours.md"
SLICES = ("v3:4x4", "v5e:4x8", "v5e:2x4")  # the paper's 32 cores; 32 and 8 of v5e
PRETRAIN = "gin_configs/jobs/pretrain.gin"
HOST_CORES = 8  # of the largest machine of one host, v3-8 or v5litepod-8
_GOAL = "run_row.Row.goal"
_INCLUDED = re.compile(r"^include 'gin_configs/models/(\w+)\.gin'", re.M)


@dataclasses.dataclass(frozen=True)
class Task:
    """What tells the record of a job's step: see tpu_dry_run.Row."""

    name: str
    changes: tuple = ()
    precision: str = "mixed_bfloat16"


TASKS = {
    "gin_configs/jobs/train.gin": Task("Cityscapes"),
    "gin_configs/mapillary/train.gin": Task("Mapillary", tpu_dry_run.MAPILLARY),
    PRETRAIN: Task("ImageNet", tpu_dry_run.IMAGENET, precision="float32"),
}


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage of the paper's graph that needs a device for long.

    Attributes:
        role: str, of its node in experiments/stages/paper.gin.
        job, network: str, its gin files.
        updates: int, of a training, else 0.
        batch: int, examples per update.
        frames: int, to pseudo-label, else 0; None with another number of passes.
    """

    role: str
    job: str
    network: str
    updates: int = 0
    batch: int = 0
    frames: int | None = 0


@functools.cache
def stages(row):
    """The stages behind one row of a table.

    Args:
        row: str, such as "table_01/iteration_2".

    Returns:
        dict of the name of a stage's directory, which rows share, -> Stage, in order.
    """
    config.load([f"experiments/{row}.gin"])
    goal = gin.query_parameter(_GOAL).scoped_configurable_fn()
    listed = graph.list_stages((goal,), work_dir="")
    found = {stage.name: _stage(stage) for stage in listed}
    return {name: stage for name, stage in found.items() if stage}


def _stage(stage):
    job, params = stage.gin_files[0], stage.params
    role = stage.name.rpartition("-")[0]
    models = [network for path in stage.gin_files for network in _networks(path)]
    if job in TASKS:
        config.load(stage.gin_files)
        return Stage(
            role=role,
            job=job,
            network=models[-1],
            updates=params.get("STEPS") or config.macro("STEPS"),
            batch=int(hardware.bound("TrainingData.global_batch_size")),
        )
    if job == "gin_configs/jobs/pseudo_label.gin":
        frames = sum(pseudo_label_cost.FRAMES[split] for split in params["SPLITS"])
        is_other = any(name.startswith("inference.") for name in params)
        return Stage(role, job, models[-1], frames=None if is_other else frames)
    return None  # shards are built on hosts, an evaluation is 500 frames


def _networks(path):
    """Names of the model files that a stage's gin file is or, of a table's networks,
    includes: those differ in drop path and multi-grid, the cost is the model's."""
    if "/networks/" in path:
        return _INCLUDED.findall((ROOT / path).read_text())
    return [pathlib.Path(path).stem] if "/models/" in path else []


def update(records, *, job, network, batch, slice_):
    """What one update of a training needs.

    Returns:
        dict of hbm_peak_bytes, hbm_limit_bytes, fits, seconds, estimate ("cycles" or
        "roofline"), per_core (examples) and parts; None where it was not compiled.
    """
    task, there = TASKS[job], topology.parse(slice_)
    wanted = {
        "network": network,
        "topology": slice_,
        "step": "train",
        "precision": task.precision,
        "batch_size": batch // there.num_cores,
    }
    found = [
        record
        for record in reversed(records)  # the newest of equals
        if wanted.items() <= record.items()
        and set(task.changes) <= set(record["changes"]) <= {*task.changes, *_ALLOWED}
    ]
    if not found:
        return None
    best = max(found, key=lambda record: "estimated_seconds" in record)
    keys = ("hbm_peak_bytes", "hbm_limit_bytes", "fits")
    return {
        **{key: best[key] for key in keys},
        **_seconds(best),
        "per_core": best["batch_size"],
        "parts": 4 if set(tpu_dry_run.ACCUMULATION) <= set(best["changes"]) else 1,
    }


_ALLOWED = {*tpu_dry_run.ACCUMULATION, *tpu_dry_run.FULL}  # the same update with them


def _seconds(record):
    if "estimated_seconds" in record:
        return {"seconds": record["estimated_seconds"], "estimate": "cycles"}
    seconds = record["roofline_seconds"].values()
    known = None not in seconds
    return {"seconds": max(seconds) if known else None, "estimate": "roofline"}


def hours(records, stage, slice_):
    """dict of hours, float, of the whole slice; is_bound, bool, whether it takes at
    least so many; and hbm_peak_bytes of a core, None if it was not compiled for this
    slice. None where the record does not say, or the job cannot use the slice."""
    if stage.job == PRETRAIN and topology.parse(slice_).num_cores > HOST_CORES:
        return None  # its reader feeds one host, gin_configs/tpu_v5e_32/pretrain.gin
    if stage.updates:
        found = update(
            records,
            job=stage.job,
            network=stage.network,
            batch=stage.batch,
            slice_=slice_,
        )
        if not (found and found["fits"] and found["seconds"]):
            return None
        return {
            "hours": stage.updates * found["seconds"] / 3600,
            "is_bound": found["estimate"] == "roofline",
            "hbm_peak_bytes": found["hbm_peak_bytes"],
        }
    predictions = [
        record
        for record in reversed(records)
        if (record["network"], record["step"]) == (stage.network, "predict")
        and record["flops"] is not None
    ]
    if not predictions or stage.frames is None:
        return None
    # The slice's own record where there is one, else the work of another's.
    best = max(predictions, key=lambda record: record["topology"] == slice_)
    frame_s = pseudo_label_cost.chip_seconds(slice_, best)
    in_hours = stage.frames * frame_s / chips(slice_) / 3600
    peak = best["hbm_peak_bytes"] if best["topology"] == slice_ else None
    return {"hours": in_hours, "is_bound": True, "hbm_peak_bytes": peak}


def chips(slice_):
    there = topology.parse(slice_)
    return there.num_cores // there.core.cores_per_chip


def rows():
    """Every row of experiments/ that is a graph of stages."""
    found = sorted(ROOT.glob("experiments/*/*.gin"))
    return [
        f"{path.parent.name}/{path.stem}"
        for path in found
        if f"{_GOAL} = " in path.read_text()
    ]


def figures(records):
    """All that the table says, ready for JSON."""
    behind = {row: found for row in rows() if (found := stages(row))}  # else toy only
    everything = {name: s for found in behind.values() for name, s in found.items()}
    kinds = sorted(set(everything.values()), key=repr)
    steps = {(s.job, s.network, s.batch) for s in kinds if s.updates}
    in_hours = {
        stage: {slice_: hours(records, stage, slice_) for slice_ in SLICES}
        for stage in kinds
    }
    return {
        "chips": {slice_: chips(slice_) for slice_ in SLICES},
        "updates": [
            {
                "task": TASKS[job].name,
                "network": network,
                "batch": batch,
                "slice": slice_,
                "found": update(
                    records, job=job, network=network, batch=batch, slice_=slice_
                ),
            }
            for job, network, batch in sorted(steps)
            for slice_ in SLICES
        ],
        "stages": [
            {
                **dataclasses.asdict(stage),
                "task": TASKS[stage.job].name if stage.updates else "pseudo-labels",
                "hours": in_hours[stage],
                "times": list(everything.values()).count(stage),
            }
            for stage in kinds
        ],
        "rows": {
            **{row: _sums(found.values(), in_hours) for row, found in behind.items()},
            "all of them, shared stages once": _sums(everything.values(), in_hours),
        },
        "tables": {
            table: _sums(found.values(), in_hours)
            for table, found in _of_tables(behind).items()
        },
    }


def _of_tables(behind):
    """{table: {name of a stage: Stage}}: those of its rows, shared ones once."""
    found = {}
    for row, of_row in behind.items():
        found.setdefault(row.partition("/")[0], {}).update(of_row)
    return found


def _sums(stages_, in_hours):
    """Of each slice: hours of the stages on record, how many are not, and the memory
    of a core that the largest of them takes."""
    found = {}
    for slice_ in SLICES:
        of_stages = [in_hours[stage][slice_] for stage in stages_]
        known = [value for value in of_stages if value]
        found[slice_] = {
            "hours": sum(value["hours"] for value in known),
            "is_bound": any(value["is_bound"] for value in known),
            "stages_not_run": of_stages.count(None),
            "hbm_peak_bytes": max(
                filter(None, (value["hbm_peak_bytes"] for value in known)), default=None
            ),
        }
    return found


def _price(text):
    generation, equals, dollars = text.partition("=")
    if not equals or generation not in topology.CORES:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected GENERATION=DOLLARS, of {', '.join(topology.CORES)}"
        )
    return generation, float(dollars)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dollars_per_chip_hour", nargs="+", type=_price, default=())
    prices = dict(parser.parse_args().dollars_per_chip_hour)
    found = figures(tpu_dry_run.read())
    if not prices:
        JSON.write_text(json.dumps(found, indent=1) + "\n")
        TABLE.write_text(stage_hours_table.table(found))
    print(stage_hours_table.table(found, prices))


if __name__ == "__main__":
    main()
