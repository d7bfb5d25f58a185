"""From a checkpoint to maps: restored weights, one trace per size, filled batches."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.model.inference import Inference, batches
from tests.train import fake_tpu

SEMANTIC = dataclasses.replace(CITYSCAPES, thing_classes=())
CAR = 13


def network(*, instances=True, classes=19):
    """Red means car, everything else road; the blue channel is the heatmap."""
    image = keras.Input((None, None, 3))
    kernel = np.zeros((1, 1, 3, classes + 3), np.float32)
    kernel[0, 0, 0, CAR] = 1
    kernel[0, 0, 2, classes] = 1 / 255
    bias = np.zeros(classes + 3, np.float32)
    bias[0] = 100
    heads = keras.layers.Conv2D(
        classes + 3,
        1,
        kernel_initializer=keras.initializers.Constant(kernel),
        bias_initializer=keras.initializers.Constant(bias),
    )(image)
    outputs = {"logits": heads[..., :classes]}
    if instances:
        outputs["center_heatmap"] = heads[..., classes : classes + 1]
        outputs["offset"] = heads[..., classes + 1 :]
    return keras.Model(image, outputs)


@pytest.fixture
def saved(tmp_path):
    """Saves a network; returns the path of the checkpoint."""

    def save(model):
        return tf.train.Checkpoint(model=model).save(str(tmp_path / "ckpt"))

    return save


def picture():
    """Two red cars on black, each with one blue pixel as its center."""
    image = np.zeros((17, 33, 3), np.uint8)
    image[4:9, 2:9, 0] = 255
    image[4:9, 20:27, 0] = 255
    image[6, 5, 2] = 255
    image[6, 23, 2] = 200
    return image


def test_two_cars_are_two_instances_in_the_order_of_their_scores(saved):
    inference = Inference(
        model=network,
        checkpoint_path=saved(network()),
        label_space=CITYSCAPES,
        stuff_area_limit=0,
        max_centers=4,
    )
    result = inference(picture()[None])
    expected = np.zeros((17, 33), np.int32)
    expected[4:9, 2:9] = CAR * 256 + 1
    expected[4:9, 20:27] = CAR * 256 + 2
    np.testing.assert_array_equal(result["panoptic"][0], expected)
    np.testing.assert_array_equal(result["category"][0], expected // 256)
    np.testing.assert_array_equal(result["instance_category"][0], [CAR, CAR, 255, 255])
    np.testing.assert_array_equal(result["instance_valid"][0], [1, 1, 0, 0])
    assert 1 >= result["instance_score"][0, 0] > result["instance_score"][0, 1] > 0
    assert result["center_heatmap"].shape == (1, 17, 33, 1)
    assert result["offset"].shape == (1, 17, 33, 2)


def test_a_network_without_instances_gives_categories_as_labels(saved):
    inference = Inference(
        model=lambda: network(instances=False),
        checkpoint_path=saved(network(instances=False)),
        label_space=SEMANTIC,
    )
    result = inference(picture()[None])
    assert set(result) == {"category", "panoptic", "confidence", "finite"}
    np.testing.assert_array_equal(result["panoptic"], result["category"] * 256)
    assert set(np.unique(result["category"])) == {0, CAR}


def test_the_weights_are_those_of_the_checkpoint(saved):
    trained = network(instances=False)
    kernel, bias = trained.get_weights()
    trained.set_weights([kernel, np.roll(bias, 5)])
    path = saved(trained)
    inference = Inference(
        model=lambda: network(instances=False),
        checkpoint_path=path,
        label_space=SEMANTIC,
    )
    assert inference.checkpoint == path
    result = inference(np.zeros((1, 17, 17, 3), np.uint8))
    assert (result["category"] == 5).all()


def test_a_checkpoint_of_other_classes_is_refused(saved):
    path = saved(network(classes=20))
    with pytest.raises(ValueError, match="was not saved from this model"):
        Inference(model=network, checkpoint_path=path, label_space=CITYSCAPES)


def test_each_size_is_compiled_once(saved):
    inference = Inference(
        model=lambda: network(instances=False),
        checkpoint_path=saved(network(instances=False)),
        label_space=SEMANTIC,
    )
    assert inference.function((17, 33)) is inference.function((17, 33))
    for size in ((17, 33), (33, 17)):
        result = inference(np.zeros((1, *size, 3), np.uint8))
        assert result["category"].shape == (1, *size)


def image(height, value):
    return np.full((height, 2, 3), value, np.uint8)


def grouped(frames, batch_size=2):
    """(values of the batch, extras) of each batch."""
    return [
        (images[:, 0, 0, 0].tolist(), extras)
        for images, extras in batches(iter(frames), batch_size=batch_size)
    ]


def test_frames_are_grouped_in_order_and_the_last_batch_is_filled():
    frames = [(image(4, value), str(value)) for value in (1, 2, 3)]
    assert grouped(frames) == [([1, 2], ["1", "2"]), ([3, 3], ["3"])]


def test_a_full_last_batch_is_followed_by_nothing():
    frames = [(image(4, value), value) for value in (1, 2)]
    assert grouped(frames) == [([1, 2], [1, 2])]
    assert grouped([]) == []


def test_a_batch_holds_one_size_only():
    sizes = [(4, 1), (5, 2), (5, 3), (5, 4), (4, 5)]
    frames = [(image(height, value), value) for height, value in sizes]
    assert grouped(frames) == [
        ([1, 1], [1]),
        ([2, 3], [2, 3]),
        ([4, 4], [4]),
        ([5, 5], [5]),
    ]


@pytest.mark.parametrize("instances", [True, False])
def test_replicas_that_share_a_batch_predict_what_one_device_does(saved, instances):
    settings = {
        "model": lambda: network(instances=instances),
        "checkpoint_path": saved(network(instances=instances)),
        "label_space": CITYSCAPES if instances else SEMANTIC,
        "stuff_area_limit": 0,
        "max_centers": 4,
        "scales": (1.0, 1.5),
        "flip": True,
        "compile_grouping": False,
    }
    images = np.stack([picture(), picture()[:, ::-1], picture()[::-1], picture() // 2])
    two = Inference(
        **settings, strategy=lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    )
    assert (two.num_replicas, Inference(**settings).num_replicas) == (2, 1)
    together, alone = two(images), Inference(**settings)(images)
    assert set(together) == set(alone)
    for name, value in alone.items():
        np.testing.assert_allclose(together[name], value, atol=1e-5, err_msg=name)


def test_only_what_is_wanted_comes_to_the_host(saved):
    inference = Inference(
        model=lambda: network(instances=False),
        checkpoint_path=saved(network(instances=False)),
        label_space=SEMANTIC,
    )
    assert set(inference(picture()[None], only=("panoptic",))) == {"panoptic"}


@pytest.mark.parametrize(
    ("instances", "channels"),
    [
        pytest.param(False, slice(0, 19), id="logits"),
        pytest.param(True, slice(0, 19), id="logits beside instances"),
        pytest.param(True, slice(19, 20), id="center_heatmap"),
        pytest.param(True, slice(20, 21), id="offset dy"),
        pytest.param(True, slice(21, 22), id="offset dx"),
    ],
)
def test_a_head_that_is_not_a_number_is_told(saved, instances, channels):
    """It overflows where there is blue, in the first of two pictures."""
    broken = network(instances=instances)
    kernel, bias = broken.get_weights()
    kernel[..., 2, channels] = 3e38
    broken.set_weights([kernel, bias])
    inference = Inference(
        model=lambda: network(instances=instances),
        checkpoint_path=saved(broken),
        label_space=CITYSCAPES if instances else SEMANTIC,
        compile_grouping=False,
    )
    black = np.zeros_like(picture())
    result = inference(np.stack([picture(), black]))
    assert result["finite"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("strategy", "kernel"), [(None, True), (lambda: fake_tpu.strategy(2), False)]
)
def test_predictions_are_resized_by_matrices_on_a_tpu_only(strategy, kernel):
    inference = Inference(
        model=network,
        checkpoint_path="",
        label_space=CITYSCAPES,
        scales=(0.5,),
        strategy=strategy,
        restore=lambda model, path: path,
    )
    images = tf.TensorSpec((1, 17, 33, 3), tf.uint8)
    graph = inference.function((17, 33)).get_concrete_function(images).graph
    assert ("ResizeBilinear" in str(graph.as_graph_def())) == kernel
