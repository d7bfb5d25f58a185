"""Every preset of a machine keeps the paper's batch of 32, whatever its memory."""

import json
import pathlib

import pytest

from benchmarks import hardware

FILES = hardware.ROOT.glob("gin_configs/hardware/*.gin")
PRESETS = sorted(p.stem for p in FILES if not p.stem.startswith("predict_"))


@pytest.mark.parametrize("network", hardware.NETWORKS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_cuts_the_batch_without_a_remainder(preset, network):
    cut = hardware.settings(preset, network)
    assert cut["replicas"] * cut["crops"] * cut["accumulation"] == 32 == cut["batch"]
    assert cut["crops"] >= 1


def test_the_paper_has_one_crop_on_each_of_32_cores():
    cut = hardware.settings("tpu_v3_32", "xception_71")
    assert (cut["replicas"], cut["crops"], cut["accumulation"]) == (32, 1, 1)


def test_every_preset_has_its_rows_and_no_figure_without_a_record():
    lines = hardware.table([]).splitlines()[2:]
    assert len(lines) == len(PRESETS) * len(hardware.NETWORKS)
    assert all(line.endswith("| not run | not run |") for line in lines)


def test_the_last_record_of_the_same_step_is_shown():
    record = {
        "topology": "v5e:2x4",
        "network": "wide_resnet_41",
        "precision": "mixed_bfloat16",
        "batch_size": 4,  # of one core, taken in 4 parts
        "changes": ["--gin_param=loop.train.accumulation = 4"],
        "step": "train",
        "hbm_peak_bytes": 3 * 2**30,
        "hbm_limit_bytes": 4 * 2**30,
    }
    newer = {**record, "hbm_peak_bytes": 2**31}
    others = [{**record, "step": "predict"}, {**record, "changes": []}]
    (shown,) = (
        line
        for line in hardware.table([record, newer, *others]).splitlines()
        if "not run" not in line and "GiB" not in line and "---" not in line
    )
    assert "tpu_v5e_8" in shown
    assert shown.endswith("| 2.00 | 4.00 |")


@pytest.mark.parametrize("preset", [name for name in PRESETS if name[:3] == "tpu"])
def test_a_preset_of_a_tpu_says_what_its_compiler_says(preset):
    records = [json.loads(line) for line in hardware.RECORDS.read_text().splitlines()]
    line = hardware.note(preset, records)
    text = (hardware.FOLDER / f"{preset}.gin").read_text()
    assert line in text.splitlines(), "python -m benchmarks.hardware writes it"
    wrong = text.replace(line, hardware.NOTE + "0")
    assert hardware.with_note(wrong, line) == text


def test_a_preset_says_nothing_of_what_no_compiler_told():
    assert hardware.note("tpu_v5e_8", []) is hardware.note("gpu_24gb", []) is None


def test_the_table_in_the_repository_is_of_these_presets():
    text = pathlib.Path(hardware.OUTPUT).read_text()
    shown = {line.split(" | ")[0].strip("| ") for line in text.splitlines()}
    assert set(PRESETS) <= shown
