"""What pseudo-labels for all of Cityscapes' video cost: chip-hours, hosts, disk.

    python -m benchmarks.pseudo_label_cost
    python -m benchmarks.pseudo_label_cost --render     from what was measured before

Writes benchmarks/pseudo_label_cost.md. The device's part comes from the record of
benchmarks/tpu_dry_run.py, the whole function of 14 passes and grouping, "not run"
without it; the host's from pseudo_label_cost.json, measured here with the job's own
code on a frame of Cityscapes' size and PNG bytes.
"""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import platform
import statistics
import time

import numpy as np
import tensorflow as tf

from naive_student_tf.data import example
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.pseudo_label import conveyor
from naive_student_tf.pseudo_label.labeller import Labeller
from naive_student_tf.tpu import topology
from tests.pseudo_label.street_maps import street_map

FRAMES = {"train_sequence": 89_250, "val_sequence": 15_000, "train_extra": 20_000}
PASSES, PIXELS_OF_PASSES = 14, 25.4  # of one pass at scale 1 (7 scales, flip)
FOLDER = pathlib.Path(__file__).parent
RECORD, TABLE = FOLDER / "tpu_dry_run.jsonl", FOLDER / "pseudo_label_cost.md"
MEASURED = FOLDER / "pseudo_label_cost.json"
REPEATS, GRAIN = 9, 0.8  # GRAIN: noise that makes a PNG as large as Cityscapes' are
# Virtual CPUs of a host of four chips, as Google publishes its machine types.
HOST_CPUS = {"v3": 96, "v4": 240, "v5e": 112, "v5p": 208, "v6e": 180}
CHIPS_PER_HOST = 4
SLICES = ("v3:4x4", "v4:2x2x1", "v5e:2x4", "v5p:2x2x1", "v6e:2x2")


@dataclasses.dataclass(frozen=True)
class HostCost:
    """Of one frame: CPU seconds and bytes; and where they were measured."""

    decode_s: float
    encode_s: float
    image_bytes: int
    label_bytes: int
    record_bytes: int
    processor: str
    num_cpus: int

    @property
    def cpu_s(self):
        return self.decode_s + self.encode_s


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--render", action="store_true", help="measure nothing")
    if not parser.parse_args().render:
        measured = dataclasses.asdict(measure_host())
        MEASURED.write_text(json.dumps(measured, indent=2) + "\n")
    TABLE.write_text(table(read_predictions(), read_host()))
    print(TABLE.read_text())


def measure_host():
    """HostCost of the job's own decoding and encoding."""
    label = street_map(instances=60)
    frame = _frame(label)
    record = example.serialize(dataclasses.replace(frame, panoptic=None))
    labeller = Labeller(
        inference=_NoDevice(),
        stamp={"iteration": 1, "teacher": "0" * 16},
        void_regions=(1,),
        min_confidence=None,
        quality=None,
        batch_size=1,
        num_threads=1,
        device=conveyor.Stopwatch(),
    )

    def decode():
        read = example.read(record)
        return example.pixels(read), read

    def encode():
        nothing = lambda number, filename: None  # noqa: E731
        return labeller._finish(nothing, (0, (frame, label)))[0]

    written = encode()
    return HostCost(
        decode_s=_cpu_seconds(decode),
        encode_s=_cpu_seconds(encode),
        image_bytes=len(frame.image),
        label_bytes=len(example.encode_png(label)),
        record_bytes=len(written),
        processor=platform.processor() or platform.machine(),
        num_cpus=os.cpu_count(),
    )


def read_host():
    """The HostCost on record."""
    return HostCost(**json.loads(MEASURED.read_text()))


def read_predictions():
    """dict of (network, topology) -> figures of the dry run's newest predict row."""
    lines = RECORD.read_text().splitlines() if RECORD.exists() else []
    records = [json.loads(line) for line in lines]
    return {
        (record["network"], record["topology"]): record
        for record in records
        if record["step"] == "predict" and record["flops"] is not None
    }


def chip_seconds(name, found):
    """Seconds of one chip per frame, at least.

    Args:
        name: str, of the slice.
        found: dict, of the dry run on this slice or on another one.
    """
    core = topology.parse(name).core
    compute = found["flops"] / core.flops_per_s
    memory = found["bytes_accessed"] / core.bytes_per_s
    return max(compute, memory) / found["batch_size"] / core.cores_per_chip


def chip_cost(name, found, host):
    """Figures of a slice.

    Args:
        name: str, of the slice.
        found: dict, of the dry run on this slice or on another one.
        host: HostCost.

    Returns:
        dict: seconds of a chip per frame, chip-hours, days, CPUs, hosts.
    """
    there = topology.parse(name)
    chips = there.num_cores // there.core.cores_per_chip
    frame_s = chip_seconds(name, found)
    frames = sum(FRAMES.values())
    cpus = host.cpu_s / frame_s  # that keep one chip busy
    generation = name.partition(":")[0]
    return {
        "frame_s": frame_s,
        "chip_hours": frames * frame_s / 3600,
        "days": frames * frame_s / 86400 / chips,
        "cpus_per_chip": cpus,
        "hosts": math.ceil(chips * cpus / HOST_CPUS[generation]),
        "hosts_there": math.ceil(chips / CHIPS_PER_HOST),
    }


def device_lines(predictions, host):
    """Rows of the table: the slice compiled for, then what follows for others."""
    for (network, compiled), found in sorted(predictions.items()):
        others = [name for name in SLICES if name != compiled]
        for name in (compiled, *others):
            cost = chip_cost(name, found, host)
            fits = ("yes" if found["fits"] else "no") if name == compiled else "not run"
            yield (
                f"| {network} | {name} | {fits} | {cost['frame_s']:.2f} | "
                f"{cost['chip_hours']:.0f} | {cost['days']:.1f} | "
                f"{cost['cpus_per_chip']:.2f} | {cost['hosts']} / "
                f"{cost['hosts_there']} |"
            )
    if not predictions:
        yield "| not run | | | | | | | |"


def table(predictions, host):
    """The whole text of pseudo_label_cost.md."""
    frames = sum(FRAMES.values())
    listed = " + ".join(f"{number:,} ({name})" for name, number in FRAMES.items())
    lines = [
        "# Cost of pseudo-labels at Cityscapes' scale",
        "",
        "Written by `python -m benchmarks.pseudo_label_cost`; do not edit.",
        "",
        f"{listed} = {frames:,} frames x {PASSES} passes, {PIXELS_OF_PASSES} times "
        f"the pixels of one pass.",
        "",
        "## Host",
        "",
        f"Measured on one thread of {host.processor}, "
        f"{host.num_cpus} CPUs, other load on them; CPU seconds, median of {REPEATS}.",
        "",
        "| per frame | CPU s | frames/s per CPU | bytes |",
        "|---|---|---|---|",
        f"| read and decode the image | {host.decode_s:.3f} | "
        f"{1 / host.decode_s:.0f} | {host.image_bytes:,} |",
        f"| mask, count, encode the label | {host.encode_s:.3f} | "
        f"{1 / host.encode_s:.0f} | {host.label_bytes:,} |",
        "",
        f"Disk: {frames * host.label_bytes / 1e9:.1f} GB of labels, "
        f"{frames * host.record_bytes / 1e9:.0f} GB with the images that the shards "
        f"repeat. Host time in all: {frames * host.cpu_s / 3600:.1f} CPU-hours.",
        "",
        "## Device",
        "",
        "From the dry run: the larger of flops over published peak and bytes over "
        "published bandwidth, so a lower bound on the time; nothing was run on a TPU. "
        "Where `fits` says not run, the slice was not compiled for: its time follows "
        "from the flops and bytes of the slice that was. "
        "CPUs per host as published ("
        + ", ".join(f"{k} {v}" for k, v in HOST_CPUS.items())
        + "), four chips a host; a v5litepod-8 is one host of eight chips with twice "
        "the CPUs.",
        "",
        "| network | slice | fits | chip s per frame | chip-hours | days on the slice "
        "| CPUs that keep a chip busy | hosts needed / there |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += device_lines(predictions, host)
    return "\n".join(lines) + "\n"


class _NoDevice:
    label_space = CITYSCAPES


def _frame(label):
    """A frame as large as one of Cityscapes, in pixels and in bytes."""
    random = np.random.default_rng(0)
    colors = random.integers(40, 216, (65536, 3))
    shade = np.linspace(-20, 20, label.shape[1])[None, :, None]
    grain = random.normal(scale=GRAIN, size=(*label.shape, 3))
    image = np.clip(colors[label] + shade + grain, 0, 255).astype(np.uint8)
    regions = np.zeros(label.shape, np.uint8)
    regions[int(0.93 * len(label)) :] = 1
    return example.Frame(
        image=tf.io.encode_png(image).numpy(),
        image_format="png",
        filename="aachen_000000_000019",
        height=label.shape[0],
        width=label.shape[1],
        void_regions=regions,
        sequence_id="aachen_000000_000019",
        frame_id="000019",
    )


def _cpu_seconds(call):
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
