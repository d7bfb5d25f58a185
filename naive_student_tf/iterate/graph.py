"""Stages as a graph: a stage is named after all that it is made of.

Two rows of a table that share a teacher name the same directory, so that it is
trained once; a row that differs in one binding differs from there on.
"""

import dataclasses
import functools
import hashlib
import json

from naive_student_tf.iterate.stage import Stage, gin_code


@dataclasses.dataclass(frozen=True, eq=False)  # a Node can be a key of a dict
class Node:
    """A stage of the graph.

    Attributes:
        role: str, what the stage is for; the readable part of its directory's name.
        gin_files: tuple of str, the job's first, then what is bound on top; with a None
            among them there is no such stage, and what is bound to it is left as the
            gin files have it.
        params: dict of macro or binding -> value. A Node stands for its directory,
            also as a key of a dict (what to train on -> proportion).
        changes: dict, the same for what a row of a table does differently.
        below: str, a folder of that directory (a split) or a file in it, or "".
    """

    role: str
    gin_files: tuple
    params: dict
    changes: dict = dataclasses.field(default_factory=dict)
    below: str = ""

    @functools.cached_property
    def fingerprint(self):
        """sha256 over the configs, the parameters and all stages before."""
        return self._hash(self._bound, _described)

    @functools.cached_property
    def setting(self):
        """The fingerprint without any seed: equal for the runs that may be averaged."""
        bound = {name: self._bound[name] for name in self._bound if name != "SEED"}
        return self._hash(bound, _setting)

    def _hash(self, bound, describe):
        described = [
            self.role,
            *map(gin_code, self.gin_files),
            json.dumps(_replace(bound, describe), sort_keys=True),
        ]
        return hashlib.sha256("\0".join(described).encode()).hexdigest()

    @property
    def _bound(self):
        return {**self.params, **self.changes}

    @property
    def name(self):
        """The directory, below that of the run."""
        return f"{self.role}-{self.fingerprint[:10]}"

    @property
    def parents(self):
        """The Nodes whose output this one reads, in the order they are named."""
        found = []
        _replace(self._bound, found.append)
        return found

    def stage(self, work_dir):
        """This node as a Stage of a run in `work_dir`."""
        return Stage(
            name=self.name,
            gin_files=self.gin_files,
            params=_replace(self._bound, lambda node: node.directory(work_dir)),
            after=tuple(dict.fromkeys(node.name for node in self.parents)),
        )

    def directory(self, work_dir):
        """Where what this node stands for is written."""
        return "/".join(filter(None, (work_dir, self.name, self.below)))


def folder(node, name):
    """A folder or file of a Node's output, to read instead of the whole of it."""
    return dataclasses.replace(node, below=name)


def place(*, path=None, stage=None):
    """Where data or a file is: its path, or the Node of the stage that makes it."""
    return stage or path


def list_stages(goals, *, work_dir):
    """What has to run, in order, each stage once.

    Args:
        goals: tuple of Node.
        work_dir: str, of the run.

    Returns:
        list of Stage; those of a goal come before the goal.
    """
    found = {}

    def visit(node):
        if node.name not in found:
            for parent in node.parents:
                visit(parent)
            found[node.name] = node.stage(work_dir)

    for goal in goals:
        visit(goal)
    return list(found.values())


def _described(node):
    return f"{node.fingerprint}/{node.below}"


def _setting(node):
    return f"{node.setting}/{node.below}"


def _replace(value, replacement):
    """`value` with every Node inside it replaced, and without those of no stage."""
    if isinstance(value, Node):
        return replacement(value)
    if isinstance(value, dict):
        return {
            _replace(key, replacement): _replace(inner, replacement)
            for key, inner in value.items()
            if not (isinstance(inner, Node) and None in inner.gin_files)
        }
    if isinstance(value, tuple):
        return tuple(_replace(inner, replacement) for inner in value)
    return value
