"""Rows of tables as graphs of stages: each lists what it needs, and can be started."""

import fnmatch
import json
import pathlib
import re

import gin
import pytest

from naive_student_tf import config
from naive_student_tf.iterate import graph
from naive_student_tf.tables import run_row, run_tables

ROOT = pathlib.Path(__file__).parents[1]
ROWS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "experiments").glob("*/*.gin")
    if "run_row.Row.goal" in path.read_text()
)
TOY = "experiments/stages/toy.gin"
TPU = "experiments/stages/tpu_v5e_32.gin"
STUDENTS = ("student", "finetune", "supervised")


def stages_of(row, *more):
    config.load([row, *more])
    goal = gin.query_parameter("run_row.Row.goal").scoped_configurable_fn()
    return graph.list_stages((goal,), work_dir="runs/x")


def named(stages):
    return {stage.name.rpartition("-")[0]: stage for stage in stages}


def test_there_are_rows():
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS)
def test_a_row_knows_its_place(row):
    config.load([row])
    assert config.macro("ROW") == row.removeprefix("experiments/").removesuffix(".gin")


@pytest.mark.parametrize("more", [(), (TOY,), (TPU,)], ids=["full", "toy", "tpu"])
def test_the_configs_of_all_stages_take_their_parameters(more):
    stages = {stage.name: stage for row in ROWS for stage in stages_of(row, *more)}
    assert len(stages) > 15
    for stage in stages.values():
        parameters = [f"{name} = {value!r}" for name, value in stage.params.items()]
        config.load(stage.gin_files, [*parameters, "WORK_DIR = 'runs/x'"])


def test_the_page_says_which_stages_ask_for_the_slice():
    page = (ROOT / "docs" / "table_1_on_v5e_32.md").read_text()
    (line,) = (line for line in page.splitlines() if "on its worker 0 |" in line)
    patterns = re.findall(r"`(\w+\*)`", line)
    assert "that of `TPU_NAME`" in line and len(patterns) == 4
    for row in ("iteration_0", "iteration_1", "iteration_2", "iteration_2_dagger"):
        for role, stage in named(
            stages_of(f"experiments/table_01/{row}.gin", TPU)
        ).items():
            config.load(stage.gin_files, ["WORK_DIR = 'x'"])
            asks = "strategy.tpu.name = None" in config.parsed()
            assert asks == any(fnmatch.fnmatch(role, of) for of in patterns), role


FORBIDDEN = {
    "val_fine": {"val_fine", "val_sequence", "trainval_fine"},
    "test_fine": {"test_fine"},
    "val": {"val"},
    "imagenet": set(),  # one folder; the readers of two jobs take two splits of it
}


@pytest.mark.parametrize("row", [row for row in ROWS if "pseudo_labels" not in row])
def test_whoever_is_scored_never_saw_what_it_is_scored_on(row):
    *stages, scored = stages_of(row)
    trained = stages[-1]
    split = scored.params["DATA_DIR"].rpartition("/")[2]
    if split == "val_fine":
        assert trained.name.startswith(STUDENTS)
        assert trained.params["HELD_OUT"] == ("val_fine", "val_sequence")
    made_by = {f"runs/x/{stage.name}": stage for stage in stages}
    seen = _seen(trained, made_by)
    assert seen and not seen & FORBIDDEN[split]


def _seen(stage, made_by):
    """Names of the splits that a training learns from, or its initial weights did."""
    found = stage.params["DATA_DIR"]
    paths = [found] if isinstance(found, str) else list(found)
    init = stage.params.get("INIT_FROM")
    before = _seen(made_by[init], made_by) if init else set()
    return {path.rpartition("/")[2] for path in paths} | before


@pytest.mark.parametrize("only_print", [True, False])
def test_a_student_that_starts_from_a_teacher_is_refused_before_anything_runs(
    tmp_path, capsys, only_print
):
    leak = tmp_path / "leak.gin"
    leak.write_text(
        "from __gin__ import dynamic_registration\n"
        "from naive_student_tf.iterate import graph\n"
        "student_2/graph.Node.changes = {'INIT_FROM': @teacher_1/graph.Node()}\n"
    )
    settings = [f"STAGES_DIR = '{tmp_path}/run'", f"ONLY_PRINT = {only_print}"]
    config.load(["experiments/table_01/iteration_2.gin", str(leak)], settings)
    way = "initial weights <- pseudo-labels of val_sequence in .*/pseudo_1-.*val_seq"
    with pytest.raises(ValueError, match=f"Stage student_2-.*{way}"):
        config.run()
    assert capsys.readouterr().out == "" and not (tmp_path / "run").exists()


@pytest.mark.parametrize("more", [(), (TOY,)], ids=["full", "toy"])
def test_teachers_may_see_val_whatever_the_job_says(more):
    stages = named(stages_of("experiments/table_01/iteration_2.gin", *more))
    assert stages["teacher_0"].params["HELD_OUT"] == ()
    assert stages["teacher_1"].params["HELD_OUT"] == ()


def test_the_stages_of_iteration_2_in_order():
    assert list(named(stages_of("experiments/table_01/iteration_2.gin"))) == [
        *("cityscapes", "mapillary", "imagenet_x71", "mapillary_x71", "teacher_0"),
        *("pseudo_1", "imagenet_wr41", "mapillary_wr41", "student_1", "teacher_1"),
        *("pseudo_2", "student_2", "finetune_2", "scored"),
    ]


def test_the_dagger_starts_the_second_student_from_the_first():
    plain = named(stages_of("experiments/table_01/iteration_2.gin"))
    dagger = named(stages_of("experiments/table_01/iteration_2_dagger.gin"))
    first = dagger["student_1"].name
    assert dagger["student_2"].params["INIT_FROM"] == f"runs/x/{first}"
    changed = {role for role in plain if plain[role].name != dagger[role].name}
    assert changed == {"student_2", "finetune_2", "scored"}


@pytest.mark.parametrize(
    ("row", "role", "change"),
    [
        ("no_void_ego_car", "pseudo_1", {"job.pseudo_label.void_regions": ()}),
        (
            "no_test_aug",
            "pseudo_1",
            {"inference.Inference.scales": (1.0,), "inference.Inference.flip": False},
        ),
    ],
)
def test_a_row_of_table_3_changes_one_stage_and_what_follows(row, role, change):
    all_four = named(stages_of("experiments/table_03/all.gin"))
    without = named(stages_of(f"experiments/table_03/{row}.gin"))
    assert without[role].params == all_four[role].params | change
    same = {r for r in without if without[r].name == all_four[r].name}
    assert "teacher_0" in same and "student_x71" not in same


ABLATED = [row for row in ROWS if "ablated_x71" in (ROOT / row).read_text()]


@pytest.mark.parametrize("row", ABLATED)
def test_one_binding_fine_tunes_the_students_of_the_ablations(row, tmp_path):
    """On the human labels that their teachers had."""
    tuned = tmp_path / "tuned.gin"
    tuned.write_text(
        "from __gin__ import dynamic_registration\n"
        "from naive_student_tf.iterate import graph\n"
        "ablated_x71/graph.place.stage = @finetune_x71/graph.Node()\n"
    )
    before, (*stages, student, finetune, _) = stages_of(row), stages_of(row, tuned)
    assert [*stages, student] == before[:-1]
    assert finetune.params["INIT_FROM"] == f"runs/x/{student.name}"
    labels = finetune.params["DATA_DIR"].removeprefix("runs/x/")
    part = "figure_05" in row and "100" not in row
    assert labels.startswith("fraction_human-" if part else "cityscapes-")
    assert labels.endswith("/train_fine")


@pytest.mark.parametrize(
    "rows",
    [
        ("table_03/no_mv_pretrained", "table_04/train_sequence"),
        ("table_08/wr_41_drop_path_multi_grid", "table_09/wr_41"),
    ],
)
def test_equal_rows_of_two_tables_are_one_run(rows):
    names = {stages_of(f"experiments/{row}.gin")[-1].name for row in rows}
    assert len(names) == 1


@pytest.mark.parametrize("network", ["wr_38", "wr_41"])
def test_a_row_of_table_8_trains_and_scores_its_network(network):
    role = network.replace("_", "")
    found = named(stages_of(f"experiments/table_08/{network}.gin"))
    assert list(found) == [
        *("cityscapes", f"imagenet_{role}", f"supervised_{role}", "scored"),
    ]
    trained = found[f"supervised_{role}"]
    assert trained.params["LEARNING_RATE"] == 1e-4
    assert trained.params["STEPS"] == 60_000
    files = {stage.gin_files[-1] for stage in (trained, found["scored"])}
    assert files == {f"experiments/table_08/networks/{network}.gin"}


@pytest.mark.parametrize("network", ["wr_38", "wr_41"])
def test_rows_of_tables_7_and_8_start_from_four_classifiers(network):
    """Multi-grid is not of a classifier, drop path is."""
    rows = (
        (f"table_07/{network}", f"table_08/{network}"),
        *(
            (f"table_07/{network}_drop_path", f"table_08/{network}_drop_path{more}")
            for more in ("", "_multi_grid")
        ),
    )
    role = f"imagenet_{network.replace('_', '')}"
    names = [
        {named(stages_of(f"experiments/{row}.gin"))[role].name for row in pair}
        for pair in rows
    ]
    assert [len(of) for of in names] == [1, 1, 1]
    assert names[0] != names[1] == names[2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("table_07/wr_41", "no ImageNet"), ("table_08/wr_38", "one small network")],
)
def test_a_row_that_says_nothing_at_toy_scale_is_refused_there(row, reason):
    table, name = row.split("/")
    with pytest.raises(
        ValueError, match=f"{row} is not a row of 'toy_city': .*{reason}"
    ):
        run_tables.plan(table, scale=(TOY,), rows=(name,))
    (planned,) = run_tables.plan(table, rows=(name,))
    assert planned.name == row


def test_at_toy_scale_there_is_no_imagenet_and_another_mapillary():
    stages = named(stages_of("experiments/table_01/iteration_1.gin", TOY))
    assert list(stages) == [
        *("toy_city", "cityscapes", "toy_vistas", "mapillary", "mapillary_x71"),
        *("teacher_0", "pseudo_1", "mapillary_wr41"),
        *("student_1", "finetune_1", "scored"),
    ]
    pretraining = stages["mapillary_wr41"].params
    assert "INIT_FROM" not in pretraining
    classes = f"runs/x/{stages['toy_vistas'].name}/config_v1.2.json"
    assert pretraining["CONFIG"] == classes


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """Runs a row whose stages do nothing but leave scores; returns the record."""
    job = tmp_path / "evaluate.gin"
    job.write_text("")
    goal = graph.Node("scored", (str(job),), {"SEED": 3})
    folder = pathlib.Path(goal.directory(str(tmp_path / "run")))

    def iterate(*, stages, work_dir, **_):
        assert [stage.name for stage in stages] == [goal.name]
        folder.mkdir(parents=True, exist_ok=True)
        versions = {"git": "abc1234", "platform": "Linux x"}
        (folder / "versions.json").write_text(json.dumps(versions))
        if (tmp_path / "submission").exists():
            return
        scores = {"pq": 20.5, "miou": 31.0, "images": 5, "checkpoint": "a/ckpt-800"}
        (folder / "metrics.json").write_text(json.dumps(scores))

    monkeypatch.setattr(run_row, "iterate", iterate)

    row = run_row.Row(
        goal=goal,
        name="table_00/net",
        work_dir=str(tmp_path / "run"),
        seed=3,
        data="toy_city",
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments" / "table_00").mkdir(parents=True)

    def run(**settings):
        run_row.run_row(row=row, **settings)
        record = tmp_path / "experiments" / "table_00" / "results.jsonl"
        return record.read_text().splitlines() if record.exists() else []

    return run


def test_a_row_that_ran_appends_its_scores_once(scored):
    scored()
    (line,) = scored()
    found = json.loads(line)
    assert found["row"] == "net" and found["metrics"] == {"pq": 20.5, "miou": 31.0}
    assert (found["step"], found["seed"], found["data"]) == (800, 3, "toy_city")
    assert (found["git"], found["device"]) == ("abc1234", "Linux x")  # of the stage


def test_the_numbers_that_a_table_names_are_recorded_too(scored, tmp_path):
    paper = {"numbers": {"params": {"count": []}, "images": {"name": "Images"}}}
    folder = tmp_path / "experiments" / "table_00"
    (folder / "paper.json").write_text(json.dumps(paper))
    (line,) = scored()
    found = json.loads(line)["metrics"]
    assert found == {"pq": 20.5, "miou": 31.0, "images": 5}


def test_a_row_that_is_only_printed_records_nothing(scored):
    assert scored(only_print=True) == []


def test_a_submission_has_no_scores_until_the_server_gave_them(
    scored, tmp_path, capsys
):
    (tmp_path / "submission").mkdir()
    assert scored() == []
    assert "SCORES" in capsys.readouterr().out
    answer = tmp_path / "server.json"
    answer.write_text('{"pq": 67.8}')
    (line,) = scored(scores=str(answer))
    assert json.loads(line)["metrics"] == {"pq": 67.8}


def test_scores_without_a_known_number_are_refused(scored, tmp_path):
    answer = tmp_path / "server.json"
    answer.write_text('{"PQ": 67.8}')
    with pytest.raises(ValueError, match="has none of"):
        scored(scores=str(answer))


def test_a_table_is_planned_seed_by_seed_with_shared_stages():
    rows = run_tables.plan("table_05", scale=(TOY,), seeds=(0, 1))
    assert [(row.name, row.seed) for row in rows] == [
        (f"table_05/{name}", seed)
        for seed in (0, 1)
        for name in ("iterative", "semi_supervised", "supervised")
    ]
    iterative, semi, supervised, *_ = rows
    names = {stage.name for stage in iterative.stages}
    assert {s.name for s in semi.stages if s.name.startswith("student_1")} <= names
    assert not {s.name for s in supervised.stages if "student" in s.name}


def test_a_row_that_a_table_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"no row .'third'.*supervised"):
        run_tables.plan("table_05", rows=("third",))
