"""What is on record of the paper's tables; counts rows that need no training.

A row is counted in a process of its own, as any job: one process, one config.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from naive_student_tf import processes, run_directory
from naive_student_tf.tables.measured import current


def count(folder):
    """Appends new counts of a table's rows to its results.jsonl.

    Args:
        folder: Path, with a paper.json and a gin file per row.
    """
    paper = read_paper(folder)
    for row in paper["rows"] if "count_with" in paper else ():
        append_new(folder / "results.jsonl", _count(folder, paper, row))
        print(f"{folder.name}: {row}", flush=True)


def read_tables(folders):
    """A list of (folder name, paper, results), the paper's tables first."""
    paths = map(pathlib.Path, folders)
    found = [(path.name, read_paper(path), read_current(path)) for path in paths]
    return sorted(found, key=lambda of: not of[1]["table"].startswith("Table"))


def read_paper(folder):
    """A table as the paper prints it; render.py has the format."""
    return json.loads((folder / "paper.json").read_text())


def read_results(folder):
    """What was measured, oldest first: list of dict, empty without a file."""
    path = folder / "results.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_current(folder):
    """Those of them that may be averaged, see measured.current."""
    return current(read_results(folder))


def measured(paper, row, description):
    """The numbers of a row that can be read from the description of its network.

    Args:
        paper: dict, see render.py.
        row: str.
        description: dict, the JSON of `paper["count_with"]`.

    Returns:
        dict: key of the number -> int or list, not yet in the table's unit.
    """
    return {
        key: _at(description, paper["numbers"][key]["count"])
        for key in paper["rows"][row]["printed"]
        if "count" in paper["numbers"][key]
    }


def _at(value, path):
    """Follows keys of dicts and, in a list of dicts, their names."""
    for step in path:
        if isinstance(value, list):
            value = {part["name"]: part for part in value}
        if step not in value:
            raise ValueError(f"{path}: there is no {step!r} in {sorted(value)}.")
        value = value[step]
    return value


def network(folder, row):
    """Path of the gin file that describes the network of a row.

    That is the row's own, or where the row is a graph of stages, one in networks/.
    """
    path = folder / "networks" / f"{row}.gin"
    return path if path.exists() else folder / f"{row}.gin"


def _count(folder, paper, row):
    files = [paper["count_with"], str(network(folder, row))]
    return {
        "row": row,
        "metrics": measured(paper, row, _describe(files)),
        "step": None,
        "seed": None,
        "data": None,
        "device": None,
        "git": run_directory.versions()["git"],
        "config": _fingerprint(files),
        "date": datetime.date.today().isoformat(),
    }


def _describe(files):
    """The JSON that a job writes to OUTPUT."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "network.json")
        command = [sys.executable, "-m", "naive_student_tf.main"]
        command += [f"--gin_file={path}" for path in files]
        parent = os.getpid()
        done = subprocess.run(
            [*command, f"--gin_param=OUTPUT = '{output}'"],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: processes.die_with_parent(parent),
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(files)}: {done.stderr.strip()[-2000:]}")
        return json.loads(output.read_text())


def _fingerprint(files):
    """sha256 of gin files and what they include."""
    return hashlib.sha256("".join(map(_text, files)).encode()).hexdigest()[:16]


def _text(path):
    text = pathlib.Path(path).read_text()
    included = re.findall(r"^include '(.+)'", text, re.M)
    return "".join(map(_text, included)) + text


def append_new(path, line):
    """Appends a line, unless the newest of its row, seed and data says the same."""
    whose, says = ("row", "seed", "data"), ("metrics", "config")
    known = [
        old
        for old in read_results(path.parent)
        if all(old[key] == line[key] for key in whose)
    ]
    if known and all(known[-1][key] == line[key] for key in says):
        return
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
