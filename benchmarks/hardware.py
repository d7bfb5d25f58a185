"""python -m benchmarks.hardware: writes benchmarks/hardware.md, and what it says of a
TPU into the file of its preset.

One row per file of gin_configs/hardware/ and network: how the paper's batch of 32 is
cut, and the memory it takes. Memory is read from the records of the TPU dry run
(benchmarks/tpu_dry_run.jsonl); what is not on record is "not run".
"""

import json
import pathlib
import re

from naive_student_tf import config

ROOT = pathlib.Path(__file__).parents[1]
RECORDS = ROOT / "benchmarks/tpu_dry_run.jsonl"
OUTPUT = ROOT / "benchmarks/hardware.md"
FOLDER = ROOT / "gin_configs/hardware"
NETWORKS = ("xception_71", "wide_resnet_38", "wide_resnet_41")
NAMES = dict(zip(NETWORKS, ("X-71", "WR-38", "WR-41"), strict=True))
NOT_RUN = "not run"
NOTE = "# GiB a core needs, by libtpu: "  # a preset's line on memory begins so
# What a config cannot know: replicas of the machine, and the slice whose compiler
# says what one of them needs. There is none for GPUs and CPUs.
MACHINES = {
    "tpu_v3_32": ("32 TPU v3 cores (the paper)", 32, "v3:4x4"),
    "tpu_v5e_8": ("8 TPU v5e cores", 8, "v5e:2x4"),
    "gpu_80gb": ("one GPU of 80 GB", 1, None),
    "gpu_24gb": ("one GPU of 24 GB", 1, None),
    "cpu": ("CPU", 1, None),
}
COLUMNS = (
    "preset",
    "machine",
    "network",
    "precision",
    "replicas",
    "crops at a time",
    "accumulation",
    "batch",
    "memory needed, GiB",
    "of, GiB",
)


def bound(name):
    """The value of a binding of the loaded config, as text."""
    return re.search(rf"^[\w.]*{re.escape(name)} = (.+)$", config.parsed(), re.M)[1]


def settings(preset, network):
    """How a preset cuts the batch of the training job: dict of int and str."""
    files = ["jobs/train", f"models/{network}", f"hardware/{preset}"]
    config.load([f"gin_configs/{file}.gin" for file in files])
    batch = int(bound("TrainingData.global_batch_size"))
    accumulation = int(bound("train.accumulation"))
    replicas = MACHINES[preset][1]
    return {
        "precision": bound("panoptic_deeplab.precision").strip("'"),
        "replicas": replicas,
        "crops": batch // (replicas * accumulation),
        "accumulation": accumulation,
        "batch": batch,
    }


def memory(records, *, topology, network, precision, crops, accumulation):
    """(needed, available) GiB as text: the last record of that train step."""
    parts = [f"--gin_param=loop.train.accumulation = {accumulation}"]
    wanted = {
        "topology": topology,
        "network": network,
        "precision": precision,
        "batch_size": crops * accumulation,
        "changes": parts if accumulation > 1 else [],
        "step": "train",
    }
    found = [r for r in records if wanted.items() <= r.items()]
    if not found:
        return NOT_RUN, NOT_RUN
    keys = ("hbm_peak_bytes", "hbm_limit_bytes")
    return tuple(f"{found[-1][key] / 2**30:.2f}" for key in keys)


def rows(records):
    for preset, (machine, _, topology) in MACHINES.items():
        for network in NETWORKS:
            cut = settings(preset, network)
            found = memory(
                records,
                topology=topology,
                network=network,
                precision=cut["precision"],
                crops=cut["crops"],
                accumulation=cut["accumulation"],
            )
            yield (preset, machine, network, *cut.values(), *found)


def table(records):
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows(records)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def note(preset, records):
    """The line of a preset on its memory; None where no compiler tells it."""
    found = [row for row in rows(records) if row[0] == preset]
    if MACHINES[preset][2] is None or NOT_RUN in [row[-1] for row in found]:
        return None
    needed = ", ".join(f"{NAMES[row[2]]} {row[-2]}" for row in found)
    return f"{NOTE}{needed} of {found[0][-1]}; not run."


def with_note(text, line):
    """The text of a preset with its line on memory changed."""
    return re.sub(rf"^{re.escape(NOTE)}.*$", line, text, flags=re.M)


def main():
    text = RECORDS.read_text() if RECORDS.exists() else ""
    records = [json.loads(line) for line in text.splitlines()]
    OUTPUT.write_text(
        "# What each machine needs to train at 1025 x 2049\n\n"
        "Made by `python -m benchmarks.hardware`. Memory per core as libtpu's compiler "
        "says (`benchmarks/tpu_dry_run.jsonl`, sums of gradients included); no "
        "compiler says it for GPUs and CPUs, and nothing was measured on them.\n\n"
        + table(records)
        + "\n"
    )
    for preset in MACHINES:
        if line := note(preset, records):
            path = FOLDER / f"{preset}.gin"
            path.write_text(with_note(path.read_text(), line))


if __name__ == "__main__":
    main()
