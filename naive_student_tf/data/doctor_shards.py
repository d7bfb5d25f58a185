"""Looks at shards, record by record (doctor.py)."""

import dataclasses

import numpy as np
import tensorflow as tf

from naive_student_tf.data import example, files, shards
from naive_student_tf.data.checkup import Checkup, count_ids, count_values, numbering
from naive_student_tf.labels import cityscapes as facts
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.label_space import LabelSpace

_COMPARED = ("bytes", "sha256")  # of a file, with its manifest


def examine_shard(directory, shard, space):
    """Checks one ShardFile against its manifest, and its records; its Checkup.

    Images are checked by their checksums, labels are decoded.
    """
    found = Checkup()
    path = shards.path_of(directory, shard)
    try:
        now = shards.describe_shard(path)
    except (ValueError, tf.errors.OpError) as error:
        found.errors.append(str(error))
        return found
    if _difference(shard, now):
        found.errors.append(
            f"{path} is not the file that its manifest describes: "
            f"{_difference(shard, now)}. Build the shards again."
        )
    for index in range(shard.count):
        try:
            _examine_record(shards.read_record(directory, shard, index), space, found)
        except (ValueError, tf.errors.OpError) as error:
            found.errors.append(f"{path}, record {index}: {error}")
    return found


def compare_with_manifest(found, facts_of_manifest):
    """Adds an error for each count that the manifest says otherwise."""
    for name in ("labelled", "with_void_regions"):
        said = facts_of_manifest.get(name)
        if said is not None and said != getattr(found, name):
            found.errors.append(
                f"The manifest says {name} {said}, the records {getattr(found, name)}."
            )


def space_of(facts_of_manifest):
    """The LabelSpace that a manifest describes."""
    fields = {field.name for field in dataclasses.fields(LabelSpace)}
    described = facts_of_manifest["label_space"]
    return LabelSpace(**{name: described[name] for name in fields})


def _examine_record(record, space, found):
    frame = example.read(record)
    _, *size = files.check_image(frame.filename, frame.image)
    if tuple(size) != (frame.height, frame.width):
        raise ValueError(
            f"{frame.filename} says {frame.height}x{frame.width}, its image is "
            f"{size[0]}x{size[1]} pixels."
        )
    found.add_frame(frame.filename, size)
    for map_ in (frame.panoptic, frame.void_regions):
        if map_ is not None and map_.shape != tuple(size):
            raise ValueError(f"{frame.filename}: a map of {map_.shape} pixels.")
    if frame.panoptic is not None:
        found.labelled += 1
        _examine_label(frame, space, found)
    if frame.void_regions is not None:
        found.with_void_regions += 1
        found.without_ego += not (frame.void_regions == facts.EGO_VEHICLE).any()


def _examine_label(frame, space, found):
    values, pixels = count_values(frame.panoptic)
    category, instance = panoptic.unpack(values, label_divisor=space.label_divisor)
    ids = count_ids(category, pixels)
    found.add_ids(ids)
    is_void = category == space.ignore_label
    unknown = sorted(set(category[(category >= space.num_classes) & ~is_void].tolist()))
    if unknown:
        kind = numbering(ids, label_ids=space.label_ids, expected="train ids")
        hint = " These are label ids where train ids are expected."
        raise ValueError(
            f"{frame.filename} has the categories {unknown}, {space.name} has 0.."
            f"{space.num_classes - 1}.{hint if kind == 'label ids' else ''}"
        )
    is_thing = np.isin(category, space.thing_classes)
    stuff = category[(instance > 0) & ~is_thing & ~is_void]
    if stuff.size:
        raise ValueError(f"{frame.filename} has instances of stuff, {stuff.tolist()}.")


def _difference(said, now):
    """In words; a manifest may list some records of a file only."""
    pairs = {name: (getattr(now, name), getattr(said, name)) for name in _COMPARED}
    lost = set(said.offsets) - set(now.offsets)
    words = [f"{name} {a} instead of {b}" for name, (a, b) in pairs.items() if a != b]
    words += [f"no records at the bytes {sorted(lost)}"] if lost else []
    return ", ".join(words)
