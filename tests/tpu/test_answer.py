"""Excerpts of libtpu's answer, and what is read from them."""

import pytest

from naive_student_tf.tpu import answer
from tests.tpu.recorded_answer import (
    ASSIGNMENT,
    LATE_REFUSAL,
    LIVE_RANGE,
    OPTIMIZED,
    REFUSAL,
)

GIB = 2**30


def test_what_lies_in_hbm_is_arguments_and_the_rest():
    arguments = 12582912 + 6736896
    others = 512 + 17965056 + 13320586240
    assert answer.allocated(ASSIGNMENT) == (arguments, others)


def test_the_largest_buffers_are_those_alive_at_the_peak():
    found = answer.largest_at_peak(ASSIGNMENT, LIVE_RANGE, OPTIMIZED)
    assert found == [
        {
            "bytes": 342118400,
            "shape": "bf16[257,8,65,256,5]",
            "op": "fuse/Relu",
        },
        {"bytes": 171059200, "shape": "bf16[257,8,65,128,5]", "op": "fusion.1495"},
        {"bytes": 135530496, "shape": "bf16[513,8,129,128,1]", "op": "conv1/Relu"},
    ]


def test_at_most_five_are_listed():
    names = [f"f{number}" for number in range(9)]
    assignment = "\n".join(
        f" value: <1 {name} @0> (size={size},offset=0): f32[1]"
        for size, name in enumerate(names)
    )
    alive = "\n".join(f"    {name}{{}}: 4 bytes (c)" for name in names)
    found = answer.largest_at_peak(assignment, f"(peak):\n{alive}\n", "")
    assert [row["bytes"] for row in found] == [8, 7, 6, 5, 4]


@pytest.mark.parametrize(
    ("log", "needed", "limit"), [(REFUSAL, 47.5, 15.75), (LATE_REFUSAL, 11.38, 7.48)]
)
def test_a_refusal_says_what_was_needed_and_what_there_is(log, needed, limit):
    found = answer.out_of_memory(log)
    assert found["needed_bytes"] == pytest.approx(needed * GIB)
    assert found["limit_bytes"] == pytest.approx(limit * GIB)


def test_the_passes_of_test_time_augmentation_share_the_names_of_their_ops():
    name = "StatefulPartitionedCall/StatefulPartitionedCall_12/b2/relu/Relu;a/Relu"
    assert answer.plain(name) == "b2/relu/Relu"
    assert answer.plain("b2/relu/Relu") == "b2/relu/Relu"


def test_another_failure_is_not_one_of_memory():
    assert answer.out_of_memory("INVALID_ARGUMENT: ...") is None
