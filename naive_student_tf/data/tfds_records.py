"""Any record of a prepared TFDS split, by its number.

Training order is a function of seed and step (order.py), which needs records by
number. TFDS gives that for ArrayRecord files only, so for TFRecord files, its
default, the byte offsets of a file are collected when the file is first used.
"""

import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from naive_student_tf import store

_HEADER, _FOOTER = 12, 4  # bytes around a TFRecord: length + crc, crc


class Records:
    """A split of a TFDS directory.

    Attributes:
        features: tfds FeaturesDict.
    """

    def __init__(self, directory, split):
        """Opens `directory`, the one that holds dataset_info.json.

        Raises:
            ValueError: no such split, or in a format without random access.
        """
        builder = tfds.builder_from_directory(directory)
        if split not in builder.info.splits:
            raise ValueError(
                f"{directory} has no split {split!r}, only "
                f"{sorted(builder.info.splits)}. Prepare it again with its archive."
            )
        self.features = builder.info.features
        self._read = _reader(builder, split)
        self._count = builder.info.splits[split].num_examples

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        """The bytes of record `index`, a serialized tf.train.Example."""
        return self._read(index)


def find_directory(data_dir, name, *, version):
    """The newest `data_dir/name/version` with a dataset_info.json.

    Args:
        data_dir: str, TFDS' data_dir, or already the directory of a version.
        name: str, of the data set.
        version: str, a pattern such as "5.*".

    Raises:
        FileNotFoundError: there is none; it says how to prepare one.
    """
    info = "dataset_info.json"
    if store.exists(store.join(data_dir, info)):
        return data_dir
    found = tf.io.gfile.glob(store.join(data_dir, name, version, info))
    if not found:
        raise FileNotFoundError(
            f"{data_dir} holds no prepared {name}/{version}. Prepare it once, for "
            f"example with: tfds build {name} --data_dir={data_dir} --manual_dir=..."
        )
    folders = [path.removesuffix("/" + info) for path in found]
    return max(folders, key=lambda path: _numbers(store.basename(path)))


def _reader(builder, split):
    suffix = builder.info.file_format.file_suffix
    if suffix == "tfrecord":
        info = builder.info.splits[split]
        return TFRecords([str(path) for path in info.filepaths], info.shard_lengths)
    if suffix == "array_record":
        raw = tfds.decode.DeserializeMethod.RAW_BYTES
        return builder.as_data_source(split, deserialize_method=raw).__getitem__
    raise ValueError(
        f"{builder.data_path} is prepared as {suffix}; this package reads tfrecord "
        f"and array_record. Convert it with: tfds convert_format --to=array_record"
    )


class TFRecords:
    """Callable: number of a record -> its bytes, over several TFRecord files."""

    def __init__(self, paths, counts):
        """Args: paths: list of str; counts: records in each."""
        self._paths, self._counts = paths, counts
        self._ends = np.cumsum(counts)
        self._offsets = {}

    def __call__(self, index):
        shard = int(np.searchsorted(self._ends, index, side="right"))
        record = index - int(self._ends[shard]) + self._counts[shard]
        if shard not in self._offsets:
            path, count = self._paths[shard], self._counts[shard]
            self._offsets[shard] = _find_offsets(path, count)
        begin, end = map(int, self._offsets[shard][record : record + 2])
        with _open(self._paths[shard]) as file:
            file.seek(begin + _HEADER)
            return file.read(end - begin - _HEADER - _FOOTER)


def _find_offsets(path, count):
    """Where each record begins, and where the last one ends: int64 [count + 1]."""
    offsets = [0]
    size = tf.io.gfile.stat(path).length
    with _open(path) as file:
        while len(offsets) <= count and offsets[-1] < size:
            file.seek(offsets[-1])
            length = int.from_bytes(file.read(8), "little")
            offsets.append(offsets[-1] + _HEADER + length + _FOOTER)
    if len(offsets) <= count or offsets[-1] != size:
        raise ValueError(
            f"{path} should hold {count} records and end at byte {offsets[-1]}; it "
            f"has {size} bytes. Prepare the data set again."
        )
    return np.array(offsets)


def _open(path):
    # Python skips from header to header; gfile would read what lies between.
    return (
        tf.io.gfile.GFile(path, "rb")
        if "://" in path
        else pathlib.Path(path).open("rb")
    )


def _numbers(version):
    return tuple(int(part) for part in version.split(".") if part.isdigit())
