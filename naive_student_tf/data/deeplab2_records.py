"""TFRecords that were written for deeplab2, as a source: read once, kept as ours.

The same keys as ours (example.py), another label: `raw` (int32, little endian) or a
`png` of category * label_divisor + instance, void = ignore label. Crowds have become
void when those files were made.
"""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from naive_student_tf.data import example, files, shards
from naive_student_tf.data.relabel import count_instances, relabel
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.label_space import LabelSpace


@dataclasses.dataclass(frozen=True)
class Record(files.FrameFiles):
    """One record of a file: `image` and `label` are the file's path."""

    offset: int = 0


@dataclasses.dataclass(frozen=True)
class Deeplab2Records:
    """One split.

    Attributes:
        data_dir: str.
        split: str.
        pattern: str, of the files; "{split}" in it stands for the split, "{subset}"
            for the split without _fine, as deeplab2 names its files.
        label_space: LabelSpace; its ignore label is that of the files.
        label_divisor: int, of the files (deeplab2's Cityscapes: 1000).
    """

    data_dir: str
    split: str
    label_space: LabelSpace
    pattern: str = "{subset}-*.tfrecord"
    label_divisor: int = 1000

    def list_frames(self):
        """Reads every record for its name. Returns a list of Record in file order."""
        subset = self.split.removesuffix("_fine")
        pattern = self.pattern.replace("{split}", self.split)
        pattern = pattern.replace("{subset}", subset)
        paths = sorted(map(str, pathlib.Path(self.data_dir).glob(pattern)))
        if not paths:
            there = sorted(path.name for path in pathlib.Path(self.data_dir).glob("*"))
            raise FileNotFoundError(
                f"No file matches {pattern!r} in {self.data_dir!r}, which holds "
                f"{there[:5]}. Check DATA_DIR and SPLITS."
            )
        return [
            _listed(path, offset, record)
            for path in paths
            for offset, record in shards.scan(path)
        ]

    def read_frame(self, frame):
        """Record -> example.Frame, its label packed as ours."""
        values = _parse(shards.read_at(frame.image, frame.offset), frame.image)
        name = f"{frame.image}, {frame.filename}"
        data = values["image/encoded"]
        image_format, height, width = files.check_image(name, data)
        return example.Frame(
            image=data,
            image_format=image_format,
            filename=frame.filename,
            height=height,
            width=width,
            panoptic=self._panoptic(values, name, (height, width)),
            sequence_id=frame.sequence_id,
            frame_id=frame.frame_id,
        )

    def _panoptic(self, values, name, size):
        encoded = values["image/segmentation/class/encoded"]
        if not encoded:
            return None
        if values["image/segmentation/class/format"] == b"raw":
            ids = (
                np.frombuffer(encoded, "<i4") if len(encoded) % 4 == 0 else np.zeros(0)
            )
        else:
            ids = example.decode_png(encoded)
        if ids.size != size[0] * size[1]:
            raise ValueError(
                f"{name}: the label has {ids.size} values, the image "
                f"{size[0]}x{size[1]} pixels. Expected one int32, or one grey PNG "
                f"value, per pixel."
            )
        ids = ids.reshape(size).astype(np.int64)
        return relabel(ids, lambda distinct: self._packed(distinct, name))

    def _packed(self, ids, name):
        space = self.label_space
        category, number = panoptic.unpack(ids, label_divisor=self.label_divisor)
        is_void = category == space.ignore_label
        is_thing = np.isin(category, space.thing_classes)
        wrong = ~is_void & (
            (category >= space.num_classes) | (~is_thing & (number > 0))
        )
        if wrong.any():
            raise ValueError(
                f"{name}: labels {ids[wrong][:5].tolist()} are not of {space.name} "
                f"with label_divisor {self.label_divisor}."
            )
        counted = is_thing & (number > 0)
        instance = count_instances(category, counted, space=space, path=name)
        return panoptic.pack(category, instance, label_divisor=space.label_divisor)


def _listed(path, offset, record):
    values = _parse(record, path)
    name = files.frame_name(values["image/filename"].decode())
    return Record(
        image=path,
        filename=name,
        sequence_id=values["video/sequence_id"].decode() or name,
        frame_id=values["video/frame_id"].decode(),
        label=path if values["image/segmentation/class/encoded"] else None,
        offset=offset,
    )


def _parse(record, path):
    try:
        parsed = tf.io.parse_single_example(record, _FEATURES)
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(f"{path}: not a record of deeplab2 ({error}).") from error
    return {name: value.numpy() for name, value in parsed.items()}


_FEATURES = {
    name: example.FEATURES[name]
    for name in (
        *("image/encoded", "image/filename"),
        *("image/segmentation/class/encoded", "image/segmentation/class/format"),
        *("video/sequence_id", "video/frame_id"),
    )
}
