import hashlib
import json

import pytest
import tensorflow as tf

from naive_student_tf.data import shards

RECORDS = [[b"a", b"", b"\x00" * 300], [b"bcd" * 50]]
NAMES = [shards.shard_name("val", index, 2) for index in range(2)]


@pytest.fixture
def directory(tmp_path):
    """A finished directory of two shards: three records and one."""
    parts = []
    for name, records in zip(NAMES, RECORDS, strict=True):
        shards.write_shard(f"{tmp_path}/{name}", records)
        parts.append(shards.describe_shard(f"{tmp_path}/{name}"))
    shards.write_manifest(str(tmp_path), parts, split="val", labelled=3)
    return tmp_path


def test_shards_are_numbered_of_how_many():
    assert NAMES == ["val-00000-of-00002.tfrecord", "val-00001-of-00002.tfrecord"]


def test_the_manifest_tells_what_was_written(directory):
    parts, facts = shards.read_manifest(str(directory))
    assert facts == {"split": "val", "labelled": 3, "count": 4}
    assert [part.file for part in parts] == NAMES
    assert [part.count for part in parts] == [3, 1]
    for part in parts:
        data = (directory / part.file).read_bytes()
        assert part.bytes == len(data)
        assert part.sha256 == hashlib.sha256(data).hexdigest()


def test_offsets_are_the_sums_of_the_records_with_16_bytes_around_each(directory):
    parts, _ = shards.read_manifest(str(directory))
    assert parts[0].offsets == (0, 17, 33)
    assert parts[0].bytes == 33 + 300 + 16
    assert parts[1].offsets == (0,)


def test_records_by_number_equal_those_of_tensorflows_reader(directory):
    parts, _ = shards.read_manifest(str(directory))
    for part in parts:
        path = str(directory / part.file)
        theirs = [record.numpy() for record in tf.data.TFRecordDataset(path)]
        ours = [
            shards.read_record(str(directory), part, index)
            for index in reversed(range(part.count))
        ]
        assert ours[::-1] == theirs
        assert list(shards.read_records(str(directory), part)) == theirs
    assert theirs == RECORDS[1]


def test_a_directory_without_manifest_is_unfinished(directory):
    (directory / "manifest.json").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"manifest\.json does not exist.*build"
    ):
        shards.read_manifest(str(directory))


def test_an_empty_or_missing_directory_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match=f"{path}/manifest.json does not"):
            shards.read_manifest(str(path))


def test_a_manifest_that_is_not_json_is_named(directory):
    (directory / "manifest.json").write_text('{"count": 4,')
    with pytest.raises(ValueError, match=r"manifest\.json is not valid JSON"):
        shards.read_manifest(str(directory))


def test_a_manifest_without_records_is_refused(tmp_path):
    shards.write_manifest(str(tmp_path), [])
    with pytest.raises(ValueError, match=f"{tmp_path}/manifest.json: .* no records"):
        shards.read_manifest(str(tmp_path))


@pytest.mark.parametrize("size", [0, 20, 348, 350])
def test_a_shard_of_another_size_than_the_manifest_says_is_named(directory, size):
    data = (directory / NAMES[0]).read_bytes()
    (directory / NAMES[0]).write_bytes((data + b"x")[:size])
    match = f"{NAMES[0]} has {size} bytes, its manifest says 349"
    with pytest.raises(ValueError, match=match):
        shards.read_manifest(str(directory))


def test_a_shard_that_is_gone_is_named(directory):
    (directory / NAMES[1]).unlink()
    with pytest.raises(ValueError, match=f"{NAMES[1]} has 0 bytes"):
        shards.read_manifest(str(directory))


@pytest.mark.parametrize("size", [36, 48, 348])
def test_a_record_cut_off_while_reading_is_named(directory, size):
    parts, _ = shards.read_manifest(str(directory))
    data = (directory / NAMES[0]).read_bytes()
    (directory / NAMES[0]).write_bytes(data[:size])
    assert shards.read_record(str(directory), parts[0], 0) == b"a"
    if size < 345:  # the record itself, not only its checksum, is incomplete
        with pytest.raises(ValueError, match=f"{NAMES[0]}: record 2 at byte 33 is cut"):
            shards.read_record(str(directory), parts[0], 2)


@pytest.mark.parametrize("byte", range(16, 33))
def test_a_record_with_a_wrong_bit_is_named(directory, byte):
    parts, _ = shards.read_manifest(str(directory))
    data = bytearray((directory / NAMES[0]).read_bytes())
    data[byte if byte > 16 else 17] ^= 4
    (directory / NAMES[0]).write_bytes(data)
    with pytest.raises(ValueError, match=f"{NAMES[0]}: record 1 at byte 17 is .*dama"):
        shards.read_record(str(directory), parts[0], 1)
    assert shards.read_record(str(directory), parts[0], 0) == b"a"


@pytest.mark.parametrize("size, record", [(5, 0), (20, 1), (34, 2), (348, 2)])
def test_describing_a_truncated_shard_names_file_and_record(directory, size, record):
    path = directory / NAMES[0]
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=f"{path}: record {record} is cut off after"):
        shards.describe_shard(str(path))


def test_a_shard_appears_whole_or_not_at_all(tmp_path):
    def records():
        yield b"first"
        assert not (tmp_path / "x.tfrecord").exists()
        raise KeyError("the second does not come")

    with pytest.raises(KeyError):
        shards.write_shard(f"{tmp_path}/x.tfrecord", records())
    assert not (tmp_path / "x.tfrecord").exists()
    shards.write_shard(f"{tmp_path}/x.tfrecord", [b"first", b"second"])
    assert [path.name for path in tmp_path.iterdir()] == ["x.tfrecord"]


def test_partial_files_beside_the_shards_are_not_read(directory):
    before = shards.read_manifest(str(directory))
    for name in (NAMES[0], "manifest.json"):
        (directory / f"{name}.tmp").write_bytes(b"half")
    assert shards.read_manifest(str(directory)) == before


def test_equal_records_give_equal_files_and_equal_manifests(directory, tmp_path):
    first = (directory / "manifest.json").read_bytes()
    parts, facts = shards.read_manifest(str(directory))
    facts.pop("count")
    shards.write_manifest(str(tmp_path / "again"), parts, **facts)
    assert (tmp_path / "again" / "manifest.json").read_bytes() == first
    assert json.loads(first)["count"] == 4


def test_finished_directories_are_found_below_a_root(directory, tmp_path):
    parts, _ = shards.read_manifest(str(directory))
    shards.write_manifest(str(tmp_path / "root" / "b" / "c"), parts)
    shards.write_manifest(str(tmp_path / "root" / "a"), parts)
    (tmp_path / "root" / "unfinished").mkdir()
    assert shards.find(str(tmp_path / "root")) == ["a", "b/c"]
    with pytest.raises(FileNotFoundError, match="holds no manifest"):
        shards.find(str(tmp_path / "root" / "unfinished"))
