"""Hundreds of damaged files: each ends in an error that names it, or does no harm.

No harm means that exactly the undamaged pixels come out. Mutations are drawn from a
seed, so a failure can be repeated by its number.
"""

import functools
import json
import operator
import shutil
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import doctor_files, example, files, pipeline, shards
from naive_student_tf.data.cityscapes import Cityscapes
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards
from tests.data import cityscapes_files as disk

IDS = np.random.default_rng(0).choice(np.array([7, 23, 26001, 24002]), (14, 22))
IDS = IDS.astype(np.uint16)
LABEL = example.encode_png(IDS)
PIXELS = np.random.default_rng(1).integers(0, 256, (14, 22, 3)).astype(np.uint8)
IMAGE = tf.io.encode_png(PIXELS).numpy()
NAMED_ERRORS = (ValueError, OSError)
NOT_DECODED = (tf.errors.InvalidArgumentError,)


def mutate(data, rng):
    """Bytes with one thing wrong: bits, a piece lost, repeated, zeroed or replaced."""
    data = bytearray(data)
    start = int(rng.integers(len(data)))
    end = min(start + int(rng.integers(1, 40)), len(data))
    kind = rng.integers(7)
    if kind == 0:
        data[start] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del data[start:]
    elif kind == 2:
        del data[start:end]
    elif kind == 3:
        data[start:start] = data[start:end]
    elif kind == 4:
        data[start:end] = bytes(end - start)
    elif kind == 5:
        data[start:end] = rng.bytes(end - start)
    else:
        data[start:] = rng.bytes(len(data) - start)
    return bytes(data)


def outcome(function, *errors):
    """What a function returns, or its error as text; other errors go on."""
    try:
        return function(), None
    except errors as error:
        return None, str(error)


def assert_named_or(expected, result, error, name):
    if error is None:
        np.testing.assert_array_equal(result, expected)
    else:
        assert str(name) in error


def test_damaged_label_files_are_named_or_harmless(tmp_path):
    path, rng, refused = tmp_path / "label.png", np.random.default_rng(2), 0
    for _ in range(250):
        path.write_bytes(mutate(LABEL, rng))
        ids, error = outcome(lambda: files.read_ids(path), *NAMED_ERRORS)
        assert_named_or(IDS, ids, error, path)
        refused += error is not None
    assert refused > 200


def test_damaged_labels_of_records_are_refused_or_harmless():
    rng, refused = np.random.default_rng(10), 0
    for _ in range(250):
        data = mutate(LABEL, rng)
        ids, error = outcome(lambda d=data: example.decode_png(d), ValueError)
        assert_named_or(IDS, ids, error, "not a readable PNG")
        refused += error is not None
    assert refused > 200


def test_damaged_image_files_are_named_or_harmless(tmp_path):
    rng, refused = np.random.default_rng(3), 0
    for number in range(250):
        data = mutate(IMAGE, rng)
        name = f"image_{number}"
        _, error = outcome(lambda d=data, n=name: files.check_image(n, d), ValueError)
        refused += error is not None
        assert error is None or name in error
        if error is None:  # what passes this check passes the decoder's, or is whole
            pixels, _ = outcome(lambda d=data: decode_image(d), *NOT_DECODED)
            np.testing.assert_array_equal(PIXELS if pixels is None else pixels, PIXELS)
    assert refused > 200


def test_the_decoders_of_training_give_the_true_pixels_or_fail():
    rng, refused = np.random.default_rng(4), 0
    for _ in range(150):
        for data, decode, expected in (
            (IMAGE, decode_image, PIXELS),
            (LABEL, decode_label, IDS),
        ):
            damaged = mutate(data, rng)
            pixels, error = outcome(lambda: decode(damaged), *NOT_DECODED)  # noqa: B023
            if error is None and damaged:
                np.testing.assert_array_equal(pixels, expected)
            refused += error is not None
    assert refused > 200


def test_pixels_damaged_before_their_checksum_was_taken_never_crash():
    rng = np.random.default_rng(9)
    for _ in range(100):
        for data, decode in ((IMAGE, decode_image), (LABEL, decode_label)):
            sealed = seal(data, rng)
            outcome(lambda: decode(sealed), *NOT_DECODED)  # noqa: B023


def decode_image(data):
    return example.decode_image({"image/encoded": data}).numpy()


def decode_label(data):
    parsed = {
        "image/segmentation/class/encoded": data,
        "image/height": 14,
        "image/width": 22,
    }
    return example.decode_panoptic(parsed, void=65280).numpy()


def seal(png, rng):
    """A PNG whose compressed pixels are damaged under a correct checksum."""
    out, position = png[:8], 8
    while position < len(png):
        length, kind = struct.unpack(">I4s", png[position : position + 8])
        body = png[position + 8 : position + 8 + length]
        body = mutate(body, rng) if kind == b"IDAT" else body
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
        position += 12 + length
    return out


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """A shard directory of four frames, and those frames."""
    directory = tmp_path_factory.mktemp("healthy")
    tiny_shards.write(directory, [tiny_shards.frame(n) for n in range(4)], per_shard=4)
    return directory, [frame.panoptic for frame in tiny_shards.read(directory)]


def read_labels(directory):
    """The labels of all records, as pseudo-labelling and evaluation read them."""
    listed, _ = shards.read_manifest(str(directory))
    frames = (f for s in listed for f in pipeline.read_frames(str(directory), s))
    return [frame.panoptic for frame in frames]


@pytest.mark.parametrize("pattern", ["*.tfrecord", "manifest.json"])
def test_damaged_shards_and_manifests_are_named_or_harmless(healthy, tmp_path, pattern):
    directory, labels = healthy
    rng, refused = np.random.default_rng(5), 0
    for number in range(120):
        copy = tmp_path / str(number)
        shutil.copytree(directory, copy)
        (path,) = copy.glob(pattern)
        path.write_bytes(mutate(path.read_bytes(), rng))
        found, error = outcome(lambda c=copy: read_labels(c), *NAMED_ERRORS)
        assert_named_or(labels, found, error, copy)
        refused += error is not None
    assert refused > 60


GONE = object()


@pytest.mark.parametrize("wrong", [GONE, None, "x", -1, 10**12, [], [None], {}])
def test_manifests_with_a_wrong_value_are_named_or_harmless(healthy, tmp_path, wrong):
    directory, labels = healthy
    copy = shutil.copytree(directory, tmp_path / "copy")
    text, refused = (copy / shards.MANIFEST).read_text(), 0
    value = json.loads(text)
    places = [(name,) for name in value]
    places += [("shards", 0, name) for name in value["shards"][0]]
    for *outer, name in [*places, ("shards", 0, "offsets", 1), ("shards", 0)]:
        value = json.loads(text)
        part = functools.reduce(operator.getitem, outer, value)
        part[name] = wrong
        if wrong is GONE:
            del part[name]
        (copy / shards.MANIFEST).write_text(json.dumps(value))
        found, error = outcome(lambda: read_labels(copy), *NAMED_ERRORS)
        assert_named_or(labels, found, error, copy)
        refused += error is not None
    assert refused >= 5


def test_damaged_examples_under_a_correct_checksum_never_crash(tmp_path):
    rng, refused = np.random.default_rng(6), 0
    record = example.serialize(tiny_shards.frame(1))
    for number in range(120):
        path = tmp_path / f"{number}.tfrecord"
        shards.write_shard(str(path), [mutate(record, rng)])
        shard = shards.describe_shard(str(path))
        _, error = outcome(
            lambda s=shard: list(pipeline.read_frames(str(tmp_path), s)), ValueError
        )
        refused += error is not None
        assert error is None or str(path) in error
    assert refused > 60


def test_damaged_records_stop_training_with_their_name(healthy, tmp_path):
    rng = np.random.default_rng(7)
    for number in range(6):
        copy = tmp_path / str(number)
        shutil.copytree(healthy[0], copy)
        (path,) = copy.glob("*.tfrecord")
        data = bytearray(path.read_bytes())
        data[int(rng.integers(len(data)))] ^= 1
        path.write_bytes(data)
        reader = pipeline.TrainingData(
            CITYSCAPES, str(copy), (17, 33), 4, max_segments=8
        ).open(seed=0)
        with pytest.raises(tf.errors.OpError, match=f"{path}: record"):
            list(reader.dataset(start_step=0, num_steps=1))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Three frames of train_fine, and the snippet of the first."""
    root = tmp_path_factory.mktemp("tree")
    for number in (19, 39, 59):
        name = f"aachen_000000_{number:06d}"
        disk.write_image(root / "leftImg8bit", "train", name)
        disk.write_labels(root / "gtFine", "train", name)
    base = root / "leftImg8bit_sequence"
    disk.write_snippet(base, "train", "aachen_000000_000019")
    return root


def upset(root, rng):
    """Does to one file or folder what people and disks do; returns it."""
    paths = sorted(root.rglob("*"))
    path = paths[int(rng.integers(len(paths)))]
    kind = int(rng.integers(7))
    if kind == 0:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif kind == 1:
        path.rename(path.with_name(f"copy of {path.name}"))
    elif kind == 2:
        path.rename(path.with_name(path.name.replace("00", "0", 1)))
    elif path.is_dir():
        (path / "Thumbs.db").write_bytes(b"x")
        path.rename(path.with_name(path.name.upper()))
    elif kind == 3:
        path.unlink()
        path.mkdir()
    elif kind == 4:
        path.unlink()
        path.symlink_to(path.with_name("nowhere.png"))
    elif kind == 5:
        disk.save(path, np.zeros((3, 5), np.uint8))
    else:
        path.write_bytes(mutate(path.read_bytes(), rng))
    return path


@pytest.mark.parametrize("split", ["train_fine", "train_sequence"])
def test_upset_folders_end_in_an_error_or_in_fewer_frames(tree, tmp_path, split):
    rng, refused = np.random.default_rng(8), 0
    for number in range(60):
        root = tmp_path / str(number)
        shutil.copytree(tree, root)
        upset(root, rng)
        source = Cityscapes(str(root), split)
        frames, error = outcome(source.list_frames, *NAMED_ERRORS)
        if error:
            assert "aachen" in error or str(root) in error
            refused += 1
            continue
        for frame in frames:
            read, error = outcome(
                lambda f=frame, s=source: files.read_frame(s, f), *NAMED_ERRORS
            )
            assert error is None or str(root) in error
            if read and read.panoptic is not None:
                np.testing.assert_array_equal(read.panoptic, 0)  # road, as written
            refused += error is not None
        found = doctor_files.examine_files(source, frames)
        assert all(str(root) in error for error in found.errors)
    assert refused > 5
