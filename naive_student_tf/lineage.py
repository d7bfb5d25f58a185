"""Where weights and labels come from, and the guard against a student that saw val.

A checkpoint carries its lineage in itself, so no copy, link or new name parts them:
    data   list of dict: directory, split (as its manifest says), frames, and for
           pseudo-labels `teacher`, the lineage of the weights that wrote them
    init   the lineage of the weights it started from, or None: from scratch
    source for weights that were published by somebody else, what they are

`lineage.json` in a training directory is the same, to be read by people.
Top-level because training, pseudo-labelling and importing all write or read it.
"""

import json
import re

import tensorflow as tf

from naive_student_tf import checkpoint, store

FILE = "lineage.json"
_KEY = "lineage/.ATTRIBUTES/VARIABLE_VALUE"  # in a checkpoint


def of_shards(directory, facts):
    """The entry of `data` for a shard directory.

    Args:
        directory: str.
        facts: dict, of its manifest; `pseudo` is the lineage of pseudo-labels.
    """
    entry = {"directory": directory, "split": split_of(facts), "frames": facts["count"]}
    pseudo = facts.get("pseudo")
    if pseudo:
        parents = pseudo.get("parents", {})
        entry["iteration"] = pseudo["iteration"]
        entry["teacher"] = parents.get("teacher") or {"unknown": pseudo["teacher"]}
    return entry


def split_of(facts):
    """The split of a manifest; "val" of Cityscapes, as deeplab2 says, is val_fine."""
    split = facts["split"]
    is_cityscapes = facts.get("label_space", {}).get("name") == "cityscapes"
    is_bare = split in ("train", "val", "test", "trainval")
    return f"{split}_fine" if is_bare and is_cityscapes else split


def of_weights(path):
    """The lineage of a checkpoint, or of the newest one of a training directory.

    Returns:
        dict; {"unknown": path} where the checkpoint does not tell.

    Raises:
        FileNotFoundError: there is no checkpoint.
    """
    reader = tf.train.load_checkpoint(checkpoint.find(path))
    if not reader.has_tensor(_KEY):
        return {"unknown": path}
    return json.loads(reader.get_tensor(_KEY))


def variable(lineage):
    """What a checkpoint saves of a lineage, `lineage=variable(...)`."""
    text = json.dumps(lineage, sort_keys=True)
    with tf.device("CPU:0"):
        return tf.Variable(text, dtype=tf.string, trainable=False, name="lineage")


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


def check_resumed(saved, lineage, work_dir):
    """Refuses to go on from a checkpoint that another training saved.

    Args:
        saved: `variable`, as it was restored.
        lineage: dict, of the training that goes on.
        work_dir: str, for the message.

    Raises:
        ValueError: the two differ.
    """
    before = json.loads(saved.numpy())
    if before != json.loads(json.dumps(lineage)):
        raise ValueError(
            f"The checkpoint in {work_dir} learnt from {before}, this training learns "
            f"from {lineage}. Use another WORK_DIR, or delete this one to start over; "
            f"to start from other weights, bind INIT_FROM."
        )


def check(lineage, held_out):
    """Refuses weights that learn from splits they are to be evaluated on.

    A teacher may see those splits, and its labels of other frames may teach; but
    neither the frames of these splits, with whatever labels, nor weights that saw
    them, may.

    Args:
        lineage: dict, of the training that is about to start.
        held_out: tuple of str, names of splits; ("val_fine", "val_sequence") for
            every student of the paper's tables. A split of Cityscapes' annotated
            frames stands for the video around them too, and the other way round.

    Raises:
        ValueError: it tells the way by which such a split gets in; or `held_out` is
            no tuple.
    """
    if isinstance(held_out, str):
        raise ValueError(f"HELD_OUT is {held_out!r}; give a tuple, ({held_out!r},).")
    for path in _leaks(lineage, _frames_of(held_out), ()):
        raise ValueError(
            f"This model is to be evaluated on {', '.join(held_out)}, but would learn "
            f"from it: {' <- '.join(path)}. Train it on other splits, start it from "
            f"other weights, or, if it is a teacher, bind HELD_OUT = ()."
        )


def learnt_from(lineage, split):
    """Whether weights learnt from frames of a split, with whatever labels.

    Args:
        lineage: dict, of the weights.
        split: str; annotated frames and the video around them count as one.

    Returns:
        bool; None where the weights do not tell all that they learnt from.
    """
    frames, told = _frames_of([split]), True
    while lineage is not None:
        for entry in lineage.get("data", ()):
            if frames & _frames_of([entry["split"]]):
                return True
        told &= "unknown" not in lineage
        lineage = lineage.get("init")
    return False if told else None


def _leaks(lineage, held_out, path):
    """Yields the ways to held-out frames; not through the teacher of labels."""
    if not held_out or lineage is None:
        return
    if "unknown" in lineage:
        yield (*path, f"weights of unknown origin {lineage['unknown']!r}")
    for entry in lineage.get("data", ()):
        if held_out & _frames_of([entry["split"]]):
            labels = "pseudo-labels" if "teacher" in entry else "labels"
            yield (*path, f"{labels} of {entry['split']} in {entry['directory']!r}")
    init = lineage.get("init")
    yield from _leaks(init, held_out, (*path, "its initial weights"))


def _frames_of(splits):
    """What decides whether splits have frames in common: a set of str."""
    spelt = (split.strip().lower().replace("-", "_") for split in splits)
    parts = (part for split in spelt for part in parts_of(split))
    # Annotated frames are frames of the sequences.
    return {re.sub("_(fine|sequence)$", "_fine", part) for part in parts}


def parts_of(split):
    """The single splits of a union: trainval_fine is train_fine and val_fine."""
    for part in split.split("+"):
        subset, separator, kind = part.partition("_")
        if subset == "trainval":
            yield from (f"{subset}{separator}{kind}" for subset in ("train", "val"))
        else:
            yield part
