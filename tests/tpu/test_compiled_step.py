"""A train step that XLA has compiled learns what the plain one learns.

Real targets and losses on a network of one layer; without drop path, whose draws XLA
makes in its own way.
"""

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.compat import keras
from naive_student_tf.data.targets import PanopticTargets
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.losses.panoptic import PanopticLoss, SemanticLoss
from naive_student_tf.model import layers
from naive_student_tf.model.panoptic_deeplab import scale_image
from naive_student_tf.model.resize import ResizeLike
from naive_student_tf.train import step

SIZE, STEPS, LEARNING_RATE = (33, 49), 3, 1e-3
HEADS = {"logits": 19, "center_heatmap": 1, "offset": 2}


def network():
    image = keras.Input((None, None, 3))
    x = layers.conv_bn_relu(scale_image(image), 8, 3, stride=2, name="stem")
    heads = {
        name: ResizeLike(name=name)([keras.layers.Conv2D(channels, 1)(x), image])
        for name, channels in HEADS.items()
    }
    return keras.Model(image, heads)


def batch():
    """Two noisy crops of road with a car, and void below."""
    rng = np.random.default_rng(0)
    segment = np.full((2, *SIZE), 1, np.uint8)
    segment[:, 10:20, 8:30] = 0
    segment[:, 30:] = 2
    table = np.zeros((2, 256, 5), np.float32)  # class, instance, area, center y, x
    table[:, :3] = [(13, 1, 220, 14.5, 18.5), (0, 0, 1300, 0, 0), (255, 0, 147, 0, 0)]
    image = rng.integers(0, 256, (2, *SIZE, 3), dtype=np.uint8)
    return {"image": image, "segment": segment, "table": table}


def learn(*, compiled):
    """Takes some steps; returns the losses of each and the weights after them."""
    keras.utils.set_random_seed(1)
    model = network()
    optimizer = keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=compiled)
    def update(part):
        return step.replica_step(
            part,
            model=model,
            targets=PanopticTargets(CITYSCAPES, max_instances=4),
            loss=PanopticLoss(SemanticLoss(CITYSCAPES)),
            optimizer=optimizer,
            num_replicas=1,
            seed=1,
        )

    part = {name: tf.constant(value) for name, value in batch().items()}
    losses = [update(part) for _ in range(STEPS)]
    return losses, [weight.numpy() for weight in model.weights]


@pytest.fixture(scope="module")
def both():
    return learn(compiled=False), learn(compiled=True)


def test_the_losses_are_equal(both):
    for plain, compiled in zip(both[0][0], both[1][0], strict=True):
        for name, value in plain.items():
            np.testing.assert_allclose(compiled[name], value, rtol=1e-4, err_msg=name)


def test_the_weights_are_equal_to_a_part_of_one_step(both):
    for plain, compiled in zip(both[0][1], both[1][1], strict=True):
        np.testing.assert_allclose(compiled, plain, atol=0.1 * LEARNING_RATE)


def test_the_steps_change_the_losses_and_weights(both):
    losses, weights = both[0]
    assert len({float(row["total_loss"]) for row in losses}) == STEPS
    keras.utils.set_random_seed(1)
    moved = [
        np.abs(a - b).max()
        for a, b in zip(weights, network().get_weights(), strict=True)
    ]
    assert max(moved) > 2 * LEARNING_RATE
