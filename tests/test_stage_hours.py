"""Hours of the paper's stages: updates times the recorded time of one, nothing else."""

import json

import pytest

from benchmarks import stage_hours, stage_hours_table, tpu_dry_run

TRAIN = "gin_configs/jobs/train.gin"
STUDENT = stage_hours.Stage(
    "student_1", TRAIN, "wide_resnet_41", updates=180_000, batch=32
)
LABELS = stage_hours.Stage("pseudo_1", "", "wide_resnet_41", frames=36_000)
RECORD = {
    "network": "wide_resnet_41",
    "topology": "v5e:4x8",
    "step": "train",
    "precision": "mixed_bfloat16",
    "batch_size": 1,
    "changes": [],
    "fits": True,
    "hbm_peak_bytes": 10 * 2**30,
    "hbm_limit_bytes": 16 * 2**30,
    "flops": 1,
    "roofline_seconds": {"compute": 0.1, "memory": 0.2},
}
PREDICTION = {
    **RECORD,
    "step": "predict",
    "topology": "v5e:2x4",
    "flops": 197e12,  # a second of v5e
    "bytes_accessed": 819e9 / 2,
}


def hours(*records, stage=STUDENT, slice_="v5e:4x8"):
    found = stage_hours.hours(records, stage, slice_)
    return found and found["hours"]


def test_the_files_in_the_repository_are_of_the_record_and_the_stages():
    found = stage_hours.figures(tpu_dry_run.read())
    again = "run python -m benchmarks.stage_hours"
    assert json.loads(stage_hours.JSON.read_text()) == found, again
    assert stage_hours.TABLE.read_text() == stage_hours_table.table(found), again


def test_hours_are_updates_times_the_larger_bound():
    assert hours(RECORD) == pytest.approx(180_000 * 0.2 / 3600)


def test_the_newest_record_counts():
    newer = {**RECORD, "roofline_seconds": {"compute": 0.3, "memory": 0.2}}
    assert hours(RECORD, newer) == pytest.approx(180_000 * 0.3 / 3600)
    twice = {**PREDICTION, "flops": 2 * PREDICTION["flops"]}
    assert hours(PREDICTION, twice, stage=LABELS) == pytest.approx(
        2 * hours(PREDICTION, stage=LABELS)
    )


def test_the_estimate_of_a_full_compile_is_taken_where_there_is_one():
    full = {**RECORD, "changes": list(tpu_dry_run.FULL), "estimated_seconds": 0.7}
    assert hours(full, RECORD) == pytest.approx(180_000 * 0.7 / 3600)
    settings = {"job": TRAIN, "network": "wide_resnet_41", "batch": 32}
    found = stage_hours.update([RECORD, full], slice_="v5e:4x8", **settings)
    assert found["estimate"] == "cycles"
    found = stage_hours.update([RECORD], slice_="v5e:4x8", **settings)
    assert found["estimate"] == "roofline"
    assert not stage_hours.hours([full], STUDENT, "v5e:4x8")["is_bound"]
    assert stage_hours.hours([RECORD], STUDENT, "v5e:4x8")["is_bound"]


def test_another_step_is_no_record_of_this_one():
    others = (
        {**RECORD, "step": "predict"},
        {**RECORD, "topology": "v5e:2x4"},
        {**RECORD, "network": "xception_71"},
        {**RECORD, "precision": "float32"},
        {**RECORD, "batch_size": 2},
        {**RECORD, "changes": list(tpu_dry_run.FRUGAL)},
        {**RECORD, "changes": list(tpu_dry_run.MAPILLARY)},
    )
    assert hours(*others) is None


def test_eight_cores_take_the_batch_in_four_parts():
    parts = {
        **RECORD,
        "topology": "v5e:2x4",
        "batch_size": 4,
        "changes": list(tpu_dry_run.ACCUMULATION),
        "roofline_seconds": {"compute": 0.9, "memory": 0.8},
    }
    assert hours(parts, slice_="v5e:2x4") == pytest.approx(180_000 * 0.9 / 3600)
    assert hours(parts) is None


def test_a_step_that_does_not_fit_takes_no_hours():
    assert hours({**RECORD, "fits": False}) is None


def test_imagenet_is_fed_by_one_host_only():
    job = stage_hours.PRETRAIN
    stage = stage_hours.Stage("imagenet", job, "wide_resnet_41", updates=10, batch=64)
    task = {"precision": "float32", "changes": list(tpu_dry_run.IMAGENET)}
    one = {**RECORD, **task, "topology": "v5e:2x4", "batch_size": 8}
    several = {**RECORD, **task, "topology": "v5e:4x8", "batch_size": 2}
    assert hours(one, stage=stage, slice_="v5e:2x4")
    assert hours(several, stage=stage, slice_="v5e:4x8") is None


def test_the_memory_of_a_sum_is_that_of_its_largest_stage():
    larger = {**PREDICTION, "topology": "v5e:4x8", "hbm_peak_bytes": 12 * 2**30}
    in_hours = {
        stage: {
            slice_: stage_hours.hours([RECORD, larger], stage, slice_)
            for slice_ in stage_hours.SLICES
        }
        for stage in (STUDENT, LABELS)
    }
    sums = stage_hours._sums(in_hours, in_hours)
    assert sums["v5e:4x8"]["hbm_peak_bytes"] == 12 * 2**30
    assert sums["v5e:2x4"]["hbm_peak_bytes"] is None  # compiled for another


def test_a_row_of_the_toy_scale_takes_no_hours():
    found = stage_hours.figures([])
    assert not [row for row in found["rows"] if row.startswith("pseudo_labels/")]
    assert "pseudo_labels" not in found["tables"] and "table_01" in found["tables"]


def test_pseudo_labels_are_shared_by_the_chips():
    assert hours(PREDICTION, stage=LABELS) == pytest.approx(36_000 / 3600 / 32)
    # v3 has two cores a chip; its peak is 61.5e12 a core
    there = hours(PREDICTION, stage=LABELS, slice_="v3:4x4")
    assert there == pytest.approx(36_000 / 3600 * 197 / 61.5 / 32)


def test_pseudo_labels_of_other_passes_are_not_guessed():
    other = stage_hours.Stage("pseudo_1", "", "wide_resnet_41", frames=None)
    assert hours(PREDICTION, stage=other) is None


def test_stages_are_those_of_the_paper():
    found = stage_hours.stages("table_01/iteration_1").values()
    assert {(stage.role, stage.network, stage.updates) for stage in found} == {
        ("imagenet_x71", "xception_71", 112_590),
        ("imagenet_wr41", "wide_resnet_41", 112_590),
        ("mapillary_x71", "xception_71", 150_000),
        ("mapillary_wr41", "wide_resnet_41", 150_000),
        ("teacher_0", "xception_71", 60_000),
        ("pseudo_1", "xception_71", 0),
        ("student_1", "wide_resnet_41", 180_000),
        ("finetune_1", "wide_resnet_41", 60_000),
    }
    [labels] = [stage for stage in found if stage.frames]
    assert labels.frames == 124_250


def test_without_a_record_everything_is_not_run():
    found = stage_hours.figures([])
    assert all(row["found"] is None for row in found["updates"])
    assert not any(any(stage["hours"].values()) for stage in found["stages"])
    assert "| 0.0 + 3 |" in stage_hours_table.table(found)


def test_dollars_are_chip_hours_times_the_price_given():
    found = stage_hours.figures([RECORD])
    chip_hours = (180_000 + 60_000) * 0.2 / 3600 * 32
    sums = found["rows"]["table_01/iteration_1"]["v5e:4x8"]
    assert sums["hours"] * 32 == pytest.approx(chip_hours)
    [row] = [
        line
        for line in stage_hours_table.table(found, {"v5e": 100.0}).splitlines()
        if line.startswith("| table_01/iteration_1 ")
    ]
    assert row.endswith(f"| no price | ≥ {100 * chip_hours:,.0f} | 0 |")


@pytest.mark.parametrize("price", ["1.2", "v9=1.2", "v5e=cheap", "v5e="])
def test_a_price_without_its_generation_is_refused(price, monkeypatch, capsys):
    arguments = ["stage_hours", "--dollars_per_chip_hour", price]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit):
        stage_hours.main()
    assert "dollars_per_chip_hour" in capsys.readouterr().err
