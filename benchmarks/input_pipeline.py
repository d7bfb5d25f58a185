"""CPU time per training example at 1025x2049: each stage beside the PNG decode.

    python -m benchmarks.input_pipeline --output benchmarks/input_pipeline.md
    python -m benchmarks.input_pipeline --shards runs/shards/train_fine    # real frames

Without --shards it draws frames whose files are like those of Cityscapes: 2.2 MB of
PNG, its rows Paeth-filtered, and labels of some ten KB. The floor is the decoding of
the image alone, timed in the same run; ratios to it travel between machines. CPU
seconds are those of all threads of the process.
"""

import argparse
import dataclasses
import io
import os
import pathlib
import tempfile
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from naive_student_tf.data import augment, example, pipeline, segments, shards, targets
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests.evaluate.large_scenes import HEIGHT, WIDTH, draw_street

CROP = (1025, 2049)
INSTANCES = (2, 15, 50, 150)  # per drawn frame
DEEPLAB2 = 0.262 / 0.036  # its ratio to the floor, on record for real frames


def main():
    """Prints the report, and writes it where --output says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", help="a shard directory of Cityscapes")
    parser.add_argument("--frames", type=int, default=4, help="different frames")
    parser.add_argument("--examples", type=int, default=24, help="per timing")
    parser.add_argument("--output", help="a Markdown file")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if flags.shards:
            sources = {"given": flags.shards}
        else:
            sources = {
                str(count): write_drawn(f"{folder}/{count}", count, flags.frames)
                for count in INSTANCES
            }
        readers = {name: open_reader(path) for name, path in sources.items()}
        measured = {name: measure(r, flags) for name, r in readers.items()}
        on_device = time_targets(next(iter(readers.values())), flags.examples // 4)
    text = report(measured, on_device, flags)
    print(text)
    if flags.output:
        pathlib.Path(flags.output).write_text(text)


def write_drawn(directory, instances, frames):
    """A shard of drawn frames with that many instances each; returns `directory`."""
    rng = np.random.default_rng(instances)
    records = []
    for number in range(frames):
        frame = example.Frame(
            image=draw_photo(rng),
            image_format="png",
            filename=f"drawn_{number}",
            height=HEIGHT,
            width=WIDTH,
            panoptic=draw_street(rng, instances=instances).astype(np.uint16),
        )
        records.append(example.serialize(frame))
    path = f"{directory}/{shards.shard_name('drawn', 0, 1)}"
    shards.write_shard(path, records)
    shards.write_manifest(
        directory,
        [shards.describe_shard(path)],
        label_space=dataclasses.asdict(CITYSCAPES),
        labelled=frames,
    )
    return directory


def draw_photo(rng):
    """PNG bytes of noise with the spectrum of a photograph and a little grain."""
    brightness = (
        90 + 45 * draw_clouds(rng, 1.6) + 0.5 * rng.normal(size=(HEIGHT, WIDTH))
    )
    tint = 6 * draw_clouds(rng, 2.5)
    photo = np.stack([brightness + tint * k for k in (1, -0.3, -1)], -1)
    buffer = io.BytesIO()
    photo = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    Image.fromarray(photo).save(buffer, "PNG")
    return buffer.getvalue()


def draw_clouds(rng, exponent):
    """float64 [H, W] noise of power falling with frequency, mean 0, deviation 1."""
    vertical, horizontal = np.fft.fftfreq(HEIGHT)[:, None], np.fft.rfftfreq(WIDTH)
    frequency = np.maximum(np.hypot(vertical, horizontal), 1 / WIDTH)
    waves = rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)
    clouds = np.fft.irfft2(waves / frequency**exponent, s=(HEIGHT, WIDTH))
    return (clouds - clouds.mean()) / clouds.std()


def open_reader(directory):
    return pipeline.TrainingData(
        label_space=CITYSCAPES,
        directories=directory,
        crop_size=CROP,
        global_batch_size=1,
    ).open(seed=0)


def measure(reader, flags):
    """dict of CPU seconds per example: every stage alone, and the whole."""
    count = flags.examples
    data = pipeline.TrainingData(CITYSCAPES, "", CROP, 1)
    serialized = [reader._serialized(i) for i in range(flags.frames)]
    parsed = [example.parse(record) for record in serialized]
    images = [example.decode_image(p) for p in parsed]
    labels = [example.decode_panoptic(p, void=CITYSCAPES.void) for p in parsed]
    windows = [
        augment.random_window(
            tf.shape(images[i % flags.frames])[:2],
            crop_size=CROP,
            scales=data.scales,
            flip=data.flip,
            seed=tf.constant([0, i]),
        )
        for i in range(count)
    ]

    def resample_label(label, window):
        return augment.resample_label(
            label, window, crop_size=CROP, void=CITYSCAPES.void
        )

    def resample_image(image, window):
        return augment.resample_image(image, window, crop_size=CROP)

    def index(label):
        return segments.index_segments(label, label_space=CITYSCAPES, max_segments=256)

    def decode_label(record):
        return example.decode_panoptic(record, void=CITYSCAPES.void)

    crops = [
        resample_label(labels[i % flags.frames], w) for i, w in enumerate(windows[:8])
    ]
    return {
        "megabytes": np.mean([len(p["image/encoded"].numpy()) for p in parsed]) / 1e6,
        "read record": seconds(
            reader._serialized, range(flags.frames), count=count, graph=False
        ),
        "parse": seconds(example.parse, serialized, count=count),
        "decode image": seconds(example.decode_image, parsed, count=count),
        "decode label": seconds(decode_label, parsed, count=count),
        "scale, crop, flip label": seconds(
            resample_label, labels, windows, count=count
        ),
        "index segments": seconds(index, crops, count=count),
        "scale, crop, flip image": seconds(
            resample_image, images, windows, count=count
        ),
        "whole": time_dataset(reader, count),
    }


def seconds(function, *arguments, count, graph=True):
    """CPU seconds per call, the arguments taken in turn."""
    if graph:
        function = tf.function(function, reduce_retracing=True)
    calls = [[column[i % len(column)] for column in arguments] for i in range(count)]
    function(*calls[0]), function(*calls[-1])  # trace
    start = time.process_time()
    for call in calls:
        function(*call)
    return (time.process_time() - start) / count


def time_dataset(reader, count):
    """CPU seconds per example of the pipeline as training uses it."""
    batches = iter(reader.dataset(start_step=0, num_steps=count + 8))
    for _ in range(4):
        next(batches)
    start = time.process_time()
    for _ in range(count):
        next(batches)
    return (time.process_time() - start) / count


def time_targets(reader, count):
    """CPU seconds per example of targets.py, and bytes of its input and output."""
    (batch,) = reader.dataset(start_step=0, num_steps=1)
    make = targets.PanopticTargets(CITYSCAPES)
    sizes = {
        "given": sum(value.numpy().nbytes for value in batch.values()),
        "made": sum(value.numpy().nbytes for value in make(batch).values()),
    }
    plain = seconds(make, [batch], count=count)
    compiled = tf.function(make, jit_compile=True)
    return {
        **sizes,
        "plain": plain,
        "compiled": seconds(compiled, [batch], count=count),
    }


def report(measured, on_device, flags):
    """The figures as Markdown."""
    first = next(iter(measured.values()))
    lines = [
        "# Input pipeline at 1025x2049",
        "",
        f"Made by `python -m benchmarks.input_pipeline` on {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, TensorFlow {tf.__version__}; "
        + (
            f"frames of `{flags.shards}`."
            if flags.shards
            else "drawn frames, real ones: not run."
        ),
        f"CPU milliseconds per example of all threads, mean of {flags.examples}; an "
        f"image PNG has {first['megabytes']:.2f} MB. Floor: decoding that PNG alone.",
        "",
        "| stage \\ instances per frame | " + " | ".join(measured) + " |",
        "|---|" + "---:|" * len(measured),
    ]
    for name in first:
        if name not in ("megabytes", "whole"):
            cells = (f"{1e3 * column[name]:.1f}" for column in measured.values())
            lines.append(f"| {name} | {' | '.join(cells)} |")
    whole = [column["whole"] for column in measured.values()]
    ratio = [column["whole"] / column["decode image"] for column in measured.values()]
    lines += [
        "| **whole pipeline** | " + " | ".join(f"{1e3 * s:.1f}" for s in whole) + " |",
        "| ratio to the floor | " + " | ".join(f"{r:.2f}" for r in ratio) + " |",
        "",
        f"deeplab2's reader, which makes the targets on the host, on record for real "
        f"frames: ratio {DEEPLAB2:.1f}.",
        "",
        f"To the device: {on_device['given'] / 1e6:.2f} MB per example (uint8 image "
        f"and segment index, one table). The targets made there: "
        f"{on_device['made'] / 1e6:.1f} MB; on this CPU they take "
        f"{1e3 * on_device['plain']:.0f} ms, compiled by XLA "
        f"{1e3 * on_device['compiled']:.0f} ms.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
