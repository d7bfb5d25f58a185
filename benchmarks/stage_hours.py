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

import gin

from benchmarks import hardware, pseudo_label_cost, tpu_dry_run
from naive_student_tf import config
from naive_student_tf.iterate import graph
from naive_student_tf.tpu import topology

ROOT = pathlib.Path(__file__).parents[1]
JSON, TABLE = ROOT / "benchmarks/stage_hours.json", ROOT / "benchmarks/stage_hours.md"
SLICES = ("v3:4x4", "v5e:4x8", "v5e:2x4")  # the paper's 32 cores; 32 and 8 of v5e
NOT_RUN = "not run"
HEADER = (
    "From the record of the TPU dry run (`tpu_dry_run.md`); no TPU was there and "
    "nothing was run on one. Where the estimate of a step is `roofline`, it is the "
    "larger of flops over published peak and bytes over published bandwidth: a lower "
    "bound. Where it is `cycles`, it is what libtpu's compiler reckons for its own "
    "program, unproven. Neither knows input, host and collectives. Prediction is 7 "
    "scales and flip, always by roofline, and where the slice was not compiled for, "
    "with the work of another."
)
UPDATE_COLUMNS = (
    "training",
    "network",
    "batch",
    "slice",
    "examples per core",
    "HBM per core, GiB",
    "s per update",
    "estimate",
)


@dataclasses.dataclass(frozen=True)
class Task:
    """What tells the record of a job's step: see tpu_dry_run.Row."""

    name: str
    changes: tuple = ()
    precision: str = "mixed_bfloat16"


TASKS = {
    "gin_configs/jobs/train.gin": Task("Cityscapes"),
    "gin_configs/mapillary/train.gin": Task("Mapillary", tpu_dry_run.MAPILLARY),
    "gin_configs/jobs/pretrain.gin": Task(
        "ImageNet", tpu_dry_run.IMAGENET, precision="float32"
    ),
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
    goal = gin.query_parameter("run_row.run_row.goal").scoped_configurable_fn()
    listed = graph.list_stages((goal,), work_dir="")
    found = {stage.name: _stage(stage) for stage in listed}
    return {name: stage for name, stage in found.items() if stage}


def _stage(stage):
    job, params = stage.gin_files[0], stage.params
    role = stage.name.rpartition("-")[0]
    models = [pathlib.Path(path).stem for path in stage.gin_files if "/models/" in path]
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
    """float, of the whole slice; None where the record does not say."""
    if stage.updates:
        found = update(
            records,
            job=stage.job,
            network=stage.network,
            batch=stage.batch,
            slice_=slice_,
        )
        usable = found and found["fits"] and found["seconds"]
        return stage.updates * found["seconds"] / 3600 if usable else None
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
    return stage.frames * frame_s / chips(slice_) / 3600


def chips(slice_):
    there = topology.parse(slice_)
    return there.num_cores // there.core.cores_per_chip


def rows():
    """Every row of experiments/ that is a graph of stages."""
    found = sorted(ROOT.glob("experiments/*/*.gin"))
    return [
        f"{path.parent.name}/{path.stem}"
        for path in found
        if "run_row.run_row.goal" in path.read_text()
    ]


def figures(records):
    """All that the table says, ready for JSON."""
    behind = {row: stages(row) for row in rows()}
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
                "hours": in_hours[stage],
                "times": list(everything.values()).count(stage),
            }
            for stage in kinds
        ],
        "rows": {
            **{row: _sums(found.values(), in_hours) for row, found in behind.items()},
            "all of them, shared stages once": _sums(everything.values(), in_hours),
        },
    }


def _sums(stages_, in_hours):
    """Of each slice: hours of the stages on record, and how many are not."""
    found = {}
    for slice_ in SLICES:
        known = [in_hours[stage][slice_] for stage in stages_]
        missing = known.count(None)
        total = sum(value for value in known if value is not None)
        found[slice_] = {"hours": total, "stages_not_run": missing}
    return found


def table(found, prices=None):
    """The whole text of stage_hours.md.

    Args:
        found: dict of `figures`.
        prices: dict of generation -> dollars per chip-hour, or None.
    """
    costs = [f"dollars on {s}" for s in SLICES] if prices else []
    lines = [
        "# Hours of the paper's stages on TPU slices",
        "",
        f"Written by `python -m benchmarks.stage_hours`; do not edit. {HEADER}",
        "",
        "## One update",
        "",
        *_lines(
            UPDATE_COLUMNS,
            map(_update_cells, found["updates"]),
        ),
        "",
        "## Stages",
        "",
        "Hours on the whole slice, from the first to the last update or frame. "
        "`times`: how many different ones all rows together need.",
        "",
        *_lines(
            ["stage", "network", "work", *(f"h on {s}" for s in SLICES), "times"],
            map(_stage_cells, found["stages"]),
        ),
        "",
        "## Rows of the tables",
        "",
        "Each row alone, from nothing: sums over the stages on record. `+ n` are "
        "stages that are not on record and not in the sum.",
        "",
        *_lines(
            ["row"]
            + [f"h on {s} ({found['chips'][s]} chips)" for s in SLICES]
            + [f"chip-hours {s}" for s in SLICES]
            + costs,
            (
                _row_cells(row, sums, found["chips"], prices)
                for row, sums in found["rows"].items()
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _lines(header, rows):
    for cells in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(map(str, cells))} |"


def _update_cells(row):
    found = row["found"]
    first = [row["task"], row["network"], row["batch"], row["slice"]]
    if found is None:
        return [*first, "", "", NOT_RUN, ""]
    parts = f" in {found['parts']} parts" if found["parts"] > 1 else ""
    peak, limit = (found[f"hbm_{key}_bytes"] / 2**30 for key in ("peak", "limit"))
    seconds = found["seconds"]
    return [
        *first,
        f"{found['per_core']}{parts}",
        f"{peak:.2f} of {limit:.2f}" + ("" if found["fits"] else ": does not fit"),
        NOT_RUN if seconds is None else f"{seconds:.3f}",
        found["estimate"],
    ]


def _stage_cells(stage):
    task = TASKS[stage["job"]].name if stage["updates"] else "pseudo-labels"
    work = stage["updates"] or stage["frames"]
    unit = "updates" if stage["updates"] else "frames"
    return [
        f"`{stage['role']}`",
        stage["network"],
        f"{task}: {work:,} {unit}" if work else f"{task}: other passes",
        *(_hours(stage["hours"][slice_]) for slice_ in SLICES),
        stage["times"],
    ]


def _row_cells(row, sums, chips_of, prices):
    cells = [row]
    for factor in (dict.fromkeys(SLICES, 1), chips_of):
        for slice_ in SLICES:
            missing = sums[slice_]["stages_not_run"]
            value = _hours(sums[slice_]["hours"] * factor[slice_])
            cells.append(f"{value} + {missing}" if missing else value)
    for slice_ in SLICES if prices else ():
        price = prices.get(slice_.partition(":")[0])
        chip_hours = sums[slice_]["hours"] * chips_of[slice_]
        cells.append("no price" if price is None else f"{chip_hours * price:,.0f}")
    return cells


def _hours(value):
    return NOT_RUN if value is None else f"{value:,.1f}"


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
        TABLE.write_text(table(found))
    print(table(found, prices))


if __name__ == "__main__":
    main()
