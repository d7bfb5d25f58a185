"""One, two and four replicas learn the same from the same global batch."""

import functools

import numpy as np
import pytest

from naive_student_tf.compat import keras
from naive_student_tf.train import loop, step
from tests.train import tiny_training

LEARNING_RATE = 0.1


def learn(replicas, *, optimizer, steps, num_replicas=None, accumulation=1, **model):
    """Trains; returns what there was to see as arrays."""
    keras.utils.set_random_seed(3)
    strategy = tiny_training.mirrored(replicas)()
    with strategy.scope():
        model = tiny_training.model(**model)
        optimizer = optimizer()
        optimizer.build(model.trainable_variables)
    run_steps = step.build_run_steps(
        strategy,
        model=model,
        targets=tiny_training.targets,
        loss=tiny_training.loss,
        optimizer=optimizer,
        num_replicas=num_replicas or strategy.num_replicas_in_sync,
        seed=1,
        accumulation=accumulation,
    )
    data = tiny_training.Images().open(seed=1)
    batches = loop._batches(strategy, data, 0, steps, accumulation)
    before = flat(model.trainable_variables)
    done, stopped, history = run_steps(batches, steps)
    assert (done, stopped) == (steps, False)
    moving_mean, moving_variance = model.non_trainable_variables or [None] * 2
    return {
        "before": before,
        "after": flat(model.trainable_variables),
        "moving_mean": moving_mean,
        "moving_variance": moving_variance,
        "losses": history().losses,
    }


def flat(variables):
    return np.concatenate([np.ravel(variable.numpy()) for variable in variables])


sgd = functools.partial(keras.optimizers.SGD, LEARNING_RATE, momentum=0.9)
clipped = functools.partial(keras.optimizers.SGD, LEARNING_RATE, global_clipnorm=0.01)


@pytest.fixture(scope="module")
def alone():
    return learn(1, optimizer=sgd, steps=4)


@pytest.mark.parametrize("replicas", [2, 4])
def test_replicas_learn_what_one_learns(alone, replicas):
    together = learn(replicas, optimizer=sgd, steps=4)
    for name in ("before", "after", "moving_mean"):
        np.testing.assert_allclose(together[name], alone[name], rtol=0, atol=3e-6)
    # One replica's fused batch norm keeps the unbiased variance: n / (n - 1).
    np.testing.assert_allclose(
        together["moving_variance"], alone["moving_variance"], rtol=1 / (8 * 5 * 7 - 1)
    )
    for name, losses in alone["losses"].items():
        np.testing.assert_allclose(together["losses"][name], losses, rtol=1e-5)


def test_four_steps_move_the_weights_far_more_than_the_tolerance(alone):
    assert np.abs(alone["after"] - alone["before"]).max() > 0.1


def test_without_the_division_replicas_would_learn_something_else(alone):
    together = learn(2, optimizer=sgd, steps=4, num_replicas=1)
    assert np.abs(together["after"] - alone["after"]).max() > 0.01


@pytest.mark.parametrize(("replicas", "optimizer"), [(1, sgd), (2, clipped)])
def test_one_batch_in_parts_is_what_as_many_replicas_learn_from(replicas, optimizer):
    """Without batch norm, which sees one part at a time; with dropout."""
    settings = {"optimizer": optimizer, "steps": 3, "dropout": 0.5, "batch_norm": False}
    whole = learn(4, **settings)
    parts = learn(replicas, accumulation=4 // replicas, **settings)
    np.testing.assert_allclose(parts["after"], whole["after"], rtol=0, atol=1e-6)
    assert np.abs(whole["after"] - whole["before"]).max() > 1e-4
    for name, losses in whole["losses"].items():
        np.testing.assert_allclose(parts["losses"][name], losses, rtol=1e-5)


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_clipped_step_has_the_length_of_the_bound_on_any_number_of_replicas(replicas):
    learned = learn(replicas, optimizer=clipped, steps=1)
    length = np.linalg.norm(learned["after"] - learned["before"])
    np.testing.assert_allclose(length, LEARNING_RATE * 0.01, rtol=1e-3)


@pytest.mark.parametrize("replicas", [2, 4])
def test_clipped_replicas_learn_what_one_clipped_replica_learns(replicas):
    """The norm is that of the whole batch's gradient, not of each replica's part."""
    settings = {"optimizer": clipped, "steps": 3}
    alone, together = learn(1, **settings), learn(replicas, **settings)
    np.testing.assert_allclose(together["after"], alone["after"], rtol=0, atol=1e-6)
    moved = np.linalg.norm(alone["after"] - alone["before"])
    assert moved > 2 * LEARNING_RATE * 0.01  # all steps are bound, in about one way


def test_the_history_has_one_mean_loss_per_step_and_part(alone):
    losses = alone["losses"]
    assert set(losses) == {"total_loss", "squared_error"}
    assert losses["total_loss"].shape == (4,)
    np.testing.assert_allclose(losses["total_loss"], 2 * losses["squared_error"])
    assert losses["total_loss"][-1] < losses["total_loss"][0]


def test_what_is_dropped_differs_between_runs_steps_and_replicas():
    strategy = tiny_training.mirrored(2)()
    seeds = [
        tuple(value.numpy())
        for run in (0, 1)
        for number in (0, 1)
        for part in (0, 2)
        for value in strategy.run(
            lambda: step._seed(run, number, step._replica() + part)  # noqa: B023
        ).values
    ]
    assert len(set(seeds)) == 16


def test_the_loop_ends_after_the_step_in_which_it_is_interrupted():
    strategy, model = tiny_training.mirrored(1)(), tiny_training.model()
    optimizer = sgd()
    optimizer.build(model.trainable_variables)
    run_steps = step.build_run_steps(
        strategy,
        model=model,
        targets=tiny_training.targets,
        loss=tiny_training.loss,
        optimizer=optimizer,
        num_replicas=1,
        seed=1,
        interrupted=lambda: optimizer.iterations >= 3,
    )
    batches = loop._batches(strategy, tiny_training.Images().open(seed=1), 0, 6, 1)
    done, stopped, history = run_steps(batches, 2)
    assert (done, stopped) == (2, False)
    done, stopped, history = run_steps(batches, 4)
    assert (done, stopped) == (1, True)
    assert len(history().wait_s) == 1
    # Never none at all; and a loop of one step says that it was interrupted, too.
    assert run_steps(batches, 1)[:2] == (1, True)
