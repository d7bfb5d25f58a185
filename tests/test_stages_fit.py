"""All stages of the tables' rows fit together, at the paper's scale: each finds what
it is given, and the variables it starts from or scores. No weights are made."""

import inspect
import pathlib
import re

import gin
import pytest
import tensorflow as tf
from tensorflow.python.ops import resource_variable_ops

from benchmarks import tpu_dry_run
from naive_student_tf import config, named_weights
from naive_student_tf.iterate import graph

ROOT = pathlib.Path(__file__).parents[1]
ROWS = sorted(
    path
    for path in (ROOT / "experiments").glob("*/*.gin")
    if "run_row.Row.goal" in path.read_text()
    and "stages/toy.gin" not in path.read_text()
)
# Of a model, but without variables: Table 8 counts the same parameters with them.
WEIGHTLESS = re.compile(r"drop_path|multi_grid")
OF_A_MODEL = re.compile(
    r"^(panoptic_deeplab|classifier|wide_resnet|xception|decoder|layers)\.|^NUM_CLASSES"
)


@pytest.fixture(scope="module")
def stages():
    """{name: Stage} of all rows."""
    found = {}
    for row in ROWS:
        config.load([str(row)])
        goal = gin.query_parameter("run_row.Row.goal").scoped_configurable_fn()
        listed = graph.list_stages((goal,), work_dir="runs/x")
        found |= {stage.name: stage for stage in listed}
    return found


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """A function that loads the config of a stage."""
    classes = tpu_dry_run.write_classes(tmp_path_factory.mktemp("mapillary"))

    def load(stage):
        params = {**stage.params, "WORK_DIR": "runs/x"}
        if "CONFIG" in params:
            params["CONFIG"] = str(classes)
        bindings = [f"{name} = {value!r}" for name, value in params.items()]
        config.load(stage.gin_files, bindings)

    return load


@pytest.fixture(scope="module")
def variables(load):
    """A function: a stage -> {name: shape} of its network."""
    known = {}

    def variables(stage):
        load(stage)
        lines = config.parsed().splitlines()
        (of_job,) = [line for line in lines if re.match(r"\S+\.model = @", line)]
        parameter, _, builder = of_job.partition(" = ")
        bound = [line for line in lines if OF_A_MODEL.match(line)]
        kept = [line for line in bound if not WEIGHTLESS.search(line)]
        key = (builder, *kept)
        if key not in known:
            build = gin.query_parameter(parameter).scoped_configurable_fn
            with tf.variable_creator_scope(_without_values):
                known[key] = named_weights.shapes_of(build())
        return known[key]

    return variables


def _without_values(_, **of):
    wanted = {key: of[key] for key in ("shape", "dtype", "name", "trainable")}
    return resource_variable_ops.UninitializedVariable(**wanted)


def compared(here, there):
    return named_weights.compare_shapes(here, there, {name: name for name in there})


def edges(stages, parameter):
    """(stage, the stage that the parameter names), once for each pair of networks."""
    found = {}
    for stage in stages.values():
        if path := stage.params.get(parameter):
            before = stages[path.rpartition("/")[2]]
            coverage = stage.params.get("INIT_COVERAGE")
            key = (stage.gin_files, before.gin_files, coverage)
            found.setdefault(key, (stage, before))
    return found.values()


def test_a_stage_starts_from_as_much_as_it_asks_for(stages, load, variables):
    pairs = edges(stages, "INIT_FROM")
    assert len(pairs) > 10
    for stage, before in pairs:
        found = compared(variables(stage), variables(before))
        load(stage)
        asked = config.macro("INIT_COVERAGE")
        told = f"{stage.name} from {before.name} of {asked}:\n{found.table()}"
        assert asked <= found.coverage < asked + 0.02, told


def test_a_checkpoint_is_read_by_the_network_that_wrote_it(stages, variables):
    pairs = edges(stages, "CHECKPOINT")
    assert len(pairs) > 10
    for stage, before in pairs:
        found = compared(variables(stage), variables(before))
        told = f"{stage.name} of {before.name}:\n{found.table()}"
        assert found.coverage == 1 and not found.unused, told


def test_the_job_of_a_stage_is_given_all_that_it_needs(stages, load):
    kinds = {stage.gin_files: stage for stage in stages.values()}
    assert len(kinds) > 20
    for stage in kinds.values():
        load(stage)
        job = gin.query_parameter("jobs.run.job").scoped_configurable_fn
        given = gin.get_bindings(job)  # objects are built, functions are not called
        inspect.signature(job).bind(**given)
        if "inference" in given:
            settings = gin.get_bindings("inference.Inference")
            inspect.signature(given["inference"]).bind(**settings)
