"""The trainer under the recording strategy: what it would give to a TPU core."""

import dataclasses
import re

import pytest
import tensorflow as tf

from naive_student_tf.tpu import lower, programs
from naive_student_tf.train import loop
from tests.train import tiny_training


@dataclasses.dataclass(frozen=True)
class Spec:
    """The form of the tiny training's data; there is nothing to read."""

    global_batch_size: int = tiny_training.GLOBAL_BATCH_SIZE

    def batch_spec(self, size):
        return {"image": tf.TensorSpec((size, *tiny_training.SIZE, 3), tf.float32)}


def record(num_replicas, *, batch_size=None, **changes):
    def train(**settings):
        defaults = {
            "model": tiny_training.dropping_model,
            "targets": tiny_training.targets,
            "loss": tiny_training.loss,
            "learning_rate": 0.01,
            "steps": 6,
            "seed": 1,
            "steps_per_loop": 2,
            "save_every": 2,
        }
        loop.train(**{**defaults, **changes, **settings})

    return programs.train_programs(
        train=train, data=Spec(), num_replicas=num_replicas, batch_size=batch_size
    )


def hlo_text(program):
    from tensorflow.python.eager.polymorphic_function import compiler_ir

    return compiler_ir.from_concrete_function(program.function)(stage="hlo")


@pytest.fixture(scope="module")
def four():
    [step] = record(4)
    return step, hlo_text(step)


def test_one_of_four_replicas_sees_a_quarter_of_the_global_batch(four):
    step, _ = four
    assert step.batch_size == tiny_training.GLOBAL_BATCH_SIZE // 4


def test_the_examples_of_a_core_can_be_chosen():
    [step] = record(2, batch_size=3)
    assert step.batch_size == 3


def test_statistics_and_gradients_are_summed_over_all_replicas(four):
    _, text = four
    sums = re.findall(r" = (\S+) all-reduce\(.*?replica_groups=(\S+),", text)
    assert {groups for _, groups in sums} == {"{{0,1,2,3}}"}
    shapes = [shape.partition("{")[0] for shape, _ in sums]
    # batch norm: sum, sum of squares and count of each of 4 channels, and back
    assert shapes.count("f32[1,1,1,4]") == 5
    for kernel in ("f32[3,3,3,4]", "f32[3,3,4,4]", "f32[1,1,4,1]"):
        assert kernel in shapes


def test_one_replica_sums_with_nobody():
    [step] = record(1)
    assert "all-reduce" not in hlo_text(step)


def test_weights_and_moments_are_updated_in_place(four):
    step, text = four
    pairs = re.findall(r"\{(\d+)\}: \((\d+), \{\}, may-alias\)", text.splitlines()[0])
    variables = len(step.variable_bytes)
    # results: the losses, then the variables; arguments: the image, then the variables
    assert pairs == [(str(1 + i), str(1 + i)) for i in range(variables)]


def test_the_variables_are_the_weights_twice_more_by_adam_and_a_few_numbers(four):
    step, _ = four
    model = tiny_training.dropping_model()
    trainable = sum(4 * int(tf.size(weight)) for weight in model.trainable_weights)
    moving = 2 * 4 * 4
    counters = 8 + 4  # int64 iterations, float32 learning rate
    assert sum(step.variable_bytes.values()) == 3 * trainable + moving + counters


def test_an_update_in_parts_is_two_programs():
    add, apply = record(2, accumulation=4)
    assert (add.name, apply.name) == ("add", "apply")
    assert (add.batch_size, apply.batch_size) == (1, None)
    assert (add.runs, apply.runs) == (4, 1)
    assert "all-reduce" in hlo_text(apply)
    # the moments of Adam stay in memory although `add` does not see them
    assert set(apply.variable_bytes) - set(add.variable_bytes)


def dynamic_dimensions(text):
    """Shapes such as f32[<=70], of which only the running program knows the size."""
    return re.findall(r"\w+\[[^\]]*<=[^\]]*\]", text)


def test_the_step_has_no_dynamic_shape(four):
    step, text = four
    assert dynamic_dimensions(text) == []
    assert lower.to_hlo(step)


def test_a_dynamic_shape_would_be_seen():
    def targets(batch):
        wanted = tiny_training.targets(batch)
        bright = tf.boolean_mask(wanted["value"], wanted["value"] > 0)
        return {**wanted, "value": wanted["value"] + tf.reduce_mean(bright)}

    [step] = record(1, targets=targets)
    assert dynamic_dimensions(hlo_text(step))


def test_what_xla_cannot_compile_is_refused_with_its_name():
    def targets(batch):
        tf.print(batch["image"])
        return tiny_training.targets(batch)

    with pytest.raises(ValueError, match=r"XLA cannot compile.*StringFormat"):
        [lower.to_hlo(step) for step in record(1, targets=targets)]
