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

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import threading

import numpy as np

from naive_student_tf.data.toy_city import encode, layout
from naive_student_tf.data.toy_city.render import render_frame
from naive_student_tf.data.toy_city.scene import draw_scene
from naive_student_tf.data.toy_city.style import draw_city
from naive_student_tf.progress import Progress

SETTINGS = "toy_city.json"
_VERSION = 1  # of the pixels: raise it with every change that moves one
_GUESTS = (  # in turn, so that a few annotated frames show every class
    ("bus", "motorcyclist", "bicycle"),
    ("train", "cyclist", "light"),
    ("truck", "motorcycle", "sign"),
)
_CITY, _DRIVE, _SCENE, _SENSOR = range(4)  # what a random number is for


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
    settings = dict(locals())
    del settings["work_dir"], settings["num_workers"]
    settings["image_size"] = list(image_size)
    _claim(pathlib.Path(work_dir), settings | {"version": _VERSION})
    snippets = [
        *_split("train", train_cities, train_snippets_per_city, videos=None),
        *_split("val", val_cities, val_frames_per_city, videos=val_videos),
        *_split("train_extra", extra_cities, extra_frames_per_city),
        *_split("test", test_cities, test_frames_per_city),
    ]
    total = sum(len(snippet.steps) for snippet in snippets)
    progress = Progress(total=total, name="toy_city", unit="frames")
    for done in _results(_Writer(work_dir, settings), snippets, num_workers):
        progress.advance(done)
    progress.close()


def _split(split, cities, per_city, *, videos=0):
    videos = cities * per_city if videos is None else videos
    return layout.list_snippets(split, cities=cities, per_city=per_city, videos=videos)


class _Writer:
    """Writes one snippet; a class so that a worker process can be given it."""

    def __init__(self, root, settings):
        self._root, self._settings = root, settings

    def __call__(self, snippet):
        """Writes the files of a snippet unless all are there; returns its frames."""
        paths = {
            step: layout.frame_paths(self._root, snippet, step)
            for step in snippet.steps
        }
        if not all(
            path.exists()
            for of_frame in paths.values()
            for of_kind in of_frame.values()
            for path in of_kind
        ):
            self._write(snippet, paths)
        return len(paths)

    def _write(self, snippet, paths):
        scene = self._scene(snippet)
        for step, files in paths.items():
            sensor = self._random(_SENSOR, snippet, snippet.place, step + 100)
            size = tuple(self._settings["image_size"])
            frame = render_frame(scene, image_size=size, step=step, random=sensor)
            maps = {"image": frame.image} | encode.fine_maps(frame)
            maps |= _named("coarse", encode.coarse_maps(frame))
            maps |= _named("regions", encode.region_maps(frame))
            for what, of_kind in files.items():
                data = encode.png(maps[what])
                for path in of_kind:
                    _write_bytes(path, data)

    def _scene(self, snippet):
        spread, place = self._settings["style_spread"], snippet.place
        turn = snippet.city * 2 + place
        return draw_scene(
            self._random(_SCENE, snippet, place),
            draw_city(self._random(_CITY, snippet), spread=spread),
            guests=_GUESTS[turn % len(_GUESTS)],
            drive_random=self._random(_DRIVE, snippet, snippet.sequence),
            spread=spread,
        )

    def _random(self, purpose, snippet, *place):
        split = layout.SPLITS.index(snippet.split)
        seed = self._settings["seed"]
        return np.random.default_rng([seed, purpose, split, snippet.city, *place])


def _named(prefix, maps):
    return {f"{prefix}_{what}": array for what, array in maps.items()}


def _results(writer, snippets, num_workers):
    """Yields the number of frames of each snippet as it is done, in order."""
    if num_workers <= 1:
        yield from map(writer, snippets)
        return
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        num_workers, spawn, initializer=_end_with_parent
    ) as pool:
        yield from pool.map(writer, snippets)


def _end_with_parent():
    """A worker must not go on writing when its parent was killed."""

    def watch():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _claim(root, settings):
    """Leaves the settings in a new directory, or compares them with those there."""
    path = root / SETTINGS
    if not path.exists():
        text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
        _write_bytes(path, text.encode())
        return
    found = json.loads(path.read_text())
    different = sorted(
        name for name in settings | found if settings.get(name) != found.get(name)
    )
    if different:
        told = ", ".join(
            f"{name} {found.get(name)} (now {settings.get(name)})" for name in different
        )
        raise ValueError(
            f"{root} holds a toy_city with other settings: {told}. Choose another "
            f"work_dir, or delete this one."
        )


def _write_bytes(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    partial.write_bytes(data)
    partial.replace(path)
