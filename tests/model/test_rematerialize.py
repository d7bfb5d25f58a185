"""A rematerialized network learns exactly what the plain one learns."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf import randomness
from naive_student_tf.compat import keras
from naive_student_tf.model import decoder, rematerialize
from naive_student_tf.model.drop_path import DropPath
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.model.small import small
from naive_student_tf.model.wide_resnet import wide_resnet41
from naive_student_tf.model.xception import xception71

BRANCH = {
    "aspp_channels": 8,
    "low_level_channels": (4, 4),
    "decoder_channels": (8, 8),
    "head_channels": 4,
}
BACKBONE = functools.partial(
    small, width=4, units=2, drop_path=functools.partial(DropPath, 0.8)
)


def build(*, backbone=BACKBONE, **settings):
    keras.utils.set_random_seed(0)
    return panoptic_deeplab(
        backbone=backbone,
        num_classes=5,
        semantic=functools.partial(decoder.semantic_branch, **BRANCH),
        instance=functools.partial(decoder.instance_branch, **BRANCH),
        **settings,
    )


def learn(model):
    """One training step: outputs, gradients, moving averages, and the graph."""
    image = np.random.default_rng(0).uniform(0, 255, (2, 17, 33, 3))
    image = tf.constant(image, tf.float32)

    @tf.function
    def step():
        with randomness.step_seed(tf.constant([1, 2], tf.int64)):
            with tf.GradientTape() as tape:
                outputs = model(image, training=True)
                loss = tf.add_n([tf.reduce_mean(v**2) for v in outputs.values()])
            return outputs, tape.gradient(loss, model.trainable_variables)

    outputs, gradients = step()
    graph = step.get_concrete_function().graph
    return outputs, gradients, model.non_trainable_variables, graph


@pytest.fixture(scope="module")
def both():
    return build(), build(network=rematerialize.Rematerialized)


@pytest.fixture(scope="module")
def learned(both):
    return [learn(model) for model in both]


def test_the_layers_and_weights_are_the_same(both):
    plain, frugal = both
    assert [w.name for w in frugal.weights] == [w.name for w in plain.weights]
    assert [x.name for x in frugal.layers] == [x.name for x in plain.layers]


def test_a_checkpoint_of_one_is_a_checkpoint_of_the_other(both, tmp_path):
    plain, frugal = both
    path = tf.train.Checkpoint(model=frugal).save(str(tmp_path / "ckpt"))
    restored = tf.train.Checkpoint(model=plain).restore(path)
    restored.assert_consumed().assert_existing_objects_matched()


@pytest.mark.parametrize("part", [0, 1, 2], ids=["outputs", "gradients", "averages"])
def test_training_gives_the_same(learned, part):
    plain, frugal = (tf.nest.flatten(one[part]) for one in learned)
    for expected, found in zip(plain, frugal, strict=True):
        atol = 1e-4 * np.abs(expected).max() + 1e-7
        np.testing.assert_allclose(found, expected, atol=atol)


def test_inference_is_that_of_the_plain_model(both):
    plain, frugal = both
    image = tf.ones((1, 17, 33, 3))
    for name, value in plain(image).items():
        np.testing.assert_allclose(frugal(image)[name], value, atol=1e-5)


def test_the_inside_of_a_block_is_computed_twice(learned):
    def convolutions(graph):
        return sum(operation.type == "Conv2D" for operation in graph.get_operations())

    plain, frugal = (convolutions(graph) for *_, graph in learned)
    assert 1.8 * plain < frugal <= 2 * plain


@pytest.mark.parametrize("backbone", [wide_resnet41, xception71])
def test_the_blocks_of_the_papers_backbones_can_be_put_in_order(backbone):
    model = build(
        backbone=functools.partial(backbone, width=1),
        network=rematerialize.Rematerialized,
    )
    assert set(model.output) == {"logits", "center_heatmap", "offset"}
