"""A perfect prediction scores 100 and leaves everything a reader looks for."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from naive_student_tf.evaluate.evaluate import evaluate
from naive_student_tf.labels.camvid import CAMVID
from tests import tiny_shards

FRAMES = [tiny_shards.frame(number) for number in range(5)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return tiny_shards.write(tmp_path_factory.mktemp("shards"), FRAMES)


def run(data_dir, tmp_path, *, instances=True, checkpoint="run/ckpt-40", **settings):
    evaluate(
        data_dir=str(data_dir),
        work_dir=str(tmp_path / "eval"),
        inference=lambda: tiny_shards.Oracle(checkpoint, instances=instances),
        **{"batch_size": 2, **settings},
    )
    return json.loads(
        (tmp_path / "eval" / "metrics.json").read_text(), parse_constant=refuse
    )


def refuse(constant):
    raise AssertionError(f"{constant} is not JSON")


def events(tmp_path):
    """{tag: (step, what kind)} of the TensorBoard logs."""
    found = {}
    for path in (tmp_path / "eval" / "eval").glob("events*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                found[value.tag] = (event.step, value.metadata.plugin_data.plugin_name)
    return found


def test_the_truth_scores_a_hundred(shards, tmp_path, capsys):
    result = run(shards, tmp_path)
    assert [result[name] for name in ("pq", "ap", "miou")] == [100, 100, 100]
    assert result["images"] == 5
    assert result["checkpoint"] == "run/ckpt-40"
    assert "pq 100.00, ap 100.00, miou 100.00 on 5 images" in capsys.readouterr().out


def test_a_score_that_is_not_defined_is_null(shards, tmp_path):
    per_class = run(shards, tmp_path)["per_class"]
    assert per_class["car"]["iou"] == 100
    assert per_class["train"]["iou"] is None


def test_a_second_place_gets_the_same_figures(shards, tmp_path):
    run(shards, tmp_path, output=str(tmp_path / "figures.json"))
    first, second = tmp_path / "eval" / "metrics.json", tmp_path / "figures.json"
    assert first.read_text() == second.read_text()


def test_tensorboard_gets_scalars_and_images_at_the_step_of_the_checkpoint(
    shards, tmp_path
):
    run(shards, tmp_path, num_examples=2)
    found = events(tmp_path)
    for tag in ("evaluation/pq/PQ", "evaluation/ap/AP", "evaluation/iou/IoU"):
        assert found[tag] == (40, "scalars")
    assert found["per_class/pq/car"] == (40, "scalars")
    images = [tag for tag in found if tag.startswith("examples/")]
    assert images == ["examples/aachen_000000_000000", "examples/aachen_000000_000003"]
    assert {found[tag] for tag in images} == {(40, "images")}


def test_the_shown_predictions_are_kept_as_label_maps(shards, tmp_path):
    run(shards, tmp_path, num_examples=1)
    paths = {path.name: path for path in (tmp_path / "eval" / "examples").iterdir()}
    first = "aachen_000000_000000"
    pictures = {f"{first}_center_heatmap.png", f"{first}_offset.png"}
    assert paths.keys() == {f"{first}.png", *pictures}
    path = paths[f"{first}.png"]
    kept, expected = np.array(Image.open(path)), tiny_shards.truth(0)
    known = expected != 255 * 256
    np.testing.assert_array_equal(kept[known], expected[known])


def test_nothing_is_shown_where_nothing_is_asked_for(shards, tmp_path):
    run(shards, tmp_path, num_examples=0)
    assert not any(tag.startswith("examples/") for tag in events(tmp_path))
    assert not (tmp_path / "eval" / "examples").exists()


def test_a_semantic_model_has_an_iou_only(shards, tmp_path):
    result = run(shards, tmp_path, instances=False)
    assert result["miou"] == 100
    assert "pq" not in result and "ap" not in result


def test_a_wrong_prediction_scores_less(shards, tmp_path, monkeypatch):
    right = tiny_shards.truth
    monkeypatch.setattr(tiny_shards, "truth", lambda number: right(number + 1))
    result = run(shards, tmp_path)
    assert result["pq"] < 100 and result["ap"] < 100 and result["miou"] < 100


def test_a_checkpoint_without_a_step_in_its_name_counts_as_0(shards, tmp_path):
    run(shards, tmp_path, checkpoint="published/model")
    assert events(tmp_path)["evaluation/pq/PQ"] == (0, "scalars")


def test_shards_without_labels_are_refused(tmp_path):
    frames = [*FRAMES[:1], tiny_shards.frame(1, labelled=False)]
    directory = tiny_shards.write(tmp_path / "shards", frames)
    with pytest.raises(ValueError, match="1 of 2 frames are labelled"):
        run(directory, tmp_path)


@pytest.mark.parametrize("source", ["Toy", "Deeplab2Records"])
def test_scores_on_records_of_deeplab2_are_warned_of(tmp_path, source, caplog):
    path = tiny_shards.write(tmp_path / "shards", FRAMES[:1])
    manifest = tmp_path / "shards" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"Toy"', f'"{source}"'))
    run(path, tmp_path, num_examples=0)
    assert ("are not the official ones" in caplog.text) == (source != "Toy")


def test_labels_of_another_data_set_are_refused(tmp_path):
    directory = tiny_shards.write(tmp_path / "shards", FRAMES, label_space=CAMVID)
    with pytest.raises(ValueError, match=r"labels of camvid.*predicts cityscapes"):
        run(directory, tmp_path)


def test_the_worst_and_the_best_images_are_kept(shards, tmp_path, monkeypatch):
    right = tiny_shards.truth

    def truth(number):  # frame 3 is all wrong, frame 1 a little
        label = right(number)
        if number == 3:
            label[:] = tiny_shards.ROAD * 256
        if number == 1:
            label[0] = tiny_shards.ROAD * 256
        return label

    monkeypatch.setattr(tiny_shards, "truth", truth)
    run(shards, tmp_path, num_examples=0, num_extremes=2)
    details = json.loads((tmp_path / "eval" / "details.json").read_text())
    name = "aachen_000000_{:06d}".format
    assert details["worst"] == [name(3), name(1)]
    assert details["best"] == [name(0), name(2)]
    assert details["images"][name(3)] < details["images"][name(1)] < 100
    tags = {tag for tag in events(tmp_path) if tag.startswith(("worst", "best"))}
    assert tags == {f"worst/{name(3)}", f"worst/{name(1)}"} | {
        f"best/{name(0)}",
        f"best/{name(2)}",
    }
    assert len(list((tmp_path / "eval" / "examples").iterdir())) == 4 * 3


def test_the_details_hold_confusion_and_precision_over_recall(shards, tmp_path):
    run(shards, tmp_path)
    details = json.loads((tmp_path / "eval" / "details.json").read_text())
    assert len(details["confusion"]) == 20
    assert details["confusion"][13][13] == 5 * 2 * 12 * 12
    assert details["precision_recall"]["car"]["recall"][-1] == 1
    assert set(details["precision_recall"]["car"]["precision"]) == {1}


def test_the_console_gets_a_table_of_all_classes(shards, tmp_path, capsys):
    run(shards, tmp_path)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["class", "IoU", "iIoU", "PQ", "SQ", "RQ", "AP", "AP50"] in lines
    assert ["car", *["100.00"] * 7] in lines
    assert ["mean", *["100.00"] * 7] in lines


def test_every_replica_gets_a_batch_of_its_own(shards, tmp_path, monkeypatch):
    monkeypatch.setattr(tiny_shards.Oracle, "num_replicas", 2)
    sizes = []
    call = tiny_shards.Oracle.__call__

    def record(self, images):
        sizes.append(len(images))
        return call(self, images)

    monkeypatch.setattr(tiny_shards.Oracle, "__call__", record)
    assert run(shards, tmp_path)["pq"] == 100
    assert sizes == [4, 4]  # the second one is filled up


def test_a_network_that_diverged_is_no_score(shards, tmp_path, monkeypatch):
    call = tiny_shards.Oracle.__call__

    def diverge(self, images):
        result = call(self, images)
        result["finite"][images[:, 0, 0, 0] == 3] = False
        return result

    monkeypatch.setattr(tiny_shards.Oracle, "__call__", diverge)
    with pytest.raises(FloatingPointError, match=r"000003 is not finite.*ckpt-40"):
        run(shards, tmp_path)
