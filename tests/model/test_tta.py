import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.model import grouping, tta

SCALES = (0.5, 0.75, 1.0, 1.25, 1.75)


def recorder(seen):
    """A model that keeps its inputs and answers with them."""

    def model(image, training):
        tf.py_function(lambda x: seen.append(x.numpy()), [image], [])
        return {
            "logits": image,
            "center_heatmap": image[..., :1],
            "offset": image[..., :2],
        }

    return model


def ramp_model(image, training):
    """Heads that follow the image's content, whatever its scale and direction.

    The first two channels of the image are (y, x) of its original pixels. Offsets
    point to the original pixel (5, 9), in pixels of this input.
    """
    y, x = image[..., 0], image[..., 1]
    middle = image.shape[2] // 2  # the padding is left or right of the middle
    step_y = y[:, 1:2, middle, None] - y[:, :1, middle, None]
    step_x = x[:, :1, middle : middle + 1] - x[:, :1, middle - 1 : middle]
    offset = tf.stack([(5.0 - y) / step_y, (9.0 - x) / step_x], axis=-1)
    return {
        "logits": image / 50,
        "center_heatmap": image[..., 2:] / 200,
        "offset": offset,
    }


def pixel_model(image, training):
    """Any function of each pixel alone; it has no left or right."""
    return {
        "logits": image / 64,
        "center_heatmap": image[..., :1],
        "offset": image[..., 1:],
    }


def conv_model(image, training):
    """A fixed random 5x5 convolution: it knows left from right."""
    kernel = tf.random.stateless_normal([5, 5, 3, 6], [1, 2]) / 10
    outputs = tf.nn.conv2d(image / 255, kernel, strides=1, padding="SAME")
    return {
        "logits": outputs[..., :3],
        "center_heatmap": outputs[..., 3:4],
        "offset": outputs[..., 4:],
    }


def ramp_image(height, width):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([y, x, y + x], -1)[None]


def random_image(height, width, batch=2):
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (batch, height, width, 3), dtype=np.uint8)


def predict(model, image, **settings):
    outputs = tta.predict(model, tf.constant(image), **settings)
    return {name: value.numpy() for name, value in outputs.items()}


def flipped(outputs):
    """What a mirrored world looks like."""
    outputs = {name: value[:, :, ::-1] for name, value in outputs.items()}
    return {**outputs, "offset": outputs["offset"] * np.float32([1, -1])}


@pytest.mark.parametrize("size", [(64, 128), (33, 49), (30, 47)])
def test_one_scale_returns_what_the_model_says(size):
    image = random_image(*size)
    got = predict(pixel_model, image)
    np.testing.assert_array_equal(got["center_heatmap"], image[..., :1])
    np.testing.assert_array_equal(got["offset"], image[..., 1:])
    np.testing.assert_allclose(
        got["probability"], tf.nn.softmax(image.astype(np.float32) / 64), rtol=1e-6
    )


def test_the_model_sees_a_padded_canvas_and_its_exact_mirror():
    seen = []
    image = random_image(20, 30)
    got = predict(recorder(seen), image, flip=True)
    straight, mirrored = seen
    assert straight.shape == (2, 33, 33, 3)
    np.testing.assert_array_equal(straight[:, :20, :30], image)
    assert (straight[:, 20:] == 127.5).all() and (straight[:, :, 30:] == 127.5).all()
    np.testing.assert_array_equal(mirrored, straight[:, :, ::-1])
    np.testing.assert_array_equal(got["center_heatmap"], image[..., :1])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("flip", [False, True])
def test_heads_that_follow_the_content_agree_at_all_scales(scale, flip):
    image = ramp_image(40, 53)
    want = predict(ramp_model, image)
    np.testing.assert_allclose(want["offset"][0, 7, 4], [-2, 5], atol=1e-4)
    got = predict(ramp_model, image, scales=(scale,), flip=flip)
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, atol=2e-3, err_msg=name)


def test_dx_but_not_dy_changes_sign_under_flip():
    """The mirrored canvas gives the model's constant offset the other way round."""

    def model(image, training):
        ones = tf.ones_like(image[..., :1])
        offset = tf.concat([2 * ones, 3 * ones], -1)
        return {"logits": image, "center_heatmap": ones, "offset": offset}

    got = predict(model, random_image(16, 32), flip=True)
    np.testing.assert_array_equal(got["offset"][0, 4, 5], [2, 0])


@pytest.mark.parametrize("width", [46, 47, 49])
def test_a_mirrored_image_gives_mirrored_predictions(width):
    image = random_image(33, width)
    settings = {"scales": (0.5, 1.0, 1.5), "flip": True}
    got = predict(pixel_model, image[:, :, ::-1], **settings)
    want = flipped(predict(pixel_model, image, **settings))
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, atol=1e-3, err_msg=name)


def test_flip_makes_any_model_left_right_even_where_nothing_is_padded():
    image = random_image(33, 49)
    got = predict(conv_model, image[:, :, ::-1], flip=True)
    want = flipped(predict(conv_model, image, flip=True))
    alone = flipped(predict(conv_model, image))
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, atol=1e-6, err_msg=name)
        assert np.abs(alone[name] - value).max() > 0.01


def test_probabilities_are_averaged_not_logits():
    def model(image, training):  # sure of class 0 at one scale, of class 1 at the other
        sign = 1.0 if image.shape[1] == 33 else -1.0
        return {"logits": sign * tf.ones_like(image[..., :2]) * [9.0, -1.0]}

    got = predict(model, random_image(32, 32), scales=(1.0, 0.5))
    assert got.keys() == {"probability"}
    sure = 1 / (1 + np.exp(-10))
    np.testing.assert_allclose(got["probability"][0, 3, 4], [0.5, 0.5], atol=1e-6)
    got = predict(model, random_image(32, 32), scales=(1.0,))
    np.testing.assert_allclose(got["probability"][0, 3, 4], [sure, 1 - sure], atol=1e-6)


def test_one_trace_per_scale_serves_both_directions_and_all_images():
    traces = []

    def model(image, training):
        traces.append(image.shape[1:3].as_list())
        return pixel_model(image, training)

    predictor = tta.Predictor(model, (32, 64), scales=(0.5, 1.0), flip=True)
    for _ in range(3):
        predictor(tf.constant(random_image(32, 64)))
    assert traces == [[17, 33], [33, 65]]


def test_inside_a_function_each_pass_waits_for_the_one_before():
    predictor = tta.Predictor(pixel_model, (32, 64), scales=(0.5, 1.0), flip=True)
    function = tf.function(predictor.__call__)
    graph = function.get_concrete_function(tf.constant(random_image(32, 64))).graph
    waiting = [op for op in graph.get_operations() if op.control_inputs]
    assert [op.type for op in waiting].count("Identity") >= 3


def test_prediction_and_grouping_run_inside_one_function():
    predictor = tta.Predictor(conv_model, (32, 64), scales=(0.5, 1.0), flip=True)
    group = functools.partial(
        grouping.group, thing_classes=(1, 2), label_divisor=256, ignore_label=255
    )
    compiled = tf.function(group, jit_compile=True)

    @tf.function
    def run(image):
        heads = predictor(image)
        return compiled(heads["probability"], heads["center_heatmap"], heads["offset"])

    image = tf.constant(random_image(32, 64))
    together, apart = run(image), group(*predictor(image).values())
    assert together["panoptic"].shape == (2, 32, 64)
    for name, value in apart.items():
        np.testing.assert_allclose(together[name], value, rtol=1e-5, err_msg=name)


def test_matrices_resize_as_the_kernel_does():
    values = tf.random.normal((2, 9, 17, 3))
    for size in ((13, 30), (5, 9), (17, 33)):
        np.testing.assert_allclose(
            tta.by_matrices(values, size), tta.by_kernel(values, size), atol=1e-5
        )


def test_settings_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="scales is empty"):
        tta.Predictor(pixel_model, (32, 64), scales=())
    with pytest.raises(ValueError, match=r"at scale 0\.1 is 1x6"):
        tta.Predictor(pixel_model, (10, 64), scales=(0.1,))
    predictor = tta.Predictor(pixel_model, (32, 64))
    with pytest.raises(ValueError, match=r"\(2, 16, 16, 3\)"):
        predictor(tf.constant(random_image(16, 16)))
