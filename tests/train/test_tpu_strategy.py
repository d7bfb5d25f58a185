"""The device loop can be traced for a TPU: one program per step, with all-reduces."""

import collections

import pytest
import tensorflow as tf

from naive_student_tf.train import cluster, loop, schedule, step
from tests.train import fake_tpu, tiny_training

OF_BATCH_NORM = 3 + 3  # sum, sum of squares and count; the same on the way back


def trace(*, accumulation=1, clip_norm=None):
    """How often each operation stands in the device loop of four fake cores."""
    strategy = fake_tpu.strategy(4)
    with strategy.scope():
        model = tiny_training.model(dropout=0.5)
        optimizer = schedule.adam(0.1, clip_norm=clip_norm)
        optimizer.build(model.trainable_variables)
    device_loop = step.build_device_loop(
        strategy,
        [],
        model=model,
        targets=tiny_training.targets,
        loss=tiny_training.loss,
        optimizer=optimizer,
        num_replicas=4,
        seed=1,
        accumulation=accumulation,
        interrupted=lambda: tf.constant(False),
    )
    reader = tiny_training.Images().open(seed=1)
    batches = loop._batches(strategy, reader, 0, 6, accumulation)
    traced = device_loop.get_concrete_function(batches, tf.constant(6))
    return collections.Counter(fake_tpu.operations(traced)), model


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_step_is_one_program_that_sums_gradients_and_batch_statistics(clip_norm):
    found, model = trace(clip_norm=clip_norm)
    assert found["TPUReplicateMetadata"] == 2  # the step; are the weights finite?
    gradients = len(model.trainable_variables)
    assert found["CrossReplicaSum"] == gradients + OF_BATCH_NORM
    assert found["AllToAll"] == 0


@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_losses_of_a_step_leave_a_core_as_one_vector(accumulation):
    found, _ = trace(accumulation=accumulation)
    assert found["TPUReplicatedOutput"] == 1 + 1  # and whether the weights are finite


def test_accumulation_sums_gradients_over_the_cores_once_per_update():
    found, model = trace(accumulation=2)
    assert found["TPUReplicateMetadata"] == 3  # a part; the update; the check
    assert found["CrossReplicaSum"] == len(model.trainable_variables) + OF_BATCH_NORM


@pytest.mark.parametrize(("master", "remote"), [("", False), ("grpc://a:8470", True)])
def test_a_tpu_is_remote_where_it_has_an_address_however_few_its_hosts(master, remote):
    strategy = fake_tpu.strategy(2, master=master)
    assert cluster.is_remote(strategy) == remote
    asked = []

    class Images(tiny_training.Images):
        def dataset(self, *, remote, **settings):
            asked.append(remote)
            return super().dataset(**settings)

    loop._batches(strategy, Images().open(seed=1), 0, 6, accumulation=1)
    assert asked == [remote]


def test_a_machine_without_tpu_is_never_remote():
    assert not cluster.is_remote(tiny_training.mirrored(2)())
