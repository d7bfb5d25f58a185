"""Job: writes the data set toy_city, a driving-video world in Cityscapes' layout.

    leftImg8bit/{train,val,test,train_extra}/<city>/*_leftImg8bit.png
    leftImg8bit_sequence/{train,val}/<city>/*_leftImg8bit.png
    gtFine/{train,val,test}/<city>/*_gtFine_{labelIds,instanceIds,color}.png
    gtCoarse/train_extra/<city>/*_gtCoarse_{labelIds,instanceIds,color}.png
    toy_truth/{train_sequence,val_sequence,train_extra,test}/<city>/*_gtFine_*.png

toy_truth holds the labels of all other frames. It exists to measure how good
pseudo-labels are; nothing may train on it. gtFine/test holds the fixed regions only.

Pixels depend on nothing but the settings; bytes also on the PNG encoder, that is
on the release of Pillow.
"""

import dataclasses
import pathlib

from naive_student_tf.data.toy_city import disk, encode, layout, workers
from naive_student_tf.data.toy_city.world import World
from naive_student_tf.progress import Progress

SETTINGS = "toy_city.json"
_VERSION = 1  # of the pixels: raise it with every change that moves one


def write_toy_city(
    *,
    work_dir,
    seed,
    image_size=(64, 128),
    train_cities=6,
    train_snippets_per_city=2,
    extra_cities=24,
    extra_frames_per_city=10,
    val_cities=10,
    val_frames_per_city=6,
    val_videos=3,
    test_cities=2,
    test_frames_per_city=4,
    style_spread=0.5,
    num_workers=2,
):
    """Writes the data set, or what is missing of it.

    Args:
        work_dir: str, the data directory to write.
        seed: int; another seed is another world.
        image_size: (height, width) in pixels.
        train_cities, train_snippets_per_city: int; every train snippet is a video
            of 30 frames, one of them annotated.
        extra_cities, extra_frames_per_city: int, single frames without fine labels.
        val_cities, val_frames_per_city: int, annotated frames of unseen cities.
        val_videos: int, how many val snippets are videos.
        test_cities, test_frames_per_city: int, frames whose labels are not told.
        style_spread: float in [0, 1], how different cities and drives look.
        num_workers: int, parallel processes.

    Raises:
        ValueError: work_dir holds a toy_city with other settings.
    """
    settings = locals() | {"image_size": list(image_size), "version": _VERSION}
    del settings["work_dir"], settings["num_workers"]
    disk.claim(pathlib.Path(work_dir, SETTINGS), settings)
    train = train_cities * train_snippets_per_city
    snippets = [
        *layout.list_snippets("train", train_cities, train_snippets_per_city, train),
        *layout.list_snippets("val", val_cities, val_frames_per_city, val_videos),
        *layout.list_snippets("train_extra", extra_cities, extra_frames_per_city),
        *layout.list_snippets("test", test_cities, test_frames_per_city),
    ]
    total = sum(len(snippet.steps) for snippet in snippets)
    progress = Progress(total=total, name="toy_city", unit="frames")
    writer = _Writer(str(work_dir), World(seed, tuple(image_size), style_spread))
    for done in workers.results(writer, snippets, num_workers):
        progress.advance(done)
    progress.close()


@dataclasses.dataclass(frozen=True)
class _Writer:
    """Writes one snippet; an object so that a worker process can be given it."""

    root: str
    world: World

    def __call__(self, snippet):
        """Writes the files of a snippet unless all are there; returns its frames."""
        files = {
            step: layout.frame_paths(self.root, snippet, step) for step in snippet.steps
        }
        if not all(path.exists() for of in files.values() for path in _paths(of)):
            scene = self.world.scene(snippet)
            for step, of_frame in files.items():
                _write_frame(self.world.frame(scene, snippet, step), of_frame)
        return len(files)


def _write_frame(frame, files):
    maps = {"image": frame.image} | encode.fine_maps(frame)
    maps |= _named("coarse", encode.coarse_maps(frame))
    maps |= _named("regions", encode.region_maps(frame))
    for what, paths in files.items():
        data = encode.png(maps[what])
        for path in paths:
            disk.write_bytes(path, data)


def _named(prefix, maps):
    return {f"{prefix}_{what}": array for what, array in maps.items()}


def _paths(files):
    return [path for paths in files.values() for path in paths]
