"""One drive, one ego-vehicle region: what differs is counted and named."""

import numpy as np

from naive_student_tf.data import ego_masks
from naive_student_tf.data.files import FrameFiles

MASKS = {
    "low": np.array([[0, 0], [1, 1]], np.uint8),
    "high": np.array([[1, 1], [1, 2]], np.uint8),
    "flat": np.array([[0, 0, 1, 1]], np.uint8),  # the bits of `low`, another shape
    "border": np.array([[2, 3], [1, 1]], np.uint8),  # the ego vehicle of `low`
}


class Source:
    def read_void_regions(self, path):
        return MASKS[path]


def frame(name, regions, drive=None):
    return FrameFiles(
        "", name, sequence_id="s", frame_id="", void_regions=regions, drive=drive
    )


def survey(*frames):
    rows = [ego_masks.measure(Source(), task) for task in ego_masks.tasks(frames)]
    return ego_masks.summarize(frames, rows)


def test_a_drive_with_one_mask_is_even():
    frames = [frame("a", "low", "bonn"), frame("b", "low", "bonn")]
    assert survey(*frames) == {
        "bonn": {"frames": 2, "without": 0, "masks": 1, "pixels": [2, 2], "odd": []}
    }


def test_other_regions_do_not_make_another_ego_mask():
    assert survey(frame("a", "low"), frame("b", "border"))["s"]["masks"] == 1


def test_frames_unlike_the_most_frequent_mask_are_named():
    frames = [frame("a", "high"), frame("b", "low"), frame("c", "low")]
    assert survey(*frames)["s"] == {
        "frames": 3,
        "without": 0,
        "masks": 2,
        "pixels": [2, 3],
        "odd": ["a"],
    }


def test_masks_of_other_shapes_differ():
    assert survey(frame("a", "low"), frame("b", "flat"))["s"]["masks"] == 2


def test_frames_without_a_region_are_counted(capsys):
    summary = survey(frame("a", None, "x"), frame("b", "low", "x"), frame("c", None))
    assert summary["x"]["without"] == 1
    assert summary["s"] == {
        "frames": 1,
        "without": 1,
        "masks": 0,
        "pixels": None,
        "odd": [],
    }
    ego_masks.report("train_extra", summary)
    assert "regions for 1 of 3 frames, 2 drives; 0 of them" in capsys.readouterr().out


def test_uneven_drives_are_reported_by_name(capsys):
    ego_masks.report("t", survey(frame("a", "low"), frame("b", "high", "s")))
    assert (
        "s: 2 masks of 2 to 3 pixels, unlike the others: b" in capsys.readouterr().out
    )


def test_a_split_without_any_region_says_so(capsys):
    ego_masks.report("t", survey(frame("a", None)))
    assert "t: no frame has a known ego-vehicle region" in capsys.readouterr().out


def test_each_region_file_is_read_once():
    frames = [frame(str(n), f"file {n // 2}") for n in range(260)]
    tasks = ego_masks.tasks(frames)
    assert [path for task in tasks for path in task] == [
        f"file {n}" for n in range(130)
    ]
    assert len(tasks) == 3
