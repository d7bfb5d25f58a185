"""The commands of the README and of what it leads to load: nothing is missing there."""

import itertools
import pathlib
import re
import shlex

import pytest

from naive_student_tf import config

ROOT = pathlib.Path(__file__).parents[1]
TRAIN = "--gin_file gin_configs/jobs/train.gin"  # what dots stand for


def commands(text):
    """Every command of a code block that names a gin file, one line each."""
    for block in re.findall(r"^ *```\n(.*?)^ *```$", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if "--gin_file" in line and "sh, -c" not in line:  # not inside YAML
                yield line


PAGES = ("README", "docs/own_data", "docs/pseudo_labels", "docs/scores", "docs/tpu")
COMMANDS = [
    command for page in PAGES for command in commands((ROOT / f"{page}.md").read_text())
]


def flags(command):
    """(gin files, bindings) of a command."""
    words = shlex.split(command, comments=True)
    pairs = list(itertools.pairwise(words))
    files = [value for name, value in pairs if name == "--gin_file"]
    bindings = [value for name, value in pairs if name == "--gin_param"]
    return files, bindings


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    if command.startswith("..."):
        command = f"{TRAIN} {command.removeprefix('...')}"
    files, bindings = flags(re.sub(r"\$\w+", "0", command))
    config.load(files, bindings)
    assert "jobs.run.job = " in config.parsed()


def test_there_are_commands_and_a_wrong_one_would_be_noticed():
    assert len(COMMANDS) > 10
    files, bindings = flags(COMMANDS[0])
    with pytest.raises(ValueError, match="Macros that nothing uses"):
        config.load(files, [*bindings, "DATADIR = 'x'"])
    with pytest.raises(FileNotFoundError):
        config.load([*files, "gin_configs/hardware/tpu_v5e_9.gin"], bindings)
