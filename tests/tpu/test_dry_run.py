"""The job: what it refuses, what it lowers, and, where libtpu is, what comes out."""

import json
import os
import pathlib
import re

import gin
import pytest
from tensorflow.python.eager.polymorphic_function import compiler_ir

from naive_student_tf import config
from naive_student_tf.tpu import compiler, programs, topology
from tests.tpu.recorded_answer import LATE_REFUSAL

JOB = "gin_configs/jobs/tpu_dry_run.gin"
NETWORK = "gin_configs/models/small.gin"
SIZE = (33, 65)
SMALL = (
    f"pipeline.TrainingData.crop_size = {SIZE}",
    f"programs.predict_programs.height = {SIZE[0] - 1}",
    f"programs.predict_programs.width = {SIZE[1] - 1}",
    "inference.Inference.scales = (0.5,)",
    "small.small.width = 4",
)
PYTHON = os.environ.get("TPU_DRY_RUN_PYTHON", compiler.PYTHON)
needs_libtpu = pytest.mark.skipif(
    not pathlib.Path(PYTHON).exists(),
    reason=f"no environment with libtpu at {PYTHON}; TPU_DRY_RUN_PYTHON names another",
)


def load(*bindings, files=()):
    config.load([JOB, *files, NETWORK], [*SMALL, *bindings])


def run(tmp_path, *bindings):
    load(f"OUTPUT = '{tmp_path / 'found.json'}'", *bindings)
    config.run()


def recorded(step, num_replicas):
    return gin.get_configurable(getattr(programs, f"{step}_programs"))(
        num_replicas=num_replicas
    )


def text_of(program):
    text = compiler_ir.from_concrete_function(program.function)(stage="hlo")
    return re.sub(r"metadata=\{.*?\}", "", text)


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("TOPOLOGY = 'v5litepod-4'", "expected one of v2, v3"),
        ("STEP = 'evaluate'", r"'evaluate': not in \['predict', 'train'\]"),
        ("dry_run.dry_run.num_replicas = 33", "v5e:4x8 has 32 cores"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_built(
    tmp_path, binding, message
):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, binding)


def test_without_the_compiler_it_says_how_to_install_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="requirements-tpu-dry-run"):
        run(tmp_path, f"COMPILER = '{tmp_path}/bin/python'")


def test_a_compiler_that_breaks_is_reported_with_its_last_words(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named jax\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(RuntimeError, match=r"(?s)failed.*no module named jax"):
        compiler.ask(
            b"",
            topology=topology.parse("v5e:2x2"),
            num_replicas=1,
            python=str(broken),
        )


def test_a_step_that_does_not_fit_is_written_down_and_ends_with_exit_code_1(
    tmp_path, capsys
):
    refusing = tmp_path / "python"
    refusing.write_text(f"#!/bin/sh\ncat <<END\n{LATE_REFUSAL}\nEND\nexit 1\n")
    refusing.chmod(0o755)
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, f"COMPILER = '{refusing}'", "STEP = 'predict'")
    assert ended.value.code == 1
    found = json.loads((tmp_path / "found.json").read_text())
    assert not found["fits"] and found["advice"]
    assert "11.38 GiB of 7.48 GiB: DOES NOT FIT" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["train", "predict"])
def test_the_real_step_lowers_without_a_dynamic_shape(step):
    load("BATCH_SIZE = 1")
    [program] = recorded(step, 2)
    text = text_of(program)
    assert not re.findall(r"\w+\[[^\]]*<=[^\]]*\]", text)
    assert ("all-reduce(" in text) == (step == "train")
    assert "u8[1," in text  # images and labels come as bytes


@pytest.mark.parametrize(
    ("preset", "num_replicas", "crops", "parts"),
    [("tpu_v3_32", 32, 1, 1), ("tpu_v5e_8", 8, 1, 4), ("tpu_v5e_8", 4, 2, 4)],
)
def test_a_preset_is_compiled_as_it_trains(preset, num_replicas, crops, parts):
    load(files=[f"gin_configs/hardware/{preset}.gin"])
    step, *_ = recorded("train", num_replicas)
    assert (step.batch_size, step.runs) == (crops, parts)


def test_the_examples_of_a_core_are_those_of_all_parts():
    load("BATCH_SIZE = 4", files=["gin_configs/hardware/tpu_v5e_8.gin"])
    step, _ = recorded("train", 2)
    assert (step.batch_size, step.runs) == (1, 4)


@needs_libtpu
def test_a_small_network_fits_and_says_so(tmp_path, capsys):
    run(tmp_path, f"COMPILER = '{PYTHON}'")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["fits"] and found["hbm_peak_bytes"] < 2**30
    assert found["argument_bytes"] + found["temporary_bytes"] == found["hbm_peak_bytes"]
    assert found["all_reduces"] > 0 and found["flops"] > 1e6
    assert len(found["largest_buffers"]) == 5
    assert "fits" in capsys.readouterr().out
