"""The lane of tensorflow-addons: its StochasticDepth is a drop path of ours."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.model import small
from naive_student_tf.model.drop_path import DropPath, tfa_stochastic_depth
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41
from naive_student_tf.model.xception import xception71

pytestmark = pytest.mark.tfa
pytest.importorskip("tensorflow_addons")

KEEP = 0.8
SHORTCUT = np.random.default_rng(1).normal(size=(3, 4, 5, 2)).astype(np.float32)
RESIDUAL = np.random.default_rng(2).normal(size=(3, 4, 5, 2)).astype(np.float32)


def ours(name="sum"):
    return DropPath(KEEP, mode="batch", name=name)


def theirs(name="sum"):
    return tfa_stochastic_depth(survival_probability=KEEP, name=name)


def test_it_is_the_layer_of_the_package():
    import tensorflow_addons as tfa

    assert isinstance(theirs(), tfa.layers.StochasticDepth)


def test_inference_is_equal():
    first, second = (layer([SHORTCUT, RESIDUAL]) for layer in (ours(), theirs()))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, SHORTCUT + KEEP * RESIDUAL, rtol=1e-6)


@pytest.mark.parametrize("build", [ours, theirs])
def test_training_keeps_the_residual_of_the_whole_batch_or_drops_it(build):
    layer = tf.function(build())
    draws = [layer([SHORTCUT, RESIDUAL], training=True).numpy() for _ in range(400)]
    kept = [np.array_equal(draw, SHORTCUT + RESIDUAL) for draw in draws]
    dropped = [np.array_equal(draw, SHORTCUT) for draw in draws]
    assert all(k != d for k, d in zip(kept, dropped, strict=True))
    assert abs(np.mean(kept) - KEEP) < 0.08  # four standard errors


def network(drop_path):
    """The demo's backbone, narrow, with a class for each pixel."""
    image = keras.Input((17, 33, 3))
    taps = small.small(image, width=4, drop_path=drop_path)
    return keras.Model(image, keras.layers.Conv2D(3, 1, name="logits")(taps["res5"]))


def test_a_network_built_with_it_learns():
    model = network(functools.partial(tfa_stochastic_depth, survival_probability=KEEP))
    optimizer = keras.optimizers.Adam(0.01)
    image = np.random.default_rng(3).normal(size=(2, 17, 33, 3)).astype(np.float32)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(image, training=True) - 1.0))
        gradients = tape.gradient(loss, model.trainable_variables)
        known = [
            (g, v)
            for g, v in zip(gradients, model.trainable_variables, strict=True)
            if g is not None
        ]
        optimizer.apply_gradients(known)
        return loss, len(known)

    optimizer.build(model.trainable_variables)
    losses, known = zip(*(step() for _ in range(20)), strict=True)
    assert known[0] == len(model.trainable_variables)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    ("backbone", "sums"), [(xception71, 22), (wide_resnet41, 18), (wide_resnet38, 17)]
)
def test_the_papers_backbones_have_it_on_every_sum(backbone, sums):
    import tensorflow_addons as tfa

    drop_path = functools.partial(tfa_stochastic_depth, survival_probability=KEEP)
    image = keras.Input((33, 65, 3))
    models = [
        keras.Model(image, backbone(image, width=4, drop_path=factory)["res5"])
        for factory in (drop_path, lambda name: ours(name))
    ]
    kinds = [isinstance(x, tfa.layers.StochasticDepth) for x in models[0].layers]
    assert sum(kinds) == sums
    for layer in models[0].layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(tf.ones_like(layer.gamma))  # no residual is silent
    models[1].set_weights(models[0].get_weights())
    pixels = np.random.default_rng(3).normal(size=(1, 33, 65, 3)).astype(np.float32)
    first, second = (model(pixels).numpy() for model in models)
    assert first.std() > 0
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_a_checkpoint_with_one_layer_restores_with_the_other(tmp_path):
    saved = network(lambda name: theirs(name))
    restored = network(lambda name: ours(name))
    path = tf.train.Checkpoint(model=saved).save(str(tmp_path / "ckpt"))
    status = tf.train.Checkpoint(model=restored).restore(path)
    status.assert_existing_objects_matched()
    image = np.random.default_rng(3).normal(size=(1, 17, 33, 3)).astype(np.float32)
    np.testing.assert_array_equal(saved(image), restored(image))
