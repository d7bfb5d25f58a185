"""How busy two writer processes keep two cores, on frames of Cityscapes' size.

    python benchmarks/build_shards.py --output benchmarks/build_shards.md

The frames are noise over smooth shapes, so that a PNG takes 2.2 MB as real ones do;
their labels have 19 classes and 40 instances. Few are drawn, the others are links.
On a machine with other work a process also waits for a core: `wanted` is the share of
the time in which the main threads of the workers ran or waited for a core, `had` that
in which all threads ran, the builder's too. What is missing to 100 % of `wanted` is
the builder's own fault.
"""

import argparse
import functools
import os
import pathlib
import resource
import sys
import tempfile
import threading
import time

import numpy as np
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from naive_student_tf.data import build_shards, shards
from naive_student_tf.data.cityscapes import Cityscapes
from naive_student_tf.data.recode import Recode

HEIGHT, WIDTH = 1024, 2048
DRAWN = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fine", type=int, default=64, help="labelled frames")
    parser.add_argument("--snippets", type=int, default=8, help="of 30 frames")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", help="a file for the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write_tree(root / "data", options.fine, options.snippets)
        rows = [
            measure(root, split, options.workers, recode)
            for split, recode in (
                ("train_fine", None),
                ("train_sequence", None),
                ("train_fine", Recode(jpeg_quality=95)),
            )
        ]
    text = table(rows, options.workers)
    print(text)
    if options.output:
        pathlib.Path(options.output).write_text(text + "\n")


def write_tree(root, fine, snippets):
    """A tree of Cityscapes' names; every frame is a link to one of DRAWN."""
    random = np.random.default_rng(0)
    for number in range(DRAWN):
        image, ids = draw(random)
        label_ids = np.where(ids < 1000, ids, ids // 1000).astype(np.uint8)
        maps = {"image": image, "instanceIds": ids, "labelIds": label_ids}
        (root / "drawn").mkdir(parents=True, exist_ok=True)
        for name, array in maps.items():
            Image.fromarray(array).save(root / "drawn" / f"{number}_{name}.png")
    for number in range(max(fine, snippets)):
        key = f"bonn_{number:06d}_000019"
        link(root, f"leftImg8bit/train/bonn/{key}_leftImg8bit.png", number, "image")
        for kind in ("instanceIds", "labelIds"):
            link(root, f"gtFine/train/bonn/{key}_gtFine_{kind}.png", number, kind)
        for frame in range(30 if number < snippets else 0):
            name = f"bonn_{number:06d}_{frame:06d}_leftImg8bit.png"
            link(root, f"leftImg8bit_sequence/train/bonn/{name}", frame, "image")


def link(root, path, number, kind):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    os.link(root / "drawn" / f"{number % DRAWN}_{kind}.png", root / path)


def draw(random):
    """uint8 [H, W, 3] image and uint16 [H, W] instanceIds."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ids = random.choice([7, 8, 11, 17, 21, 23], (8, 16)).astype(np.uint16)
    ids = ids.repeat(HEIGHT // 8, 0).repeat(WIDTH // 16, 1)
    for number in range(40):
        top, left = random.integers(0, HEIGHT - 200), random.integers(0, WIDTH - 300)
        size = random.integers(10, 150)
        inside = (y - top) ** 2 + (x - left) ** 2 < size**2
        ids[inside] = 1000 * random.choice([24, 26]) + number
    ids[HEIGHT - 80 :] = 1
    shade = (ids % 251)[..., None] + 40 * np.sin(x / 90 + y / 70)[..., None]
    noise = random.normal(0, 2.0, (HEIGHT, WIDTH, 3))
    return np.clip(shade / 2 + 60 + noise, 0, 255).astype(np.uint8), ids


def measure(root, split, workers, recode):
    """Builds one split. Returns a row of the table."""
    watched = Watch()
    work_dir = str(root / ("jpeg" if recode else "png"))
    began, before = time.monotonic(), cpu_seconds()
    build_shards.build_shards(
        source=functools.partial(Cityscapes, data_dir=str(root / "data")),
        splits=(split,),
        work_dir=work_dir,
        frames_per_shard=8,
        num_workers=workers,
        recode=recode,
    )
    wall, cpu = time.monotonic() - began, cpu_seconds() - before
    wanted = watched.stop()
    parts, facts = shards.read_manifest(f"{work_dir}/{split}")
    effect = facts.get("recode", {"psnr_db": "as it was"})
    return {
        "split": split,
        "JPEG 95, PSNR dB": effect["psnr_db"],
        "frames": facts["count"],
        "MB a frame": f"{sum(part.bytes for part in parts) / facts['count'] / 1e6:.2f}",
        "wall s": f"{wall:.1f}",
        "CPU ms a frame": f"{1000 * cpu / facts['count']:.0f}",
        "frames/s": f"{facts['count'] / wall:.1f}",
        "had": f"{100 * cpu / wall / workers:.0f} %",
        "wanted": f"{100 * wanted / wall / workers:.0f} %",
    }


def cpu_seconds():
    """Of this process and its finished children."""
    used = [resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Watch:
    """Sums how long the main threads of child processes ran or waited for a core, in
    seconds (Linux)."""

    def __init__(self):
        self._spent, self._stopped = {}, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        return sum(self._spent.values()) / 1e9

    def _watch(self):
        while not self._stopped.wait(0.2):
            for path in pathlib.Path("/proc/self/task").glob("*/children"):
                for pid in path.read_text().split():
                    self._read(pid)

    def _read(self, pid):
        try:
            numbers = pathlib.Path("/proc", pid, "schedstat").read_text().split()
        except OSError:  # it has ended
            return
        self._spent[pid] = int(numbers[0]) + int(numbers[1])


def table(rows, workers):
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(v) for v in r.values()] for r in rows)]
    return "\n".join(
        [
            f"`python benchmarks/build_shards.py`, {workers} workers, {os.cpu_count()} "
            f"cores, load average {os.getloadavg()[1]:.1f} (this run's own share of it "
            f"is about {workers}).",
            "",
            *("| " + " | ".join(line) + " |" for line in lines),
        ]
    )


if __name__ == "__main__":
    main()
