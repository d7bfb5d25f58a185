"""What the manifest and TensorBoard tell of a shard: quality, agreement, figures."""

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import shards
from naive_student_tf.evaluate.label_quality import LabelQuality
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards
from tests.pseudo_label.labelling import FRAMES, teacher


def test_quality_counts_the_frames_that_come_with_a_human_label(tmp_path, label):
    """The stub is right but for road where the truth is void, which costs nothing."""
    frames = [*FRAMES[:5], *(tiny_shards.frame(n) for n in (5, 6))]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    quality = LabelQuality(CITYSCAPES)
    labelled, _ = label(quality=quality, void_regions=())
    _, facts = shards.read_manifest(str(labelled))
    total, per_shard = facts["figures"]["total"], facts["figures"]["shards"]
    assert (total["frames"], total["frames_with_truth"]) == (7, 2)
    assert (total["pq"], total["miou"]) == (100, 100)
    assert [shard.get("pq") for shard in per_shard.values()] == [None, 100, 100]
    assert [s.get("frames_with_truth") for s in per_shard.values()] == [None, 1, 1]
    assert all(frame.pseudo for frame in tiny_shards.read(labelled))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ({"data": [{"split": "toy", "directory": "s"}], "init": None}, True),
        ({"data": [{"split": "other", "directory": "s"}], "init": None}, False),
        (None, None),  # the weights do not tell
    ],
)
def test_quality_on_frames_that_the_teacher_learnt_from_is_told_as_such(
    tmp_path, label, origin, expected
):
    frames = [*FRAMES[:5], tiny_shards.frame(5)]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    labelled, _ = label(
        teacher(tmp_path, origin=origin), quality=LabelQuality(CITYSCAPES)
    )
    _, facts = shards.read_manifest(str(labelled))
    assert facts["figures"]["total"]["quality_on_training_frames"] is expected


def test_without_human_labels_nothing_is_said_of_their_quality(label):
    labelled, _ = label(quality=LabelQuality(CITYSCAPES))
    _, facts = shards.read_manifest(str(labelled))
    assert "quality_on_training_frames" not in facts["figures"]["total"]


def test_the_ego_vehicle_costs_quality_where_the_truth_has_labels_there(
    tmp_path, label
):
    tiny_shards.write(
        tmp_path / "shards" / "train_sequence", [tiny_shards.frame(n) for n in range(3)]
    )
    labelled, _ = label(quality=LabelQuality(CITYSCAPES))
    _, facts = shards.read_manifest(str(labelled))
    road = 24 * 36 - 6 * 36 - 2 * 144 - 2 * 36  # pixels of the truth
    expected = (100 * (road - 4 * 36) / road + 200) / 3  # sky and car are right
    np.testing.assert_allclose(facts["figures"]["total"]["miou"], expected)


def test_agreement_compares_with_the_labels_of_the_iteration_before(tmp_path, label):
    _, inference = label(void_regions=())
    before = tmp_path / "before"
    (tmp_path / "pseudo").rename(before)
    again, _ = label(inference, previous=str(before))
    _, facts = shards.read_manifest(str(again))
    assert facts["figures"]["total"]["agreement"] == 1
    assert facts["pseudo"]["parents"]["data"] is None


class SkyIsRoad(tiny_shards.Oracle):
    """A teacher that takes the sky, a quarter of the pixels, for road."""

    def __call__(self, images, *, only=None):
        result = super().__call__(images, only=only)
        sky = result["panoptic"] == tiny_shards.SKY * 256
        result["panoptic"] = np.where(sky, tiny_shards.ROAD * 256, result["panoptic"])
        return result


def test_another_teacher_agrees_in_part_and_tensorboard_shows_it(tmp_path, label):
    frames = [tiny_shards.frame(number, ego=False) for number in range(3)]
    tiny_shards.write(tmp_path / "shards" / "train_sequence", frames)
    label(iteration=1, void_regions=())
    (tmp_path / "pseudo").rename(tmp_path / "before")
    other = SkyIsRoad(teacher(tmp_path / "another", weight=2.0).checkpoint)
    quality = LabelQuality(CITYSCAPES)
    settings = {"quality": quality, "void_regions": ()}
    again, _ = label(other, previous=str(tmp_path / "before"), **settings)
    _, facts = shards.read_manifest(str(again))
    total = facts["figures"]["total"]
    assert total["agreement"] == 0.75
    assert 0 < total["miou"] < 100 and 0 < total["pq"] < 100
    (events,) = (tmp_path / "pseudo" / "tensorboard" / "train_sequence").iterdir()
    ((_, values),) = read_events(events)
    for name in ("agreement", "pq", "miou"):
        shown = values[f"pseudo_label/{name}"].simple_value
        assert shown == pytest.approx(total[name])


def test_labels_of_other_frames_are_not_compared(tmp_path, label):
    labelled, inference = label()
    before = tmp_path / "before" / "train_sequence"
    others = [tiny_shards.frame(n) for n in (1, 0, 2, 3, 4, 5, 6)]
    tiny_shards.write(before, others)
    for path in sorted(labelled.iterdir()):
        path.unlink()
    with pytest.raises(ValueError, match="record 0 is aachen_000000_000001, expected"):
        label(inference, previous=str(before.parent))


def test_tensorboard_shows_the_figures_of_each_shard_and_pictures_of_some(
    tmp_path, label
):
    def draw(image, panoptic, *, label_space):
        assert (image == 0).all() or (image == 6).all()  # the first frames of two
        return np.stack([panoptic // 256] * 3, -1).astype(np.uint8)

    label(draw=draw, num_overlays=2)
    events = sorted((tmp_path / "pseudo" / "tensorboard" / "train_sequence").iterdir())
    read = [values for path in events for values in read_events(path)]
    assert [step for step, _ in read] == [0, 1, 2]
    void = [values["pseudo_label/void_share"].simple_value for _, values in read]
    np.testing.assert_allclose(void, [4 / 24, 2 / 3 * 4 / 24, 0], rtol=1e-6)
    assert all(v["pseudo_label/instances_per_frame"].simple_value == 2 for _, v in read)
    shown = [values["pseudo_label"] for _, values in read if "pseudo_label" in values]
    assert [picture.image.width for picture in shown] == [36, 36]
    pixels = tf.io.decode_png(shown[0].image.encoded_image_string).numpy()
    assert pixels[0, 0, 0] == tiny_shards.SKY and pixels[23, 0, 0] == 255


def read_events(path):
    """(step, tag -> value) of each event of a file with values."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    events = [tf.compat.v1.Event.FromString(record) for record in records]
    assert events[0].file_version == "brain.Event:2"
    return [(e.step, {v.tag: v for v in e.summary.value}) for e in events[1:]]
