"""A student that would see val is refused by the training itself, whatever is tried."""

import json
import re
import shutil

import pytest

from naive_student_tf import config, lineage
from naive_student_tf.data import example, select, shards
from tests.train.tiny_training import Images, train

HELD_OUT = ("val_fine", "val_sequence")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A training that saw val."""
    work_dir = tmp_path_factory.mktemp("teacher")
    train(work_dir, data=Images(split="trainval_fine"), steps=2)
    return work_dir


def student(work_dir, **changes):
    settings = {"data": Images(split="train_fine"), "held_out": HELD_OUT, **changes}
    return train(work_dir, steps=2, **settings)


def refused(work_dir, match="initial weights <- labels of trainval_fine", **changes):
    with pytest.raises(ValueError, match=match):
        student(work_dir, **changes)


@pytest.mark.parametrize("split", ["val_fine", "val_sequence", "train_fine+val_fine"])
def test_data(tmp_path, split):
    refused(tmp_path, "would learn from it: labels of", data=Images(split=split))


def test_a_student_that_saw_none_of_it_is_trained_and_may_be_started_from(tmp_path):
    student(tmp_path / "a")
    student(tmp_path / "b", init_from=str(tmp_path / "a"))
    assert lineage.of_weights(str(tmp_path / "b"))["init"]["init"] is None


def test_weights_of_a_teacher_and_of_what_was_trained_on_from_there(tmp_path, teacher):
    refused(tmp_path / "a", init_from=str(teacher))
    student(tmp_path / "b", init_from=str(teacher), held_out=())
    refused(
        tmp_path / "c",
        "initial weights <- its initial weights <- labels of trainval_fine",
        init_from=str(tmp_path / "b"),
    )


def test_a_copy_under_another_name_in_the_directory_of_a_clean_run(tmp_path, teacher):
    clean = tmp_path / "clean"
    student(clean)
    for path in (teacher / "checkpoints").glob("ckpt-2.*"):
        shutil.copy(path, clean / "checkpoints" / path.name.replace("ckpt-2", "ckpt-9"))
    refused(tmp_path / "a", init_from=str(clean / "checkpoints" / "ckpt-9"))


def test_a_link_beside_a_clean_lineage(tmp_path, teacher):
    clean = tmp_path / "clean"
    student(clean)
    shutil.rmtree(clean / "checkpoints")
    (clean / "checkpoints").symlink_to(teacher / "checkpoints")
    assert json.loads((clean / "lineage.json").read_text())["init"] is None
    refused(tmp_path / "a", init_from=str(clean))


def test_weights_of_another_run_laid_into_the_directory_to_go_on_from(
    tmp_path, teacher
):
    shutil.copytree(teacher / "checkpoints", tmp_path / "a" / "checkpoints")
    refused(tmp_path / "a", "learnt from .*trainval_fine.*bind INIT_FROM")


@pytest.mark.parametrize("job", ["jobs/train", "mapillary/train", "camvid/train"])
def test_the_macro_reaches_the_training(job):
    config.load([f"gin_configs/{job}.gin"])
    held_out = re.search(r"^loop.train.held_out = (.+)", config.parsed(), re.M)[1]
    assert held_out == "%HELD_OUT"


def test_frames_selected_from_val(tmp_path):
    frames = [
        example.Frame(image=b"", image_format="png", filename=name, height=2, width=3)
        for name in "abcd"
    ]
    source = str(tmp_path / "val_sequence")
    path = f"{source}/{shards.shard_name('val_sequence', 0, 1)}"
    shards.write_shard(path, [example.serialize(frame) for frame in frames])
    parts = [shards.describe_shard(path)]
    facts = {"split": "val_sequence", "names": list("abcd")}
    counts = dict.fromkeys(select._COUNTED, 0)
    shards.write_manifest(source, parts, **facts, **counts)
    select.select(
        data_dir=str(tmp_path),
        work_dir=str(tmp_path / "half"),
        splits=("val_sequence",),
        choose=select.Fraction(0.5),
    )
    directory = str(tmp_path / "half" / "val_sequence")
    _, facts = shards.read_manifest(directory)
    with pytest.raises(ValueError, match=f"labels of val_sequence in '{directory}'"):
        lineage.of_training([(directory, facts)], None, held_out=HELD_OUT)
