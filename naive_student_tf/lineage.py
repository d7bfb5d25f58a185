"""Where weights and labels come from, and the guard against a student that saw val.

A training writes `lineage.json` into its directory:
    data   list of dict: directory, split (as its manifest says), frames, and for
           pseudo-labels `teacher`, the lineage of the weights that wrote them
    init   the lineage of the weights it started from, or None: from scratch
    source instead of both: weights that were published by somebody else

Top-level because training, pseudo-labelling and importing all write or read it.
"""

from naive_student_tf import store

FILE = "lineage.json"
_CHECKPOINTS = "checkpoints"  # folder of a training directory


def of_shards(directory, facts):
    """The entry of `data` for a shard directory.

    Args:
        directory: str.
        facts: dict, of its manifest; `pseudo` is the lineage of pseudo-labels.
    """
    entry = {"directory": directory, "split": facts["split"], "frames": facts["count"]}
    pseudo = facts.get("pseudo")
    if pseudo:
        parents = pseudo.get("parents", {})
        entry["iteration"] = pseudo["iteration"]
        entry["teacher"] = parents.get("teacher") or {"unknown": pseudo["teacher"]}
    return entry


def of_weights(path):
    """The lineage of a training directory, or of a checkpoint in one.

    Returns:
        dict; {"unknown": path} where nothing tells.
    """
    directory = path.rpartition(f"/{_CHECKPOINTS}/")[0] or path
    file = store.join(directory, FILE)
    return store.read_json(file) if store.exists(file) else {"unknown": path}


def of_training(sources, init_from, *, held_out=()):
    """The lineage of a training that is about to start.

    Args:
        sources: list of (directory, facts of its manifest).
        init_from: str, a training directory or a checkpoint; None: from scratch.
        held_out: tuple of str, see `check`, whose error it raises.
    """
    data = [of_shards(directory, facts) for directory, facts in sources]
    found = {"data": data, "init": of_weights(init_from) if init_from else None}
    check(found, held_out)
    return found


def write(directory, lineage):
    store.write_json(store.join(directory, FILE), lineage)


def check(lineage, held_out):
    """Refuses weights that learn from splits they are to be evaluated on.

    A teacher may see those splits, and its labels of other frames may teach; but
    neither the frames of these splits, with whatever labels, nor weights that saw
    them, may.

    Args:
        lineage: dict, of the training that is about to start.
        held_out: tuple of str, names of splits; ("val_fine", "val_sequence") for
            every student of the paper's tables.

    Raises:
        ValueError: it tells the way by which such a split gets in.
    """
    for path in _leaks(lineage, frozenset(held_out), ()):
        raise ValueError(
            f"This model is to be evaluated on {', '.join(held_out)}, but would learn "
            f"from it: {' <- '.join(path)}. Train it on other splits, start it from "
            f"other weights, or, if it is a teacher, bind HELD_OUT = ()."
        )


def _leaks(lineage, held_out, path):
    """Yields the ways to held-out splits; not through the teacher of labels."""
    if not held_out or lineage is None:
        return
    if "unknown" in lineage:
        yield (*path, f"weights of unknown origin {lineage['unknown']!r}")
    for entry in lineage.get("data", ()):
        if held_out & set(parts_of(entry["split"])):
            labels = "pseudo-labels" if "teacher" in entry else "labels"
            yield (*path, f"{labels} of {entry['split']} in {entry['directory']!r}")
    init = lineage.get("init")
    yield from _leaks(init, held_out, (*path, "its initial weights"))


def parts_of(split):
    """The single splits of a union: trainval_fine is train_fine and val_fine."""
    for part in split.split("+"):
        subset, _, kind = part.partition("_")
        if subset == "trainval":
            yield from (f"train_{kind}", f"val_{kind}")
        else:
            yield part
