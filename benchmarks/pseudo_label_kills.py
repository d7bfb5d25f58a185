"""Kills real workers of the pseudo-label job and compares what they leave.

    python -m benchmarks.pseudo_label_kills

    python -m benchmarks.pseudo_label_kills --render   writes the table again

Writes benchmarks/pseudo_label_kills.json and from it pseudo_label_kills.md. A small
network, trained for a few steps on a small toy city, labels its video: first one worker
that nobody disturbs, then three at a time, each started as the README says and killed
(SIGKILL) at a random moment: while it starts, or some seconds after its first claim of
a shard, or after a few more shards were finished. A new one takes its place. After the
last kill the workers end by themselves.
"""

import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from naive_student_tf import processes

KILLS, WORKERS, SEED = 24, 3, 0
STARTING_SHARE = 0.2  # of the kills fall into the start of a process
MOST_S = 5.0  # seconds from the first claim, or the last shard awaited, to the kill
AWAITED = (0, 0, 1, 2, 4)  # shards to be finished, by anybody, after the first claim
SPLITS = ("train_sequence", "train_extra")
ROOT = pathlib.Path(__file__).parents[1]
TABLE = ROOT / "benchmarks" / "pseudo_label_kills.md"
RECORD = TABLE.with_suffix(".json")
DEMO = "gin_configs/demo"
NO_RESULTS = ("workers/", "log.txt", ".lock")  # what workers tell each other and us
# No results either, but compared for what they are: they tell of a process.
PROCESS_FILES = {
    "operative_config.gin": "what the last worker used of config.gin; one that came "
    "too late for a shard has used less",
    "versions.json": "the commit and the libraries of the first worker; equal when "
    "both runs are of one commit",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work_dir", help="to keep; default: a temporary one")
    parser.add_argument("--render", action="store_true", help="from the last record")
    options = parser.parse_args()
    if not options.render:
        RECORD.write_text(json.dumps(measure(options.work_dir), indent=2) + "\n")
    TABLE.write_text(table(json.loads(RECORD.read_text())))
    print(TABLE.read_text())


def measure(work_dir):
    """What pseudo_label_kills.json holds: dict."""
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(work_dir or temporary)
        if not (root / "teacher").exists():
            prepare(root)
        run_dir, undisturbed = root / "pseudo_label", root / "undisturbed"
        if not undisturbed.exists():
            finish([start_worker(root)])
            run_dir.rename(undisturbed)
        shutil.rmtree(run_dir, ignore_errors=True)
        kills = run_and_kill(root, random.Random(SEED))
        return record(kills, results(undisturbed), results(run_dir))


def prepare(root):
    """Toy city, shards of four frames, a teacher of a few steps."""
    city, shards, teacher = root / "city", root / "shards", root / "teacher"
    sizes = {"train_cities": 4, "extra_cities": 80, "val_cities": 1, "val_videos": 0}
    write = {f"write.write_toy_city.{name}": n for name, n in sizes.items()}
    run_job("toy_city", {"WORK_DIR": city, "SEED": SEED, **write})
    per_shard = {"build_shards.build_shards.frames_per_shard": 4}
    places = {"DATA_DIR": city, "WORK_DIR": shards}
    splits = {"SPLITS": ("train_fine", *SPLITS)}
    run_job("build_shards", {**places, **splits, **per_shard})
    places = {"DATA_DIR": shards / "train_fine", "WORK_DIR": teacher}
    steps = {"STEPS": 40, "loop.train.steps_per_loop": 20, "loop.train.save_every": 40}
    run_job("train", {**places, **steps}, "gin_configs/models/small.gin")


def run_job(name, bindings, *files):
    finish([start(f"{DEMO}/{name}.gin", *files, bindings=bindings)])


def start(*files, bindings):
    """A process of the one entry point."""
    command = [sys.executable, "-m", "naive_student_tf.main"]
    command += [f"--gin_file={file}" for file in files]
    for name, value in bindings.items():
        value = str(value) if isinstance(value, pathlib.Path) else value
        command.append(f"--gin_param={name}={value!r}")
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=processes.die_with_parent,
    )


def start_worker(root):
    bindings = {
        "DATA_DIR": root / "shards",
        "CHECKPOINT": root / "teacher",
        "WORK_DIR": root / "pseudo_label",
        "SPLITS": SPLITS,
        "job.pseudo_label.batch_size": 4,
    }
    model = "gin_configs/models/small.gin"
    return start(f"{DEMO}/pseudo_label.gin", model, bindings=bindings)


def finish(started):
    for process in started:
        if process.wait():
            raise RuntimeError(f"{process.args} ended with {process.returncode}.")


def run_and_kill(root, chance):
    """[(what the victim was doing, shards finished by then)] of all kills."""
    run_dir, kills = root / "pseudo_label", []
    workers = [_Life(root, chance) for _ in range(WORKERS)]
    while len(kills) < KILLS:
        time.sleep(0.05)
        for place, worker in enumerate(workers):
            claims = held(run_dir)
            done = len(list((run_dir / "workers/finished").rglob("*.json")))
            if len(kills) < KILLS and worker.is_over(claims, done):
                if worker.process.poll() is not None:
                    raise RuntimeError("A worker ended before its kill: more shards.")
                worker.process.kill()
                worker.process.wait()
                before = worker.process.pid in claims
                doing = "labelling" if before else worker.phase
                kills.append((doing, done))
                workers[place] = _Life(root, chance)
    finish([worker.process for worker in workers])
    return kills


class _Life:
    """A worker, and when it is to be killed."""

    def __init__(self, root, chance):
        self.process, self.phase = start_worker(root), "starting"
        early = chance.random() < STARTING_SHARE
        self._after, self._awaited = chance.uniform(0, MOST_S), chance.choice(AWAITED)
        self._end = time.monotonic() + self._after if early else None
        self._until = None  # shards finished when the clock starts

    def is_over(self, claims, done):
        if self.process.pid in claims and self.phase == "starting":
            self.phase, self._until = "between two shards", done + self._awaited
        if self._end is None and self._until is not None and done >= self._until:
            self._end = time.monotonic() + self._after
        return self._end is not None and time.monotonic() > self._end


def held(run_dir):
    """set of int: the processes that hold a shard, dead ones too."""
    found = set()
    for path in (run_dir / "workers" / "claims").glob("*/*/beat"):
        try:
            found.add(json.loads(path.read_text())["pid"])
        except (OSError, ValueError):  # just being written or removed
            continue
    return found


def results(run_dir):
    """dict: relative path -> bytes."""
    files = (path for path in run_dir.rglob("*") if path.is_file())
    names = {path.relative_to(run_dir).as_posix(): path for path in files}
    kept = {name: p for name, p in names.items() if not name.startswith(NO_RESULTS)}
    return {name: path.read_bytes() for name, path in kept.items()}


def record(kills, undisturbed, found):
    """Counts and compares the files of both runs: dict, for JSON."""
    names = sorted(undisturbed.keys() | found.keys())
    other = [name for name in names if undisturbed.get(name) != found.get(name)]
    return {
        "shards": sum(name.endswith(".tfrecord") for name in undisturbed),
        "workers": WORKERS,
        "doing": collections.Counter(doing for doing, _ in kills),
        "finished": [done for _, done in kills],
        "files": sum(name not in PROCESS_FILES for name in names),
        "different": [name for name in other if name not in PROCESS_FILES],
        "different_process_files": [name for name in other if name in PROCESS_FILES],
    }


def table(record):
    """The whole text of pseudo_label_kills.md."""
    doing = sorted(record["doing"].items(), key=lambda entry: -entry[1])
    other, of_process = record["different"], record["different_process_files"]
    lines = [
        "# The pseudo-label job under kills",
        "",
        "Written by `python -m benchmarks.pseudo_label_kills`; do not edit.",
        "",
        f"{record['shards']} shards of a toy city; {record['workers']} workers at a "
        f"time, real processes with a real network, {sum(record['doing'].values())} of "
        f"them killed by SIGKILL at random moments; beside it one worker, undisturbed.",
        "",
        "| what the killed worker was doing | kills |",
        "|---|---|",
        *(f"| {what} | {number} |" for what, number in doing),
        "",
        "Shards finished at each kill: "
        + ", ".join(map(str, record["finished"]))
        + ".",
        "",
        f"{record['files']} files of results in the end (shards, manifests, logs of "
        "TensorBoard, config.gin), "
        + ("all identical to the byte." if not other else "NOT identical:"),
        *(f"- {name}" for name in other),
        "",
        "Two more describe a process, not the labels, and are compared apart:",
        "",
        "| file | tells | in both runs |",
        "|---|---|---|",
        *(
            f"| {name} | {tells} | {'not ' if name in of_process else ''}identical |"
            for name, tells in PROCESS_FILES.items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
