"""Job: writes toy_vistas, single frames of many places in Mapillary Vistas' layout.

    {training,validation}/images/*.jpg
    {training,validation}/v1.2/labels/*.png       palette, the class
    {training,validation}/v1.2/instances/*.png    16 bits, class * 256 + instance
    config_v1.2.json                              the classes

Another world than toy_city, with other classes (classes.py), other streets, lights
and cameras (style.py), frames of several sizes and no video.

Pixels depend on nothing but the settings; bytes also on the encoders, that is on the
release of Pillow.
"""

import dataclasses
import json
import pathlib

from naive_student_tf.data.toy_city import disk, workers
from naive_student_tf.data.toy_vistas import encode
from naive_student_tf.data.toy_vistas.classes import config
from naive_student_tf.data.toy_vistas.world import World
from naive_student_tf.progress import Progress

SETTINGS = "toy_vistas.json"
_VERSION = 1  # of the pixels: raise it with every change that moves one


def write_toy_vistas(
    *,
    work_dir,
    seed,
    training_frames=300,
    validation_frames=60,
    style_spread=1.0,
    num_workers=2,
):
    """Writes the data set, or what is missing of it.

    Args:
        work_dir: str, the data directory to write.
        seed: int; another seed is another world.
        training_frames, validation_frames: int, all of them labelled.
        style_spread: float in [0, 1], how different places look.
        num_workers: int, parallel processes.

    Raises:
        ValueError: work_dir holds a toy_vistas with other settings.
    """
    settings = locals() | {"version": _VERSION}
    del settings["work_dir"], settings["num_workers"]
    root = pathlib.Path(work_dir)
    disk.claim(root / SETTINGS, settings)
    disk.write_bytes(root / "config_v1.2.json", json.dumps(config(), indent=1).encode())
    counts = {"training": training_frames, "validation": validation_frames}
    frames = [(split, n) for split, count in counts.items() for n in range(count)]
    progress = Progress(total=len(frames), name="toy_vistas", unit="frames")
    writer = _Writer(str(work_dir), World(seed, style_spread))
    for _ in workers.results(writer, frames, num_workers):
        progress.advance(1)
    progress.close()


@dataclasses.dataclass(frozen=True)
class _Writer:
    """Writes one frame; an object so that a worker process can be given it."""

    root: str
    world: World

    def __call__(self, frame):
        """Writes the files of (split, number) unless all are there."""
        split, number = frame
        name, folder = f"{split}_{number:05d}", pathlib.Path(self.root, split)
        paths = {
            encode.image: folder / "images" / f"{name}.jpg",
            encode.labels: folder / "v1.2" / "labels" / f"{name}.png",
            encode.instances: folder / "v1.2" / "instances" / f"{name}.png",
        }
        if all(path.exists() for path in paths.values()):
            return
        picture = self.world.picture(split, number)
        for encoded, path in paths.items():
            disk.write_bytes(path, encoded(picture))
