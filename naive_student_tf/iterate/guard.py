"""The leak guard before anything runs: what a graph of stages would let a student see.

Each training checks what its checkpoint and shards say of themselves when it starts
(lineage.py). This reads the same from the stages, hours before.
"""

from naive_student_tf import lineage


def check(stages, work_dir):
    """Refuses stages of which one would learn from what it is to be evaluated on.

    Args:
        stages: list of Stage; those with HELD_OUT among their parameters are checked.
        work_dir: str, of the run.

    Raises:
        ValueError: names the stage and the way by which such a split gets in.
    """
    made_by = {f"{work_dir}/{stage.name}": stage for stage in stages}
    for stage in stages:
        try:
            lineage.check(_of(stage, made_by), stage.params.get("HELD_OUT", ()))
        except ValueError as error:
            raise ValueError(f"Stage {stage.name}: {error}") from None


def _of(stage, made_by):
    """The lineage that a training will have; weights of no stage tell their own."""
    init = made_by.get(stage.params.get("INIT_FROM"))
    return {
        "data": [_shards(path, made_by) for path in _paths(stage)],
        "init": _of(init, made_by) if init else None,
    }


def _paths(stage):
    """Shard directories that a training reads: one, or a dict with their shares."""
    found = stage.params.get("DATA_DIR", ())
    return [found] if isinstance(found, str) else list(found)


def _shards(path, made_by):
    """An entry of `data`: a split is the last part of its shards' directory."""
    directory, _, split = path.rpartition("/")
    maker = made_by.get(directory)
    teacher = {"teacher": {}} if maker and "CHECKPOINT" in maker.params else {}
    return {"directory": path, "split": split, **teacher}
