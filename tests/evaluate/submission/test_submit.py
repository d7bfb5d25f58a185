"""The zips of a submission: accepted by the official tools, resumed, checked."""

import json
import zipfile

import numpy as np
import pytest

from naive_student_tf.evaluate import official
from naive_student_tf.evaluate.submission import submit, validate
from tests import tiny_shards
from tests.evaluate import official_files
from tests.evaluate.submission import prediction_folder, test_bad_predictions

NUMBERS = range(3)


def frame(number):
    original = tiny_shards.frame(number)
    name = official_files.image_name(number)
    return type(original)(**{**vars(original), "filename": name})


def run(tmp_path, *, count=3, checkpoint="run/ckpt-40", **oracle):
    shards = tmp_path / "shards"
    if not shards.exists():
        tiny_shards.write(shards, [frame(number) for number in NUMBERS])
    built = tiny_shards.Oracle(checkpoint, **oracle)
    submit.submit(
        data_dir=str(shards),
        work_dir=str(tmp_path / "submission"),
        inference=lambda: built,
        count=count,
        image_size=tiny_shards.SIZE,
        batch_size=2,
    )
    return built, tmp_path / "submission"


def test_the_official_tools_score_the_unpacked_zips_like_our_folder(tmp_path):
    _, made = run(tmp_path)
    truths = [tiny_shards.truth(number).astype(np.int32) for number in NUMBERS]
    prediction_folder.write_truths(tmp_path / "data", truths)
    for path in made.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "unpacked" / path.stem)
    folder = tmp_path / "unpacked" / "panoptic"
    for entry in list(folder.iterdir()):  # it was packed as another split
        name = entry.name.replace("panoptic_toy", "panoptic_val")
        entry.rename(folder / name)
    (tmp_path / "work").mkdir()
    (theirs,) = official.score(
        tmp_path / "data", [tmp_path / "unpacked"], work_dir=tmp_path / "work"
    )
    ours = test_bad_predictions.score(tmp_path / "data", made)
    assert ours["pq"] == 100 == 100 * theirs["panoptic"]["All"]["pq"]
    assert ours["ap"] == 100 == 100 * theirs["instance"]["averages"]["allAp"]
    assert ours["miou"] == 100 == 100 * theirs["semantic"]["averageScoreClasses"]


def test_finished_images_are_not_predicted_again(tmp_path):
    first, made = run(tmp_path)
    assert first.calls == 2
    before = {path.name: path.read_bytes() for path in made.glob("*.zip")}
    name = official_files.image_name(1)
    (made / "segments" / f"{name}.json").unlink()
    second, _ = run(tmp_path)
    assert second.calls == 1
    for path in made.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert len(archive.namelist()) == {"instance": 9}.get(path.stem, 3 + 1) - (
                path.stem == "semantic"
            )
    assert set(before) == {"semantic.zip", "instance.zip", "panoptic.zip"}


def test_another_number_of_images_than_the_split_has_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has 1525 images, but 3 are at hand"):
        run(tmp_path, count=1525)


def test_a_semantic_model_cannot_submit(tmp_path):
    with pytest.raises(ValueError, match="no instance heads"):
        run(tmp_path, instances=False)


def test_the_panoptic_json_has_the_labels_of_the_server(tmp_path):
    _, made = run(tmp_path)
    with zipfile.ZipFile(made / "panoptic.zip") as archive:
        document = json.loads(archive.read("cityscapes_panoptic_toy.json"))
    segments = document["annotations"][0]["segments_info"]
    assert {segment["category_id"] for segment in segments} == {7, 23, 26}
    assert len(segments) == 4  # two cars


def test_the_job_finds_the_images_of_the_split_by_itself(tmp_path, capsys):
    run(tmp_path)
    truths = [tiny_shards.truth(number).astype(np.int32) for number in NUMBERS]
    prediction_folder.write_truths(tmp_path / "data", truths)
    settings = {
        "data_dir": str(tmp_path / "data"),
        "split": "val_fine",
        "submission": str(tmp_path / "submission"),
        "count": 3,
        "output": str(tmp_path / "mistakes.txt"),
    }
    validate.validate_submission(**settings, image_size=tiny_shards.SIZE)
    assert "valid, 3 images" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"the\s+image is 1024x2048"):
        validate.validate_submission(**settings)
    assert "1024x2048" in (tmp_path / "mistakes.txt").read_text()
