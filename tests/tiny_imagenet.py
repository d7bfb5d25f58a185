"""A few coloured JPEGs, made into `imagenet2012` by the builder of TFDS itself."""

import io
import tarfile

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

SYNSETS = ("n01440764", "n01443537", "n01484850")  # labels 0, 1, 2 of TFDS
COLOURS = ((250, 0, 0), (0, 250, 0), (0, 0, 250))
PER_CLASS = 4
NUM_TRAIN = PER_CLASS * len(SYNSETS)
NUM_VALIDATION = 5


def prepare(directory, *, file_format="tfrecord", num_shards=2):
    """Writes the two archives of ImageNet and prepares them; returns data_dir."""
    archives = directory / "archives"
    archives.mkdir(parents=True)
    _write_archives(archives)
    builder = tfds.builder(
        "imagenet2012:5.1.0", data_dir=str(directory), file_format=file_format
    )
    settings = tfds.download.DownloadConfig(
        manual_dir=str(archives), num_shards=num_shards
    )
    builder.download_and_prepare(download_config=settings)
    return str(directory)


def _write_archives(folder):
    with tarfile.open(folder / "ILSVRC2012_img_train.tar", "w") as outer:
        for synset, colour in zip(SYNSETS, COLOURS, strict=True):
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as tar:
                for number in range(PER_CLASS):
                    size = (40 + 8 * number, 64 - 8 * number)
                    _add(tar, f"{synset}_{number}.JPEG", _jpeg(colour, size))
            _add(outer, f"{synset}.tar", inner.getvalue())
    with tarfile.open(folder / "ILSVRC2012_img_val.tar", "w") as tar:
        for number in range(1, NUM_VALIDATION + 1):
            name = f"ILSVRC2012_val_{number:08d}.JPEG"
            _add(tar, name, _jpeg(COLOURS[number % 3], (48, 32)))


def _jpeg(colour, size):
    """One colour, black in its right half: bytes of a JPEG, size = (width, height)."""
    pixels = np.zeros([size[1], size[0], 3], np.uint8)
    pixels[:, : size[0] // 2] = colour
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def _add(tar, name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
