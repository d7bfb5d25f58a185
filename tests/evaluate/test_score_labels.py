"""Pseudo-labels beside the truth: frame by frame, by name."""

import dataclasses
import json

import numpy as np
import pytest
import tiny_shards

from naive_student_tf.evaluate import score_labels
from naive_student_tf.labels.cityscapes import CITYSCAPES


@dataclasses.dataclass(frozen=True)
class Truth:
    """A source whose label paths are the numbers of tiny frames."""

    data_dir: str
    split: str
    label_space = CITYSCAPES

    def list_frames(self):
        assert self.data_dir == "world"
        return [Known(tiny_shards.frame(number).filename, number) for number in (1, 0)]

    def read_panoptic(self, label):
        return tiny_shards.truth(label).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class Known:
    filename: str
    label: int


def scores(tmp_path, frames):
    tiny_shards.write(tmp_path / "labels" / "train_sequence", frames)
    score_labels.score_labels(
        data_dir=str(tmp_path / "labels"),
        splits=("train_sequence",),
        truth=Truth,
        truth_dir="world",
        work_dir=str(tmp_path / "scored"),
    )
    return json.loads((tmp_path / "scored" / "metrics.json").read_text())


def test_the_truth_itself_scores_100(tmp_path):
    found = scores(tmp_path, [tiny_shards.frame(0), tiny_shards.frame(1)])
    assert found["pq"] == found["miou"] == 100


def test_a_frame_is_compared_with_its_own_truth(tmp_path):
    other = dataclasses.replace(tiny_shards.frame(1), panoptic=tiny_shards.truth(9))
    found = scores(tmp_path, [tiny_shards.frame(0), other])
    assert found["miou"] < 100 and found["pq"] < 100


def test_several_splits_are_one_score(tmp_path, monkeypatch):
    wrong = dataclasses.replace(tiny_shards.frame(1), panoptic=tiny_shards.truth(9))
    for split, frame in (("a", tiny_shards.frame(0)), ("b", wrong)):
        tiny_shards.write(tmp_path / "labels" / split, [frame])
    arguments = {"truth": Truth, "truth_dir": "world"}
    for splits in (("a", "b"), ("b", "a")):
        score_labels.score_labels(
            data_dir=str(tmp_path / "labels"),
            splits=splits,
            work_dir=str(tmp_path / "".join(splits)),
            **arguments,
        )
    both = [
        json.loads((tmp_path / f / "metrics.json").read_text()) for f in ("ab", "ba")
    ]
    assert both[0] == both[1]
    together = scores(tmp_path, [tiny_shards.frame(0), wrong])
    assert both[0]["miou"] == pytest.approx(together["miou"])
