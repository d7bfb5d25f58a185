"""The video of a snippet: the right frames, the window that changes, a file to open."""

import io

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate import draw_video
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards

ROAD, SKY = 0, 10


def frames(snippets, *, shift=0):
    """Three frames per snippet; labels move to the right by `shift`."""
    made = []
    for number, snippet in enumerate(np.repeat(snippets, 3)):
        frame = tiny_shards.frame(number)
        changed = {
            "panoptic": np.roll(frame.panoptic, shift, axis=1),
            "sequence_id": str(snippet),
        }
        made.append(tiny_shards.dataclasses.replace(frame, **changed))
    return made


@pytest.fixture
def draw(tmp_path):
    """Draws a video of two iterations; returns the path of the file."""
    names = ("aachen_000000_000001", "aachen_000000_000004", "aachen_000000_000007")
    one = tiny_shards.write(tmp_path / "one", frames(names), per_shard=4)
    two = tiny_shards.write(tmp_path / "two", frames(names, shift=2), per_shard=4)

    def draw(*directories, **settings):
        settings = {"snippet": names[1], **settings}
        draw_video.draw_video(
            directories=directories or (one, two),
            output=str(tmp_path / "video.webp"),
            label_space=CITYSCAPES,
            **settings,
        )
        return next(tmp_path.glob("video.*"))

    draw.one = one
    return draw


def pictures_of(path):
    video = Image.open(io.BytesIO(path.read_bytes()))
    for number in range(video.n_frames):
        video.seek(number)
        yield np.asarray(video.convert("RGB"))


def test_a_snippet_is_drawn_whole_and_alone(draw, capsys):
    assert len(list(pictures_of(draw()))) == 3
    assert "3 frames of aachen_000000_000004" in capsys.readouterr().out


@pytest.mark.parametrize("snippet", [None, "aachen_000000_000001"])
def test_the_first_snippet_is_shown_where_none_is_named(draw, capsys, snippet):
    draw(snippet=snippet, max_frames=2)
    assert "2 frames of aachen_000000_000001" in capsys.readouterr().out


def test_a_snippet_that_is_not_there_is_named_with_one_that_is(draw):
    with pytest.raises(ValueError, match=r"no snippet 'x'; its first is .*000001'"):
        draw(snippet="x")


def test_labels_of_other_frames_are_refused(draw, tmp_path):
    names = ("aachen_000000_000000",) * 3
    other = [*frames(names)[1:], tiny_shards.frame(0)]
    directory = tiny_shards.write(tmp_path / "other", other)
    with pytest.raises(ValueError, match="record 3 is aachen_000000_000004, expected"):
        draw(draw.one, directory)


def test_only_another_class_is_a_difference():
    one = np.array([[ROAD, SKY * 256, 13 * 256 + 1, 255 * 256]])
    other = np.array([[SKY * 256, SKY * 256, 13 * 256 + 9, ROAD]])
    changed = draw_video.differences(one, other, label_space=CITYSCAPES)
    np.testing.assert_array_equal(changed, [[True, False, False, True]])


def test_the_window_is_where_most_pixels_change_over_the_snippet():
    before, after = np.zeros((2, 32, 64), int)
    after[20:24, 40:48] = SKY * 256
    once = before.copy()
    once[0:6, 0:6] = SKY * 256  # more, but in one frame only
    maps = [[before, once], [before, after], [before, after]]
    rows, columns = draw_video.changed_window(maps, label_space=CITYSCAPES, zoom=4)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (8, 16)
    assert rows.start <= 20 and rows.stop >= 24
    assert columns.start <= 40 and columns.stop >= 48


def test_the_picture_shows_the_whole_above_and_the_window_below():
    image = np.full((32, 64, 3), 100, np.uint8)
    labels = [np.full((32, 64), SKY * 256), np.full((32, 64), ROAD)]
    window = np.s_[8:16, 16:32]
    drawn = draw_video.draw_frame(image, labels, window, label_space=CITYSCAPES)
    half = len(drawn) // 2
    is_box = (drawn == draw_video.BOX).all(-1)
    assert is_box[:half].any() and not is_box[half:].any()
    red = canvas_of(100, draw_video.CHANGED)
    assert not (drawn[:half] == red).all(-1).any()
    assert (drawn[half:] == red).all(-1).sum() == 192 * 384  # all of the window


def canvas_of(below, above):
    return np.rint(below + (np.array(above) - below) * 0.6).astype(np.uint8)
