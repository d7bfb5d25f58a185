"""Panels, rows of a frame and encoded animations."""

import io

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate import encode, panels, scenes
from naive_student_tf.labels.cityscapes import CITYSCAPES

CAR_1 = 13 * 256 + 1


def plain(height, width, level):
    return np.full((height, width, 3), level, np.uint8)


def test_a_small_picture_is_enlarged_by_an_integer_and_keeps_its_pixels():
    assert panels.enlarge_factor(128) == 2
    assert panels.enlarge_factor(100) == 3
    assert panels.enlarge_factor(2048) == 1
    panel = panels.draw_panel([plain(2, 4, 7)], captions=[""], min_width=8)
    gap, caption = panels.GAP, panels.CAPTION_HEIGHT
    assert panel.shape == (gap + caption + 4 + gap, gap + 8 + gap, 3)
    assert (panel[gap + caption :][:4, gap : gap + 8] == 7).all()
    assert (panel == 7).all(axis=-1).sum() == 4 * 8


def test_a_caption_is_drawn_above_its_picture():
    panel = panels.draw_panel([plain(64, 128, 255)], captions=["prediction"])
    bar = panel[panels.GAP : panels.GAP + panels.CAPTION_HEIGHT]
    assert (bar < 128).any()
    assert (panel[panels.GAP + panels.CAPTION_HEIGHT :] == 255).all()


def test_a_long_caption_is_cut_with_an_ellipsis_and_a_short_one_is_not():
    assert panels.shorten("abcdef", width=4, measure=len) == "abc…"
    assert panels.shorten("abcd", width=4, measure=len) == "abcd"
    assert panels.shorten("abcd", width=0, measure=len) == "…"


def test_pictures_without_captions_are_refused():
    with pytest.raises(ValueError, match="2 pictures came with 1 captions"):
        panels.draw_panel([plain(1, 1, 0)] * 2, captions=["a"])


def test_stacked_panels_share_the_largest_width():
    stack = panels.stack_panels([plain(2, 3, 0), plain(1, 5, 0)])
    assert stack.shape == (3, 5, 3)
    assert (stack[:2, 3:] == 255).all()


def test_a_pseudo_label_row_shows_image_iterations_and_truth():
    image, panoptic = plain(64, 128, 90), np.full((64, 128), CAR_1)
    title, cells = scenes.pseudo_label_row(
        "frame", image, pseudo_labels=[panoptic] * 2, label_space=CITYSCAPES
    )
    assert title == "frame"
    assert [caption for caption, _ in cells] == [
        "image",
        "pseudo-label, iteration 1",
        "pseudo-label, iteration 2",
    ]
    assert {picture.shape for _, picture in cells} == {(192, 384, 3)}
    _, cells = scenes.pseudo_label_row(
        "frame", image, pseudo_labels=[], label_space=CITYSCAPES, truth=panoptic
    )
    assert [caption for caption, _ in cells] == ["image", "ground truth"]


def test_a_validation_row_marks_a_wrong_category_but_not_another_instance():
    truth = np.full((1, 400), CAR_1)
    prediction = np.where(np.arange(400) < 100, CAR_1 + 1, 0)[None]
    _, cells = scenes.validation_row(
        "f",
        plain(1, 400, 9),
        truth=truth,
        prediction=prediction,
        label_space=CITYSCAPES,
    )
    assert [caption for caption, _ in cells][-1] == "error"
    red = cells[-1][1][0, :, 0] == 214
    assert red.sum() == 300


def test_a_large_frame_loses_pixels_and_a_small_one_repeats_them():
    assert scenes.fit(np.zeros((1024, 2048), int)).shape == (342, 683)
    assert scenes.fit(np.zeros((64, 128, 3), int)).shape == (192, 384, 3)
    assert scenes.fit(np.zeros((300, 600), int)).shape == (300, 600)


def test_a_strip_has_one_frame_per_image_and_refuses_a_missing_one():
    images, maps = [plain(64, 128, 90)] * 3, [np.zeros((64, 128), int)] * 3
    frames = scenes.pseudo_label_strip(
        images, pseudo_labels=[maps, maps], label_space=CITYSCAPES
    )
    assert len(frames) == 3
    assert frames[0].shape[1] > 3 * 384
    with pytest.raises(ValueError, match="shorter"):
        scenes.pseudo_label_strip(
            images, pseudo_labels=[maps[:2]], label_space=CITYSCAPES
        )


def test_an_animation_holds_every_frame_for_its_time():
    frames = [plain(8, 8, level) for level in (0, 100, 200)]
    content, media_type = encode.encode_animation(frames, frames_per_second=4)
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.n_frames == 3
        assert picture.get_format_mimetype() == media_type == "image/webp"
        picture.seek(1)
        picture.load()
        assert picture.info["duration"] == 250


def test_without_webp_the_animation_is_a_gif(monkeypatch):
    monkeypatch.setattr(encode.features, "check", lambda name: False)
    frames = [plain(8, 8, 0), plain(8, 8, 200)]
    content, media_type = encode.encode_animation(frames, frames_per_second=4)
    assert media_type == "image/gif"
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.n_frames == 2


def test_frames_of_two_sizes_and_no_frames_are_refused():
    with pytest.raises(ValueError, match="one size"):
        encode.encode_animation([plain(8, 8, 0), plain(8, 9, 0)], frames_per_second=4)
    with pytest.raises(ValueError, match="0 frames"):
        encode.encode_animation([], frames_per_second=4)


def test_a_png_gives_the_same_pixels_back():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with Image.open(io.BytesIO(encode.encode_png(picture))) as decoded:
        assert np.array_equal(np.asarray(decoded), picture)
