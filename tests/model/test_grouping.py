import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.model import cells, grouping, nearest

STUFF, WALL, PERSON, CAR = range(4)
VOID = 255 * 256
SETTINGS = {
    "thing_classes": (PERSON, CAR),
    "label_divisor": 256,
    "ignore_label": 255,
    "stuff_area_limit": 0,
}


def slow_centers(heatmap, threshold, kernel):
    """(row, column, score) of each center, highest first."""
    radius, peaks = kernel // 2, set()
    for i, j in np.argwhere(heatmap > threshold):
        window = heatmap[max(i - radius, 0) :, max(j - radius, 0) :]
        window = window[: min(i, radius) + radius + 1, : min(j, radius) + radius + 1]
        if heatmap[i, j] == window.max():
            peaks.add((i, j))
    near = range(-radius, radius + 1)
    before = [(di, dj) for di in near for dj in near if (di, dj) < (0, 0)]
    found = [
        (i, j, heatmap[i, j])
        for i, j in sorted(peaks)
        if not any((i + di, j + dj) in peaks for di, dj in before)
    ]
    return sorted(found, key=lambda center: -center[2])  # stable: raster order


def slow_group(
    probability,
    heatmap,
    offset,
    *,
    thing_classes,
    label_divisor,
    ignore_label,
    center_threshold=0.1,
    nms_kernel=7,
    max_centers=200,
    stuff_area_limit=4096,
):
    """The obvious loop over pixels; one image; the same dict as `group`."""
    height, width, classes = probability.shape
    void = ignore_label * label_divisor
    category = np.argmax(probability, -1).astype(np.int32)
    centers = slow_centers(heatmap[..., 0], center_threshold, nms_kernel)[:max_centers]
    where = np.array([c[:2] for c in centers], np.float32).reshape(-1, 2)
    instance = np.zeros((height, width), np.int32)
    for i, j in np.argwhere(np.isin(category, thing_classes)):
        if centers:
            dy = np.float32(i) + offset[i, j, 0] - where[:, 0]
            dx = np.float32(j) + offset[i, j, 1] - where[:, 1]
            instance[i, j] = 1 + np.argmin(dy * dy + dx * dx)
    result = {
        "panoptic": np.full((height, width), void, np.int32),
        "category": category,
        "confidence": probability.max(-1),
        "instance_category": np.full(max_centers, ignore_label, np.int32),
        "instance_score": np.zeros(max_centers, np.float32),
        "instance_valid": np.zeros(max_centers, bool),
        "instance_center": np.zeros((max_centers, 2), np.int32),
    }
    for k, (y, x, score) in enumerate(centers):
        mask = instance == k + 1
        result["instance_center"][k] = y, x
        if mask.any():
            voted = np.bincount(category[mask], minlength=classes).argmax()
            result["instance_valid"][k] = True
            result["instance_category"][k] = voted
            result["instance_score"][k] = score * probability[mask][:, voted].mean()
            result["panoptic"][mask] = voted * label_divisor + k + 1
    for c in set(range(classes)) - set(thing_classes):
        if (category == c).sum() >= stuff_area_limit:
            result["panoptic"][category == c] = c * label_divisor
    return result


def run(probability, heatmap, offset, *, jit_compile=False, **settings):
    group = functools.partial(grouping.group, **{**SETTINGS, **settings})
    if jit_compile:
        group = tf.function(group, jit_compile=True)
    outputs = group(*(tf.constant(x) for x in (probability, heatmap, offset)))
    return {name: value.numpy() for name, value in outputs.items()}


def one_hot(category, classes=4, confidence=1.0):
    """Probability [H, W, C] whose argmax is the category map."""
    rest = (1 - confidence) / (classes - 1)
    probability = np.full((*np.shape(category), classes), rest, np.float32)
    np.put_along_axis(probability, np.array(category)[..., None], confidence, -1)
    return probability


def heads(category, peaks, confidence=1.0):
    """Inputs [1, H, W, ...] with zero offsets and one-pixel peaks {(y, x): score}."""
    heatmap = np.zeros((*np.shape(category), 1), np.float32)
    for (y, x), score in peaks.items():
        heatmap[y, x] = score
    offset = np.zeros((*np.shape(category), 2), np.float32)
    return one_hot(category, confidence=confidence)[None], heatmap[None], offset[None]


def random_heads(rng, height, width, *, instances, classes=4, levels=None):
    """Blobs of things on stripes of stuff, noisy peaks and offsets [H, W, ...]."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    category = (y * 2 // height).astype(np.int32)
    heatmap = np.zeros((height, width), np.float32)
    offset = rng.normal(size=(height, width, 2)).astype(np.float32)
    for _ in range(instances):
        cy, cx = rng.integers(height), rng.integers(width)
        mask = (y - cy) ** 2 + (x - cx) ** 2 < rng.integers(4, 150)
        category[mask] = rng.integers(2, classes)
        bump = rng.uniform(0.05, 1) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 20)
        heatmap = np.maximum(heatmap, bump.astype(np.float32))
        offset[mask] += np.stack([cy - y, cx - x], -1)[mask]
    noisy = rng.random((height, width)) < 0.1
    category[noisy] = rng.integers(0, classes, noisy.sum())
    logits = rng.normal(size=(height, width, classes)) + 3 * one_hot(category)
    if levels:  # equal values on purpose: plateaus, and distances that tie
        heatmap = np.round(heatmap * levels) / np.float32(levels)
        offset = np.round(offset)
    probability = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return probability.astype(np.float32), heatmap[..., None], offset


def stack(images):
    """One batch [B, ...] of each head from a list of (head, head, head)."""
    return [np.stack(head) for head in zip(*images, strict=True)]


def assert_same(got, want):
    assert got.keys() == want.keys()
    for name in want:
        if name == "instance_score":  # the order of a sum of floats is free
            np.testing.assert_allclose(got[name], want[name], rtol=1e-5)
        else:
            np.testing.assert_array_equal(got[name], want[name], err_msg=name)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_fast_grouping_equals_the_slow_twin_on_a_batch(jit_compile):
    rng = np.random.default_rng(0)
    images = [
        random_heads(rng, 33, 65, instances=instances, levels=levels)
        for instances, levels in ((20, None), (20, 4), (2, None))
    ]
    settings = {**SETTINGS, "stuff_area_limit": 800, "max_centers": 12}
    got = run(*stack(images), jit_compile=jit_compile, **settings)
    for b, image in enumerate(images):
        want = slow_group(*image, **settings)
        assert_same({name: value[b] for name, value in got.items()}, want)
    void = np.mean(got["panoptic"] == VOID, axis=(1, 2))
    assert 0 < void.min() < void.max() < 1
    assert got["instance_valid"].sum(-1)[1] == 12


@pytest.mark.parametrize("cell", [2, 1000])
def test_an_image_may_need_several_blocks_and_parts_of_them(monkeypatch, cell):
    monkeypatch.setattr(nearest, "TILE", 8)
    monkeypatch.setattr(nearest, "BLOCK", 16)
    monkeypatch.setattr(nearest, "PART", 4)
    monkeypatch.setattr(cells, "CHUNK", 3)
    monkeypatch.setattr(cells, "CELL", cell)  # at 1000 no center is plainly nearest
    image = random_heads(np.random.default_rng(2), 33, 65, instances=8)
    got = run(*stack([image]))
    want = slow_group(*image, **SETTINGS)
    assert np.isin(want["category"], (PERSON, CAR)).sum() > 2 * 8 * 16
    assert_same({name: value[0] for name, value in got.items()}, want)


def test_where_one_center_is_plainly_the_nearest_it_is(monkeypatch):
    monkeypatch.setattr(cells, "CELL", 4)
    rng = np.random.default_rng(4)
    centers = tf.constant(rng.integers(0, 40, (12, 2)), tf.int32)
    y, x = rng.uniform(-10, 50, (2, 100_000)).astype(np.float32)
    plain = cells.plain_centers(centers, tf.constant(9), height=40, width=37)
    found, compared = plain(y, x), cells.nearest_center(y, x, centers, tf.constant(9))
    sure = found.numpy() >= 0
    inside = (y >= 0) & (y < 40) & (x >= 0) & (x < 37)
    assert 0.2 < sure[inside].mean() < 0.8 and not sure[~inside].any()
    np.testing.assert_array_equal(found[sure], compared[sure])
    distance = np.hypot(
        *(v[:, None] - c for v, c in zip((y, x), centers[:9].numpy().T, strict=True))
    )
    np.testing.assert_array_equal(compared, distance.argmin(-1))


def test_a_point_as_near_to_two_centers_is_not_plain_and_goes_to_the_first():
    centers, one = tf.constant([[8, 0], [8, 100]]), tf.constant([8.0])
    plain = cells.plain_centers(centers, tf.constant(2), height=16, width=112)
    for x, found, joined in ((20.0, 0, 0), (50.0, -1, 0), (90.0, 1, 1)):
        assert plain(one, tf.constant([x])).numpy() == found
        assert cells.nearest_center(one, [x], centers, tf.constant(2)) == joined


@pytest.mark.parametrize("jit_compile", [False, True])
def test_more_peaks_than_centers_keeps_the_highest(jit_compile):
    rng = np.random.default_rng(1)
    probability = one_hot(rng.integers(0, 4, (40, 60)), confidence=0.5)
    heatmap = rng.random((40, 60, 1)).astype(np.float32)
    offset = rng.normal(size=(40, 60, 2)).astype(np.float32) * 3
    assert len(slow_centers(heatmap[..., 0], 0.1, 3)) > 220
    settings = {**SETTINGS, "nms_kernel": 3}
    got = run(
        probability[None],
        heatmap[None],
        offset[None],
        jit_compile=jit_compile,
        **settings,
    )
    want = slow_group(probability, heatmap, offset, **settings)
    assert_same({name: value[0] for name, value in got.items()}, want)


def test_thing_pixels_of_an_image_without_centers_are_void():
    got = run(*heads([[STUFF, CAR, PERSON]], {(0, 1): 0.1}))  # 0.1 is not above 0.1
    np.testing.assert_array_equal(got["panoptic"], [[[0, VOID, VOID]]])
    np.testing.assert_array_equal(got["category"], [[[STUFF, CAR, PERSON]]])
    assert not got["instance_valid"].any()
    assert (got["instance_category"] == 255).all()


def test_an_image_can_be_all_void():
    got = run(*heads([[STUFF, WALL, CAR]], {}), stuff_area_limit=2)
    np.testing.assert_array_equal(got["panoptic"], [[[VOID] * 3]])


def test_one_pixel_is_enough():
    got = run(*heads([[CAR]], {(0, 0): 0.5}, confidence=0.8))
    assert got["panoptic"] == CAR * 256 + 1
    assert got["instance_valid"].tolist() == [[True] + [False] * 199]
    np.testing.assert_allclose(got["instance_score"][0, :2], [0.4, 0])


def test_a_plateau_gives_one_center_the_earliest():
    peaks = {(1, 1): 0.5, (1, 2): 0.5, (2, 1): 0.5, (2, 2): 0.5}
    got = run(*heads(np.full((9, 9), CAR), peaks))
    assert got["instance_valid"].sum() == 1
    np.testing.assert_array_equal(got["instance_center"][0, :2], [[1, 1], [0, 0]])


def test_centers_are_numbered_by_score_then_raster_order():
    peaks = {(0, 0): 0.5, (0, 9): 0.9, (0, 18): 0.5}
    got = run(*heads(np.full((1, 19), CAR), peaks))
    np.testing.assert_array_equal(
        got["instance_center"][0, :3], [[0, 9], [0, 0], [0, 18]]
    )
    assert got["panoptic"][0, 0, ::9].tolist() == [CAR * 256 + n for n in (2, 1, 3)]


def test_a_pixel_between_two_centers_joins_the_higher_one():
    got = run(*heads(np.full((1, 9), CAR), {(0, 0): 0.3, (0, 8): 0.6}))
    assert got["panoptic"][0, 0, 4] == CAR * 256 + 1  # the center at 8


def test_the_class_is_the_majority_and_ties_take_the_smaller():
    category = [[CAR, PERSON, CAR] + [STUFF] * 5 + [CAR, PERSON]]
    got = run(*heads(category, {(0, 1): 0.9, (0, 8): 0.5}))
    assert got["instance_category"][0, :3].tolist() == [CAR, PERSON, 255]
    np.testing.assert_array_equal(
        got["panoptic"][0, 0],
        [CAR * 256 + 1] * 3 + [0] * 5 + [PERSON * 256 + 2] * 2,
    )


def test_the_score_asks_each_pixel_for_the_class_that_was_voted():
    probability, heatmap, offset = heads(np.full((1, 5), PERSON), {(0, 2): 0.5})
    probability[0, 0, :2] = one_hot([CAR, CAR], confidence=0.7)  # 0.1 for a person
    got = run(probability, heatmap, offset)
    assert got["instance_category"][0, 0] == PERSON
    np.testing.assert_allclose(got["instance_score"][0, 0], 0.5 * 3.2 / 5, rtol=1e-6)


def test_a_center_that_no_pixel_joins_is_not_an_instance():
    got = run(*heads([[CAR] + [STUFF] * 9], {(0, 0): 0.2, (0, 9): 0.8}))
    assert got["instance_valid"][0, :3].tolist() == [False, True, False]
    assert got["panoptic"][0, 0, 0] == CAR * 256 + 2


def test_offsets_are_followed():
    probability, heatmap, offset = heads(
        np.full((1, 9), CAR), {(0, 0): 0.6, (0, 8): 0.3}
    )
    offset[0, 0, 1] = [0, 7]
    got = run(probability, heatmap, offset)
    assert got["panoptic"][0, 0, 1] == CAR * 256 + 2


def test_stuff_is_dropped_below_the_limit_only_and_only_from_panoptic():
    category = [[STUFF, STUFF, WALL, CAR]]
    got = run(*heads(category, {(0, 3): 0.9}), stuff_area_limit=2)
    np.testing.assert_array_equal(got["panoptic"][0], [[0, 0, VOID, CAR * 256 + 1]])
    np.testing.assert_array_equal(got["category"][0], category)


def test_an_image_may_have_no_thing_pixel():
    got = run(*heads([[STUFF, WALL]], {(0, 1): 0.9}))
    np.testing.assert_array_equal(got["panoptic"], [[[0, 256]]])
    assert not got["instance_valid"].any()


def test_settings_that_cannot_work_are_refused():
    inputs = heads([[CAR]], {})
    with pytest.raises(ValueError, match="max_centers is 256"):
        run(*inputs, max_centers=256)
    with pytest.raises(ValueError, match="nms_kernel is 8"):
        run(*inputs, nms_kernel=8)
