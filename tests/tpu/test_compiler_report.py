"""From the compiler's answer to figures, a table and advice."""

import dataclasses

import pytest

from naive_student_tf.tpu import compiler, report, topology
from tests.tpu import recorded_answer as recorded

V5E = topology.parse("v5e:2x2")
ARGUMENTS, OTHERS = 12582912 + 6736896, 512 + 17965056 + 13320586240
FIGURES = {"flops": 197e12, "bytes_accessed": 819e9 / 2, "all_reduces": 9}


@dataclasses.dataclass(frozen=True)
class Recorded:
    name: str = "step"
    batch_size: int | None = 1
    runs: int = 1


def examined(*, resident_bytes=0, batch_size=1, runs=1, slice_=V5E, **changes):
    settings = {
        "log": "",
        "figures": FIGURES,
        "seconds": 30.0,
        "assignment": recorded.ASSIGNMENT,
        "live_range": recorded.LIVE_RANGE,
        "optimized": recorded.OPTIMIZED,
        **changes,
    }
    return report.program(
        Recorded(batch_size=batch_size, runs=runs),
        compiler.Answer(**settings),
        slice_,
        resident_bytes=resident_bytes,
    )


def refused(**settings):
    reports = dict.fromkeys(("assignment", "live_range", "optimized"), "")
    return examined(log=recorded.REFUSAL, figures=None, **reports, **settings)


def test_the_peak_is_arguments_and_temporaries():
    found = examined()
    assert (found["argument_bytes"], found["temporary_bytes"]) == (ARGUMENTS, OTHERS)
    assert found["hbm_peak_bytes"] == ARGUMENTS + OTHERS
    assert found["fits"] and found["advice"] == []


def test_variables_that_a_program_does_not_use_stay_in_memory_beside_it():
    found = examined(resident_bytes=4 * 2**30)
    assert found["hbm_peak_bytes"] == ARGUMENTS + OTHERS + 4 * 2**30
    assert not found["fits"]


def test_the_roofline_is_work_over_peak():
    assert examined()["roofline_seconds"] == pytest.approx(
        {"compute": 1.0, "memory": 0.5}
    )


def test_a_refused_program_has_its_need_and_no_work():
    found = refused()
    assert not found["fits"]
    assert found["hbm_peak_bytes"] == round(47.5 * 2**30)
    assert found["flops"] is None
    assert found["roofline_seconds"] == {"compute": None, "memory": None}


def test_a_refused_program_comes_with_cores_that_have_enough():
    assert "cores with more memory: v5p" in refused()["advice"]


def test_many_examples_per_core_bring_the_advice_to_take_fewer():
    assert any("accumulation" in line for line in refused(batch_size=4)["advice"])
    assert not any("accumulation" in line for line in refused()["advice"])


def test_large_float32_buffers_bring_the_advice_to_halve_them():
    single = recorded.ASSIGNMENT.replace("bf16[", "f32[")
    found = examined(assignment=single, resident_bytes=4 * 2**30)
    assert "mixed_bfloat16" in found["advice"][0]


def test_a_full_compile_has_cycles_by_op_the_dearest_first():
    cycles = [("relu", 100), ("conv", 1_000_000_000), ("relu", 499_999_900)]
    found = examined(figures={**FIGURES, "cycles": cycles})
    assert found["estimated_seconds"] == pytest.approx(1.0)
    assert [row["op"] for row in found["dearest_ops"]] == ["conv", "relu"]
    assert found["dearest_ops"][1]["seconds"] == pytest.approx(1 / 3)


def test_a_quick_compile_has_no_estimate():
    assert "estimated_seconds" not in examined()


def test_a_step_of_two_programs_needs_the_larger_and_works_for_both():
    small, large = examined(), examined(resident_bytes=4 * 2**30)
    found = report.step([small, large])
    assert found["hbm_peak_bytes"] == large["hbm_peak_bytes"]
    assert not found["fits"]
    assert found["flops"] == 2 * FIGURES["flops"]
    assert found["roofline_seconds"]["compute"] == pytest.approx(2.0)
    assert found["programs"] == [small, large]


def test_what_a_step_runs_four_times_is_four_times_the_work():
    cycles = [("conv", 300_000_000), ("relu", 150_000_000)]
    add = examined(runs=4, figures={**FIGURES, "cycles": cycles})
    apply = examined(figures={**FIGURES, "cycles": [("adam", 750_000_000)]})
    found = report.step([add, apply])
    assert found["flops"] == 5 * FIGURES["flops"]
    assert found["all_reduces"] == 5 * FIGURES["all_reduces"]
    assert found["roofline_seconds"] == pytest.approx({"compute": 5.0, "memory": 2.5})
    assert found["compile_seconds"] == 60
    assert found["estimated_seconds"] == pytest.approx(4 * 0.3 + 0.5)
    assert [op["op"] for op in found["dearest_ops"]] == ["conv", "adam", "relu"]
    assert found["dearest_ops"][0]["seconds"] == pytest.approx(0.8)
    named = {"topology": "v5e:2x2", "step": "train", "num_replicas": 4}
    assert "1 x 4 per core" in report.table({**found, **named})


def test_the_table_tells_a_person_what_the_json_tells_a_program():
    named = {"topology": "v5e:2x2", "step": "train", "num_replicas": 4}
    text = report.table({**report.step([examined()]), **named})
    assert "12.44 GiB of 15.75 GiB: fits" in text
    assert "1.000 s compute, 500 ms HBM" in text
    assert "fuse/Relu" in text
    text = report.table({**report.step([refused(batch_size=2)]), **named})
    assert "47.50 GiB of 15.75 GiB: DOES NOT FIT" in text
    assert "what to change" in text
