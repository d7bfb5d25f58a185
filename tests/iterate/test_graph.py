"""A stage is named after all that it is made of; equal stages are one stage."""

import pytest

from naive_student_tf.iterate.graph import Node, folder, list_stages, place


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "job.gin"
    path.write_text("STEPS = 5\n")
    return path


def node(config, role, **params):
    return Node(role=role, gin_files=(str(config),), params=params)


def row(config, **options):
    """A student on the pseudo-labels of a teacher on the shards."""
    shards = node(config, "shards")
    teacher = node(config, "teacher", DATA_DIR=folder(shards, "train_fine"))
    pseudo = node(config, "pseudo", CHECKPOINT=teacher, DATA_DIR=shards, **options)
    mix = {folder(pseudo, "train_sequence"): 1, folder(shards, "train_fine"): 2}
    return node(config, "student", DATA_DIR=mix)


def roles(goals):
    return [s.name.partition("-")[0] for s in list_stages(goals, work_dir="run")]


def test_what_a_stage_reads_comes_before_it(config):
    assert roles([row(config)]) == ["shards", "teacher", "pseudo", "student"]


def test_a_node_stands_for_its_directory_wherever_it_is_named(config):
    shards, teacher, pseudo, student = list_stages([row(config)], work_dir="run")
    assert teacher.params == {"DATA_DIR": f"run/{shards.name}/train_fine"}
    assert pseudo.params == {
        "CHECKPOINT": f"run/{teacher.name}",
        "DATA_DIR": f"run/{shards.name}",
    }
    assert student.params == {
        "DATA_DIR": {
            f"run/{pseudo.name}/train_sequence": 1,
            f"run/{shards.name}/train_fine": 2,
        }
    }
    assert student.after == (pseudo.name, shards.name)


def test_rows_share_the_stages_that_are_equal_and_no_other(config):
    goals = [row(config), row(config, SCALES=(1.0,)), row(config)]
    assert roles(goals) == [
        *("shards", "teacher", "pseudo", "student"),
        *("pseudo", "student"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda old: Node("other", old.gin_files, old.params),
        lambda old: Node(old.role, (), old.params),
        lambda old: Node(old.role, old.gin_files, {"SEED": 2}),
        lambda old: Node(old.role, old.gin_files, {"SEED": folder(old, "a")}),
    ],
)
def test_everything_a_stage_is_made_of_changes_its_name(config, change):
    old = node(config, "teacher", SEED=1)
    assert change(old).name != old.name


def test_runs_that_differ_in_seeds_alone_are_of_one_setting(config):
    def seeded(seed, **options):
        teacher = node(config, "teacher", SEED=seed, **options)
        return node(config, "student", INIT_FROM=teacher, SEED=seed)

    first, second, other = seeded(1), seeded(2), seeded(1, STEPS=5)
    assert first.name != second.name and first.setting == second.setting
    assert other.setting != first.setting


def test_the_text_of_a_config_changes_the_names_from_there_on(config):
    before = row(config).name
    config.write_text("STEPS = 6\n")
    assert row(config).name != before


def test_the_folder_that_is_read_changes_the_reader(config):
    shards = node(config, "shards")
    names = {node(config, "a", DATA_DIR=folder(shards, f)).name for f in ("x", "y")}
    assert len(names) == 2


def test_a_change_is_bound_like_a_parameter_and_wins(config):
    old = Node("student", (str(config),), {"SEED": 1, "STEPS": 5}, {"STEPS": 9})
    (stage,) = list_stages([old], work_dir="run")
    assert stage.params == {"SEED": 1, "STEPS": 9}
    assert old.name == node(config, "student", SEED=1, STEPS=9).name


def test_what_is_bound_to_no_stage_is_left_to_the_configs(config):
    nothing = Node("imagenet", (None, str(config)), {})
    student = node(config, "student", SEED=1, INIT_FROM=nothing)
    (stage,) = list_stages([student], work_dir="run")
    assert stage.params == {"SEED": 1}
    assert student.name == node(config, "student", SEED=1).name


def test_data_lies_in_a_directory_or_comes_from_a_stage(config):
    city = node(config, "toy_city")
    from_stage = node(config, "shards", DATA_DIR=place(path="data", stage=city))
    from_disk = node(config, "shards", DATA_DIR=place(path="data"))
    _, stage = list_stages([from_stage], work_dir="run")
    assert stage.params == {"DATA_DIR": f"run/{city.name}"}
    assert list_stages([from_disk], work_dir="run")[0].params == {"DATA_DIR": "data"}
