"""benchmarks/pseudo_label_cost.md: what its two records say, and of all networks."""

import dataclasses

import pytest

from benchmarks import pseudo_label_cost as cost

HOST = cost.HostCost(
    decode_s=0.03,
    encode_s=0.02,
    image_bytes=2_000_000,
    label_bytes=40_000,
    record_bytes=2_050_000,
    processor="a CPU",
    num_cpus=2,
)
FOUND = {"flops": 1.97e14, "bytes_accessed": 1, "batch_size": 1, "fits": True}


def test_the_table_is_what_its_records_say():
    expected = cost.table(cost.read_predictions(), cost.read_host())
    assert cost.TABLE.read_text() == expected


def test_the_frame_is_as_large_as_those_of_cityscapes():
    assert cost.read_host().image_bytes == pytest.approx(2.2e6, rel=0.05)


def test_a_second_of_a_chip_for_each_frame_and_pass():
    # 197 Tflop at the 197 Tflop/s of a v5e: one second a frame, on 8 chips.
    found = cost.chip_cost("v5e:2x4", FOUND, HOST)
    assert found["frame_s"] == pytest.approx(1.0)
    assert found["chip_hours"] == pytest.approx(124_250 / 3600)
    assert found["days"] == pytest.approx(124_250 / 86_400 / 8)
    assert found["cpus_per_chip"] == pytest.approx(0.05)
    twice = dataclasses.replace(HOST, decode_s=60, encode_s=52)
    assert cost.chip_cost("v5e:2x4", FOUND, twice)["hosts"] == 8


def test_without_a_record_the_device_was_not_run():
    assert "| not run |" in cost.table({}, HOST)
