"""Every config file of the repository loads, and what it refers to exists."""

import inspect
import pathlib
import re

import gin
import pytest

from naive_student_tf import config

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "gin_configs"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in FOLDER.rglob("*.gin"))
NETWORK = "gin_configs/models/small.gin"


def text_of(path):
    """A file's text and that of its includes."""
    text = (ROOT / path).read_text()
    included = re.findall(r"^include '(.+)'", text, re.M)
    return "\n".join([*map(text_of, included), text])


def is_job(path):
    return re.search(r"^jobs\.run(\.job =|:)", text_of(path), re.M)


JOBS = [path for path in FILES if is_job(path)]
LISTS_OF_STAGES = [path for path in FILES if "algorithm_1.Recipe:" in text_of(path)]


def recipe_of(path):
    """The roles of a list of stages and their files, as the config binds them."""
    config.load([path])
    fields = config.parsed().partition("algorithm_1.Recipe:")[2]
    return dict(re.findall(r"^algorithm_1.Recipe.(\w+) = '(.+)'", fields, re.M))


def combinations():
    """A role's file with each network that it is started with."""
    for path in LISTS_OF_STAGES:
        recipe = recipe_of(path)
        networks = {name: recipe.pop(name) for name in list(recipe) if "_model" in name}
        for file in recipe.values():
            yield from ((file, network) for network in networks.values())


def steps_of(file, network):
    config.load([file, network])
    return config.macro("STEPS")


@pytest.mark.parametrize("path", JOBS)
def test_a_job_loads_and_can_be_called(path):
    config.load([path])
    job = gin.query_parameter("jobs.run.job").configurable.wrapped
    bound = set(re.findall(rf"^\w+\.{job.__name__}\.(\w+) = ", config.parsed(), re.M))
    needed = {
        name
        for name, parameter in inspect.signature(job).parameters.items()
        if parameter.default is parameter.empty
    }
    assert needed - bound == set()


@pytest.mark.parametrize("path", JOBS)
def test_a_job_takes_its_directory_from_a_macro(path):
    config.load([path])
    assert config.macro("WORK_DIR") or config.macro("OUTPUT")


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.startswith("gin_configs/models/")]
)
def test_a_network_binds_the_builder(path):
    config.load([path], ["NUM_CLASSES = 19"])
    assert "panoptic_deeplab.panoptic_deeplab.backbone" in config.parsed()


@pytest.mark.parametrize(("file", "network"), sorted(set(combinations())))
def test_a_role_loads_with_its_network(file, network):
    config.load([file, network])
    assert config.macro("DATA_DIR") and config.macro("WORK_DIR")


@pytest.mark.parametrize("path", LISTS_OF_STAGES)
def test_the_control_takes_as_many_steps_as_a_student_and_its_fine_tuning(path):
    recipe = recipe_of(path)
    roles = ("supervised", "student", "finetune")
    network = recipe["student_model"]
    control, student, tuned = (steps_of(recipe[role], network) for role in roles)
    assert control == student + tuned


@pytest.mark.parametrize("path", LISTS_OF_STAGES)
def test_the_stages_take_parameters_that_their_configs_have(path):
    config.load([path])
    stages = gin.query_parameter("iterate.iterate.stages").scoped_configurable_fn()
    assert len(stages) > 10
    for stage in stages:
        parameters = [f"{name} = {value!r}" for name, value in stage.params.items()]
        config.load(stage.gin_files, [*parameters, "WORK_DIR = 'runs/x'"])


def test_a_parameter_that_no_config_has_would_be_noticed():
    with pytest.raises(ValueError, match="SPLITZ"):
        config.load(["gin_configs/demo/train.gin", NETWORK], ["SPLITZ = ()"])


def test_every_file_is_a_network_a_machine_a_job_or_part_of_one():
    parts = {part for path in FILES for part in re.findall(r"'(.+gin)'", text_of(path))}
    others = set(FILES) - set(JOBS) - parts
    axes = ("/models/", "/hardware/", "/memory/", "/optimizer/")
    assert {path for path in others if not any(a in path for a in axes)} == set()


def test_folders_are_packages_so_that_includes_are_found_once_installed():
    folders = {path.parent for path in FOLDER.rglob("*.gin")}
    assert all((folder / "__init__.py").exists() for folder in folders)


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        ("jobs/build_shards", "build_shards.build_shards.recode", "recode.Recode"),
        ("jobs/select", "select.select.choose", "select.Listed"),
        ("own_data/build_shards", "own_data.OwnData.listing", "own_listing.Table"),
        ("own_data/build_shards", "own_data.OwnData.labels", "own_data.InstanceIds"),
    ],
)
def test_what_a_header_offers_can_be_bound_from_the_command_line(
    path, parameter, value
):
    config.load([f"gin_configs/{path}.gin"], [f"{parameter} = @{value}()"])
    assert f"{parameter} = @{value}()" in config.parsed()
