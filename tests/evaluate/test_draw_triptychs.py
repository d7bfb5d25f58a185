"""Pictures of several evaluations side by side, of the frames that all of them kept."""

import json

import pytest

from naive_student_tf import store
from naive_student_tf.data import example
from naive_student_tf.evaluate import draw_triptychs
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards


@pytest.fixture
def draw(tmp_path):
    """Draws two evaluations, which kept some of three frames; returns the list."""
    frames = [tiny_shards.frame(number) for number in range(3)]
    data_dir = tiny_shards.write(tmp_path / "shards", frames)

    def draw(*kept_of_each, count=2, about=""):
        evaluations = {}
        for index, kept in enumerate(kept_of_each):
            evaluations[f"iteration {index}"] = str(tmp_path / str(index))
            for number in kept:
                name = f"examples/{frames[number].filename}.png"
                data = example.encode_png(tiny_shards.truth(number))
                store.write_bytes(str(tmp_path / str(index) / name), data)
        draw_triptychs.draw_triptychs(
            data_dir=data_dir,
            evaluations=evaluations,
            label_space=CITYSCAPES,
            output=str(tmp_path / "pictures"),
            about=about,
            count=count,
        )
        return json.loads((tmp_path / "pictures" / "pictures.json").read_text())

    return draw


def test_frames_that_every_evaluation_kept_are_drawn(draw, tmp_path):
    (listed,) = draw((0, 1), (1, 2))
    assert listed["file"] == "aachen_000000_000001.png"
    assert listed["caption"] == "image | ground truth | iteration 0 | iteration 1"
    picture = example.decode_png((tmp_path / "pictures" / listed["file"]).read_bytes())
    assert picture.shape[1] > 4 * 36 and picture.shape[2] == 3


def test_a_caption_begins_with_what_the_pictures_are_of(draw):
    (listed,) = draw((0,), count=1, about="Toy city, seed 0")
    assert listed["caption"] == "Toy city, seed 0: image | ground truth | iteration 0"


def test_not_more_than_asked_for_are_drawn(draw):
    assert len(draw((0, 1, 2), (0, 1, 2), count=1)) == 1


def test_evaluations_of_different_frames_are_refused(draw):
    with pytest.raises(ValueError, match="kept no frame"):
        draw((0,), (1,))
