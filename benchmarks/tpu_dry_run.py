"""What full-size steps need on TPU slices: runs the dry-run job, writes the table.

    python -m benchmarks.tpu_dry_run [--only v5e] [--compiler PYTHON]
    python -m benchmarks.tpu_dry_run --only nothing     the table alone

Every row is one run of gin_configs/jobs/tpu_dry_run.gin, a minute or two on a quiet
machine. benchmarks/tpu_dry_run.jsonl keeps what each run found, one line each; the
table is made of the last line of each row. Rows without a run say so.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

from naive_student_tf.tpu import compiler

FOLDER = pathlib.Path(__file__).parent
RECORD, TABLE = FOLDER / "tpu_dry_run.jsonl", FOLDER / "tpu_dry_run.md"
GIB = 2**30
NAMES = {
    "xception_71": "X-71",
    "wide_resnet_38": "WR-38",
    "wide_resnet_41": "WR-41",
}
HEADER = (
    "network",
    "arithmetic",
    "step",
    "slice",
    "cores",
    "examples per core",
    "HBM per core, GiB",
    "to spare",
    "verdict",
    "Tflop",
    "GB moved",
    "at least, s",
    "estimate, s",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One run of the job.

    Attributes:
        network: str, a file of gin_configs/models/.
        topology, step: str, see the job.
        precision: str.
        batch_size: int, examples of one core.
        changes: tuple of str, further gin files and bindings.
        note: str, what is special.
    """

    network: str
    topology: str
    step: str = "train"
    precision: str = "mixed_bfloat16"
    batch_size: int = 1
    changes: tuple = ()
    note: str = ""

    @property
    def facts(self):
        """What tells the row's record from those of others."""
        return {
            "network": self.network,
            "topology": self.topology,
            "step": self.step,
            "precision": self.precision,
            "batch_size": self.batch_size,
            "changes": list(self.changes),
        }

    @property
    def command(self):
        params = (
            "WORK_DIR = None",  # a job among the changes would have one
            f"TOPOLOGY = '{self.topology}'",
            f"STEP = '{self.step}'",
            f"BATCH_SIZE = {self.batch_size}",
            f"panoptic_deeplab.panoptic_deeplab.precision = '{self.precision}'",
        )
        return [
            *("-m", "naive_student_tf.main"),
            "--gin_file=gin_configs/jobs/tpu_dry_run.gin",
            *self.changes,  # before the network, which may not be a job's own
            f"--gin_file=gin_configs/models/{self.network}.gin",
            *(f"--gin_param={param}" for param in params),
        ]


PREDICT = "7 scales, flip, grouping"
FRUGAL = ("--gin_file=gin_configs/memory/rematerialize.gin",)
ACCUMULATION = ("--gin_param=loop.train.accumulation = 4",)
FULL = ("--gin_param=FULL = True",)  # the compiler's estimate of the time besides
MAPILLARY = ("--gin_file=gin_configs/mapillary.gin",)
IMAGENET = (
    "--gin_file=gin_configs/jobs/pretrain.gin",
    "--gin_param=jobs.run.job = @dry_run.dry_run",
    "--gin_param=programs.train_programs.data = @imagenet.TrainingData()",
)
X_71, WR_38, WR_41 = NAMES
ROWS = (
    *(Row(network, "v5e:2x4") for network in NAMES),
    *(
        Row(network, "v5e:2x4", batch_size=4, changes=ACCUMULATION, note="in 4 parts")
        for network in NAMES
    ),
    *(Row(network, "v5e:4x8") for network in NAMES),
    Row(WR_41, "v5e:4x8", changes=FULL, note="compiled to the end"),
    Row(WR_41, "v5e:2x2", changes=FRUGAL, note="rematerialized"),
    *(Row(network, "v3:4x4", note="the paper's machine") for network in NAMES),
    Row(WR_41, "v4:2x2x1", precision="float32"),
    *(Row(WR_41, "v6e:2x2", batch_size=size) for size in (8, 12)),
    *(Row(WR_41, "v5p:2x2x1", batch_size=size) for size in (32, 36)),
    *(
        Row(network, slice_, step="predict", note=PREDICT)
        for slice_ in ("v5e:2x4", "v3:4x4")
        for network in NAMES
    ),
    *(
        Row(network, slice_, batch_size=64 // cores, changes=changes, note=note)
        for slice_, cores, changes, note in (
            ("v3:4x4", 32, MAPILLARY, "Mapillary"),
            ("v5e:4x8", 32, MAPILLARY, "Mapillary"),
            ("v5e:2x4", 8, MAPILLARY + ACCUMULATION, "Mapillary, in 4 parts"),
        )
        for network in (X_71, WR_41)
    ),
    *(  # its reader feeds one host
        Row(
            network,
            "v5e:2x4",
            precision="float32",
            batch_size=128,
            changes=IMAGENET + ACCUMULATION,
            note="ImageNet, in 4 parts",
        )
        for network in NAMES
    ),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="as 'wide_resnet_41 v5e:2x4 train'")
    parser.add_argument("--compiler", default=compiler.PYTHON)
    flags = parser.parse_args()
    for row in ROWS:
        if flags.only in " ".join(map(str, row.facts.values())):
            found = run(row, flags.compiler)
            with RECORD.open("a") as file:
                file.write(json.dumps({**found, **row.facts}) + "\n")
    TABLE.write_text(table(read()))
    print(TABLE.read_text())


def run(row, python):
    """The figures of one row; see tpu/report.py."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "found.json"
        params = [f"OUTPUT = '{output}'", f"COMPILER = '{python}'"]
        if set(MAPILLARY) <= set(row.changes):
            params.append(f"CONFIG = '{write_classes(pathlib.Path(folder))}'")
        command = [*row.command, *(f"--gin_param={param}" for param in params)]
        print(" ".join(row.command), flush=True)
        done = subprocess.run([sys.executable, *command], check=False)
        if done.returncode not in (0, 1) or not output.exists():
            raise SystemExit(f"The job failed with {done.returncode}.")
        return json.loads(output.read_text())


def write_classes(folder):
    """A class table with the numbers of Mapillary Vistas 1.2: 65 classes, 37 things."""
    labels = [
        {
            "name": f"class-{number}",
            "readable": f"class {number}",
            "color": [number, number, number],
            "instances": number < 37,
            "evaluate": True,
        }
        for number in range(65)
    ]
    path = folder / "classes.json"
    path.write_text(json.dumps({"labels": labels}))
    return path


def read():
    """list of the records, the oldest first."""
    lines = RECORD.read_text().splitlines() if RECORD.exists() else []
    return [json.loads(line) for line in lines]


def table(records):
    """The whole text of tpu_dry_run.md."""
    lines = [
        "# TPU dry run: full-size steps, compiled ahead of time",
        "",
        "Written by `python -m benchmarks.tpu_dry_run`; do not edit. Training: 1025 x "
        "2049, Adam, batch norm and gradients summed over all cores of the slice; for "
        "Mapillary 1025 x 1025 and 65 classes, for ImageNet 224 x 224. "
        "Prediction: 1024 x 2048. HBM is what libtpu's compiler (0.0.42.1) assigns; "
        "`at least` is the larger of flops over published peak and bytes over "
        "published bandwidth; `estimate`, of a program compiled to the end, is the "
        "compiler's own reckoning of cycles over the clock, unproven. No TPU was "
        "there, nothing was run on one: no input, no host, no time of collectives.",
        "",
        _line(HEADER),
        _line(["---"] * len(HEADER)),
        *(_line(_cells(row, records)) for row in ROWS),
        *(line for row in ROWS for line in _dearest(row, records)),
    ]
    return "\n".join(lines) + "\n"


def _dearest(row, records):
    """The dearest ops of a row that was compiled to the end."""
    found = _newest(row, records)
    if not found or "dearest_ops" not in found:
        return
    yield from (
        "",
        f"## Dearest ops: {NAMES[row.network]}, {row.step}, {row.topology}",
        "",
        f"Compiled in {found['compile_seconds'] / 60:.0f} minutes, beside other load.",
        "",
        _line(["op", "estimate, ms"]),
        _line(["---", "---"]),
    )
    for op in found["dearest_ops"]:
        yield _line([f"`{op['op']}`", f"{1000 * op['seconds']:.1f}"])


def _line(cells):
    return f"| {' | '.join(map(str, cells))} |"


def _cells(row, records):
    step = f"{row.step} ({row.note})" if row.note else row.step
    first = [NAMES[row.network], row.precision, step, row.topology]
    found = _newest(row, records)
    if not found:
        return [*first, "", row.batch_size, "", "", "not run", "", "", "", ""]
    peak, limit = found["hbm_peak_bytes"], found["hbm_limit_bytes"]
    spare = 1 - peak / limit
    seconds = found["roofline_seconds"].values()
    known = found["flops"] is not None
    return [
        *first,
        found["num_replicas"],
        row.batch_size,
        f"{peak / GIB:.2f} of {limit / GIB:.2f}",
        f"{spare:.0%}" if found["fits"] else "",
        "fits" if found["fits"] else "does not fit",
        f"{found['flops'] / 1e12:.1f}" if known else "",
        f"{found['bytes_accessed'] / 1e9:.0f}" if known else "",
        f"{max(seconds):.3f}" if known else "",
        f"{found['estimated_seconds']:.3f}" if "estimated_seconds" in found else "",
    ]


def _newest(row, records):
    own = [record for record in records if row.facts.items() <= record.items()]
    return own[-1] if own else None


if __name__ == "__main__":
    main()
