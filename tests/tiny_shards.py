"""A few small frames with known labels, as shards, and an inference that knows them."""

import dataclasses

import numpy as np

from naive_student_tf import store
from naive_student_tf.data import example, shards
from naive_student_tf.labels.cityscapes import CITYSCAPES

SIZE = (24, 36)
ROAD, SKY, CAR = 0, 10, 13
EGO_ROWS = slice(20, 24)


def truth(number):
    """Sky over road with two cars of 12 x 12 pixels and a strip of void."""
    category = np.full(SIZE, ROAD)
    category[:6] = SKY
    label = category * 256
    label[6:18, 2:14] = CAR * 256 + 1
    label[6:18, 16 + number : 28 + number] = CAR * 256 + 2
    label[18:20] = CITYSCAPES.void
    return label.astype(np.uint16)


def frame(number, *, labelled=True, ego=True):
    """A frame whose pixels all tell its number."""
    regions = np.zeros(SIZE, np.uint8)
    regions[:, :1] = 3  # out of roi
    regions[EGO_ROWS] = 1  # ego vehicle
    return example.Frame(
        image=example.encode_png(np.full(SIZE, number, np.uint8)),
        image_format="png",
        filename=f"aachen_000000_{number:06d}",
        height=SIZE[0],
        width=SIZE[1],
        panoptic=truth(number) if labelled else None,
        void_regions=regions if ego else None,
        sequence_id="aachen_000000",
        frame_id=f"{number:06d}",
    )


def write(directory, frames, *, per_shard=3, label_space=CITYSCAPES):
    """Writes frames as the shards `build_shards` would write; returns the path."""
    directory = str(directory)
    parts = [frames[i : i + per_shard] for i in range(0, len(frames), per_shard)]
    written = []
    for index, part in enumerate(parts):
        path = store.join(directory, shards.shard_name("toy", index, len(parts)))
        shards.write_shard(path, map(example.serialize, part))
        written.append(shards.describe_shard(path))
    shards.write_manifest(
        directory,
        written,
        label_space=dataclasses.asdict(label_space),
        source="Toy",
        split="toy",
        labelled=sum(frame.panoptic is not None for frame in frames),
        with_void_regions=sum(frame.void_regions is not None for frame in frames),
        names=[frame.filename for frame in frames],
    )
    return directory


def read(directory):
    """All frames of a shard directory, in order."""
    parts, _ = shards.read_manifest(str(directory))
    return [
        example.read(record)
        for part in parts
        for record in shards.read_records(str(directory), part)
    ]


class Oracle:
    """An Inference that predicts the truth, with road where the truth is void."""

    label_space = CITYSCAPES
    scales = (1.0,)
    flip = True
    num_replicas = 1

    def __init__(self, checkpoint, *, instances=True):
        self.checkpoint = str(checkpoint)
        self.instances = instances
        self.calls = 0
        self.broken = None  # number of a frame on which it predicts NaN

    def __call__(self, images, *, only=None):
        self.calls += 1
        labels = np.stack([truth(image[0, 0, 0]) for image in images]).astype(np.int32)
        labels[labels == CITYSCAPES.void] = ROAD * 256
        result = {
            "panoptic": labels,
            "category": labels // 256,
            "confidence": np.where(labels == ROAD * 256, 0.4, 0.9),
            "finite": images[:, 0, 0, 0] != self.broken,
        }
        if self.instances:
            batch = len(images)
            result |= {
                "instance_category": np.tile([CAR, CAR, 255], (batch, 1)),
                "instance_score": np.tile([0.9, 0.8, 0.0], (batch, 1)),
                "instance_valid": np.tile([True, True, False], (batch, 1)),
                "center_heatmap": np.zeros((batch, *SIZE, 1), np.float32),
                "offset": np.zeros((batch, *SIZE, 2), np.float32),
            }
        return {name: result[name] for name in only or result}
