"""Shards of TFRecords with a manifest beside them.

A shard is complete or absent: it is written under a temporary name and renamed.
The manifest is written last; a directory without one is unfinished.

    <name>-00003-of-00010.tfrecord
    manifest.json   counts, classes, who made it; per shard: bytes, sha256 and the
                    offset of each record, so that a reader can fetch any record
"""

import dataclasses
import hashlib
import posixpath
import struct

import tensorflow as tf

from naive_student_tf import store

MANIFEST = "manifest.json"
_HEADER, _FOOTER = 12, 4  # bytes around a record: length + crc, crc


@dataclasses.dataclass(frozen=True)
class ShardFile:
    """One shard.

    Attributes:
        file: str, its name.
        count: int, of records: all of the file, or those that were selected.
        bytes: int, of the whole file. sha256: str, of the whole file.
        offsets: tuple of int, bytes before each record.
        folder: str, where it lies, relative to the manifest: "" beside it, or
            elsewhere (select.py).
    """

    file: str
    count: int
    bytes: int
    sha256: str
    offsets: tuple
    folder: str = ""


def shard_name(name, index, total):
    return f"{name}-{index:05d}-of-{total:05d}.tfrecord"


def write_shard(path, records):
    """Writes serialized records to `path`, atomically. Returns nothing."""
    partial = path + ".tmp"
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.TFRecordWriter(partial) as writer:
        for record in records:
            writer.write(record)
    tf.io.gfile.rename(partial, path, overwrite=True)


def describe_shard(path):
    """Reads a shard once. Returns its ShardFile; raises ValueError if broken."""
    data = store.read_bytes(path)
    offsets = _offsets(path, data)
    return ShardFile(
        file=path.rpartition("/")[2],
        count=len(offsets),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        offsets=tuple(offsets),
    )


def read_record(directory, shard, index):
    """Returns the bytes of record `index` of a ShardFile.

    Raises:
        ValueError: the file is shorter than its manifest says, or the checksum of the
            record is wrong.
    """
    path = path_of(directory, shard)
    offset = shard.offsets[index]
    record = read_at(path, offset)
    if record is None:
        raise ValueError(
            f"{path}: record {index} at byte {offset} is cut off or damaged; the "
            f"manifest says the file has {shard.bytes} bytes. Build the shards again."
        )
    return record


def path_of(directory, shard):
    """The path of a ShardFile that a manifest in `directory` lists."""
    scheme, mark, place = directory.rpartition("://")
    place = posixpath.normpath(posixpath.join(place, shard.folder, shard.file))
    return scheme + mark + place


def read_at(path, offset):
    """The bytes of the record at a byte of a TFRecord file.

    None where it is cut off, or differs from its checksum.
    """
    try:
        return record_at(path, offset).numpy()
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        return None


def record_at(path, offset):
    """The same as a string tensor, also of tensors; raises tf.errors.OpError."""
    records = tf.raw_ops.TFRecordDatasetV2(
        filenames=[path], compression_type="", buffer_size=0, byte_offsets=[offset]
    )
    kind = {"output_types": [tf.string], "output_shapes": [[]]}
    first = tf.raw_ops.TakeDataset(input_dataset=records, count=1, **kind)
    return tf.raw_ops.DatasetToSingleElement(dataset=first, **kind)[0]


def scan(path):
    """Yields (offset, bytes) of every record of a TFRecord file, in order.

    Raises:
        ValueError: the last one is cut off.
    """
    size, offset = tf.io.gfile.stat(path).length, 0
    while offset < size:
        record = read_at(path, offset)
        if record is None:
            raise ValueError(
                f"{path}: the record at byte {offset} is cut off or damaged."
            )
        yield offset, record
        offset += _HEADER + len(record) + _FOOTER


def read_records(directory, shard):
    """Yields the bytes of all records of a ShardFile, in order."""
    for index in range(shard.count):
        yield read_record(directory, shard, index)


def write_manifest(directory, shards, **facts):
    """Writes the manifest; `facts` (classes, source, lineage) go in beside."""
    value = {
        **facts,
        "count": sum(shard.count for shard in shards),
        "shards": [dataclasses.asdict(shard) for shard in shards],
    }
    store.write_json(store.join(directory, MANIFEST), value)


def read_manifest(directory):
    """Returns (list of ShardFile, dict of the other facts).

    Raises:
        FileNotFoundError: no manifest: not a shard directory, or unfinished.
        ValueError: a shard's size differs from the manifest; it names the file.
    """
    path = store.join(directory, MANIFEST)
    if not store.exists(path):
        raise FileNotFoundError(
            f"{path} does not exist: {directory!r} is not a directory of finished "
            f"shards. Run gin_configs/jobs/build_shards.gin first."
        )
    facts = store.read_json(path)
    try:
        shards = [
            ShardFile(**{**entry, "offsets": tuple(entry["offsets"])})
            for entry in facts.pop("shards")
        ]
        counts = [len(s.offsets) for s in shards if _fits(s.offsets, s.bytes)]
        whole = counts == [s.count for s in shards] and sum(counts) == facts["count"]
        paths = [path_of(directory, shard) for shard in shards]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a manifest of shards ({error!r}). Build them again."
        ) from error
    if not whole:
        raise ValueError(
            f"{path} contradicts itself: its counts of records and their offsets do "
            f"not agree. Build the shards again."
        )
    for place, shard in zip(paths, shards, strict=True):
        _check_size(place, shard)
    if not facts["count"]:
        raise ValueError(f"{path}: the shards hold no records. Build them again.")
    return shards, facts


def find(directory):
    """Names, relative to `directory`, of the shard directories below it, sorted."""
    store.require_directory(directory, what="Shards")
    below = [
        folder[len(directory) :].strip("/")
        for folder, _, files in tf.io.gfile.walk(directory)
        if MANIFEST in files
    ]
    if not below:
        raise FileNotFoundError(
            f"{directory!r} holds no {MANIFEST}, so no finished shards. Run "
            f"gin_configs/jobs/build_shards.gin first."
        )
    return sorted(below)


def _fits(offsets, size):
    """Whether offsets are whole numbers within a file of `size` bytes."""
    return all(isinstance(offset, int) and 0 <= offset < size for offset in offsets)


def _check_size(path, shard):
    size = tf.io.gfile.stat(path).length if store.exists(path) else 0
    if size != shard.bytes:
        raise ValueError(
            f"{path} has {size} bytes, its manifest says {shard.bytes}: truncated or "
            f"overwritten. Delete it and build the shards again."
        )


def _offsets(path, data):
    offsets, position = [], 0
    while position < len(data):
        offsets.append(position)
        header = data[position : position + 8]
        length = struct.unpack("<Q", header)[0] if len(header) == 8 else len(data)
        position += _HEADER + length + _FOOTER
        if position > len(data):
            raise ValueError(
                f"{path}: record {len(offsets) - 1} is cut off after "
                f"{len(data) - offsets[-1]} bytes. Delete the file and run again."
            )
    return offsets
