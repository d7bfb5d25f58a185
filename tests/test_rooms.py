"""Data flows one way: which room of the package may import which."""

import ast
import pathlib
import sys

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "naive_student_tf"

# A room may import itself and what stands here. Top-level modules are rooms too.
ROOMS = {
    "labels": set(),
    "data": {"labels", "processes", "progress", "store"},
    "model": {"compat", "randomness"},
    "losses": {"labels"},
    "train": {"checkpoint", "compat", "lineage", "progress", "randomness", "store"},
    "pseudo_label": {
        "checkpoint",
        "data",
        "labels",
        "lineage",
        "model",
        "processes",
        "progress",
        "run_directory",
        "store",
    },
    "evaluate": {
        "checkpoint",
        "data",
        "labels",
        "model",
        "processes",
        "progress",
        "results_table",
        "store",
    },
    "iterate": {
        "console",
        "lineage",
        "processes",
        "results_table",
        "run_directory",
        "store",
    },
    "weights": {"checkpoint", "compat", "lineage", "named_weights", "store"},
    "tpu": {"processes", "store"},
    "tables": {
        "config",
        "iterate",
        "processes",
        "results_table",
        "run_directory",
        "store",
    },
    "lineage": {"checkpoint", "store"},
    "checkpoint": {"named_weights", "run_directory", "store"},
    "compat": set(),
    "config": {"jobs"},
    "console": set(),
    "jobs": set(),
    "main": {"config", "run_directory"},
    "named_weights": set(),
    "processes": set(),
    "progress": set(),
    "randomness": set(),
    "results_table": set(),
    "run_directory": {"store"},
    "store": set(),
}
FILES = {  # single files that may import more than their room
    "model/describe.py": {"store"},
    "model/export.py": {"checkpoint", "labels", "store"},
    "model/grouping.py": {"labels"},
    "model/inference.py": {"checkpoint", "labels"},
}
ONLY_STANDARD_LIBRARY = {"iterate", "processes", "results_table"}
FILE_LINES, FUNCTION_LINES = 260, 55  # house style: 30-200, and about 10


SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}


def imported(tree):
    """Dotted names of everything that a file imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign_rooms(name, tree):
    """What a file imports of ours although its room may not."""
    room = name.partition("/")[0].removesuffix(".py")
    assert room in ROOMS, f"{name}: give the new room {room!r} a row in ROOMS"
    allowed = ROOMS[room] | FILES.get(name, set()) | {room}
    ours = (n.split(".")[1] for n in imported(tree) if n.startswith(PACKAGE.name + "."))
    return sorted(set(ours) - allowed)


def foreign_packages(name, tree):
    """What a file of the standard-library rooms imports besides."""
    if name.partition("/")[0].removesuffix(".py") not in ONLY_STANDARD_LIBRARY:
        return []
    roots = {n.partition(".")[0] for n in imported(tree)}
    return sorted(roots - sys.stdlib_module_names - {PACKAGE.name})


def named_keras(name, tree):
    """Where a file other than compat.py names a Keras."""
    if name == "compat.py":
        return []
    attributes = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in ("tf.keras", "tensorflow.keras")
    ]
    parts = ({*n.split(".")[:2]} for n in imported(tree))
    imports = [p for p in parts if p & {"keras", "tf_keras"} and PACKAGE.name not in p]
    return attributes + imports


def imported_gin(name, tree):
    roots = {n.partition(".")[0] for n in imported(tree)}
    return sorted(roots & {"gin"}) if name != "config.py" else []


def divided_labels(name, tree):
    """Where a file other than labels/panoptic.py divides by the label divisor."""
    if name == "labels/panoptic.py":
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            by = node.right if isinstance(node, ast.BinOp) else node.value
            divided = isinstance(node.op, ast.Mod | ast.FloorDiv) and _is_divisor(by)
        else:
            divided = (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).rpartition(".")[2] in _DIVISIONS
                and any(_is_divisor(argument) for argument in node.args)
            )
        if divided:
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


_DIVISIONS = {"mod", "floormod", "floordiv", "divmod", "floor_divide", "remainder"}


def _is_divisor(node):
    last = ast.unparse(node).rpartition(".")[2]
    return last in ("label_divisor", "divisor", "256")


def long_parts(name, tree):
    """Functions (without docstring) and files beyond the bounds."""
    end = max((node.end_lineno for node in tree.body), default=0)
    found = [f"{end} lines"] if end > FILE_LINES else []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            start = node.body[1 if ast.get_docstring(node) else 0 :] or node.body
            lines = node.end_lineno - start[0].lineno + 1
            found += [f"{node.name}: {lines} lines"] if lines > FUNCTION_LINES else []
    return found


def asserts(name, tree):
    """Asserts vanish under -O: they must not guard a user's data."""
    lines = (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert))
    return [f"line {line}" for line in lines]


RULES = [
    foreign_rooms,
    foreign_packages,
    named_keras,
    imported_gin,
    divided_labels,
    long_parts,
    asserts,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps_to(rule):
    offenders = {
        name: rule(name, ast.parse(path.read_text())) for name, path in SOURCES.items()
    }
    assert {name: found for name, found in offenders.items() if found} == {}


@pytest.mark.parametrize(
    ("rule", "name", "line"),
    [
        (foreign_rooms, "train/loop.py", "from naive_student_tf.data import pipeline"),
        (foreign_rooms, "model/tta.py", "import naive_student_tf.labels.panoptic"),
        (
            foreign_rooms,
            "losses/a.py",
            "def f():\n  from naive_student_tf import store",
        ),
        (foreign_packages, "iterate/stage.py", "import tensorflow as tf"),
        (foreign_packages, "iterate/stage.py", "from numpy import array"),
        (named_keras, "train/step.py", "tf.keras.layers.Dense(1)"),
        (named_keras, "train/step.py", "from tensorflow import keras"),
        (named_keras, "train/step.py", "import tf_keras"),
        (imported_gin, "jobs.py", "import gin"),
        (imported_gin, "jobs.py", "from gin import config"),
        (divided_labels, "model/a.py", "x // space.label_divisor"),
        (divided_labels, "model/a.py", "x %= label_divisor"),
        (divided_labels, "model/a.py", "np.mod(x, divisor)"),
        (asserts, "data/a.py", "assert x"),
    ],
)
def test_the_rule_sees(rule, name, line):
    assert rule(name, ast.parse(line))


def test_a_file_that_keeps_the_rules_has_no_offence():
    tree = ast.parse("from naive_student_tf.compat import keras\nx // 2 % y\n")
    assert [rule("model/a.py", tree) for rule in RULES] == [[]] * len(RULES)


def test_no_file_is_a_drawer_for_everything():
    names = {pathlib.PurePath(name).stem for name in SOURCES}
    assert names & {"utils", "util", "common", "misc", "helpers"} == set()
