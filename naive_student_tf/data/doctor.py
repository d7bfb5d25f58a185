"""Job: examines a data directory or shards before anything is trained on them.

Every file is read once, in parallel processes: checksums of images and records,
labels decoded, their ids counted. All that is wrong is reported, not the first.
"""

import concurrent.futures
import multiprocessing

import numpy as np

from naive_student_tf import processes, store
from naive_student_tf.data import doctor_files, doctor_shards, shards
from naive_student_tf.data.checkup import Checkup, numbering
from naive_student_tf.data.cityscapes_counts import KNOWN_COUNTS
from naive_student_tf.data.files import EmptySplit
from naive_student_tf.progress import Progress

_CHUNK = 32  # frames per task of a worker
_SHOWN = 10  # complaints printed per split; the JSON has all
_COLUMNS = (
    *("split", "frames", "known", "labelled", "ego maps", "no ego", "sizes"),
    *("ids", "numbering", "warnings", "errors"),
)


def examine(
    *, data_dir, source, output, splits=None, known_counts=KNOWN_COUNTS, num_workers=2
):
    """Prints a table, writes it as JSON, and fails if anything is wrong.

    Args:
        data_dir: str, a data set as it is on disk, or directories of shards.
        source: builder, split=name -> source (see files.py) of that data set.
        output: str, the JSON file.
        splits: tuple of str, which must be on disk; None: Cityscapes' splits, and one
            that is absent is a warning.
        known_counts: dict of split -> frames that it must have; others: any number.
        num_workers: int, parallel processes.

    Raises:
        ValueError: something is wrong; what, is printed and in `output`.
        FileNotFoundError: no such directory, or nothing to examine in it.
    """
    store.require_directory(data_dir, what="Data to examine")
    spawn = multiprocessing.get_context("spawn")  # fork and TensorFlow do not mix
    with concurrent.futures.ProcessPoolExecutor(
        num_workers, spawn, initializer=processes.die_with_parent
    ) as pool:
        if _has_shards(data_dir):
            kind, parts = "shards", dict(_shards(pool, data_dir, known_counts))
        else:
            kind = "files"
            parts = dict(_files(pool, source, splits, known_counts))
    if all(part["absent"] for part in parts.values()):
        raise FileNotFoundError(
            f"{data_dir!r} holds neither shards nor any of the splits "
            f"{', '.join(parts)}. Check DATA_DIR. {_first_complaint(parts)}"
        )
    wrong = sum(len(part["errors"]) for part in parts.values())
    store.write_json(output, {"data_dir": data_dir, "kind": kind, "splits": parts})
    print(table(parts), flush=True)
    if wrong:
        raise ValueError(f"{data_dir}: {wrong} errors, see above and {output}.")


def _first_complaint(parts):
    return next((t for p in parts.values() for t in p["errors"] + p["warnings"]), "")


def table(parts):
    """The findings as aligned text, complaints below."""
    rows = [_COLUMNS, *(_row(name, part) for name, part in parts.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    for name, part in parts.items():
        for kind in ("errors", "warnings"):
            lines += [f"{name}: {kind[:-1]}: {text}" for text in part[kind][:_SHOWN]]
            if len(part[kind]) > _SHOWN:
                lines.append(f"{name}: {len(part[kind]) - _SHOWN} further {kind}")
    return "\n".join(line.rstrip() for line in lines)


def _row(name, part):
    ids = part["ids"]
    known = part["known"]
    return (
        name,
        str(part["frames"]),
        "-" if known is None else str(known),
        str(part["labelled"]),
        str(part["with_void_regions"]),
        str(part["without_ego"]),
        "absent" if part["absent"] else ", ".join(part["sizes"]) or "-",
        f"{min(map(int, ids))}..{max(map(int, ids))}" if ids else "-",
        part["numbering"],
        str(len(part["warnings"])),
        str(len(part["errors"])),
    )


def _has_shards(data_dir):
    try:
        return bool(shards.find(data_dir))
    except FileNotFoundError:
        return False


def _files(pool, source, splits, known_counts):
    for name in KNOWN_COUNTS if splits is None else splits:
        described = source(split=name)
        known, space = known_counts.get(name), described.label_space
        try:
            frames = described.list_frames()
        except EmptySplit as error:
            of = "" if known is None else f" of {known}"
            said = [f"Absent, 0{of} frames. {error}"]
            found = Checkup(warnings=said) if splits is None else Checkup(errors=said)
            yield name, _facts(found, known, absent=True)
            continue
        except (OSError, ValueError) as error:
            yield name, _facts(Checkup(errors=[str(error)]), known)
            continue
        chunks = [frames[i : i + _CHUNK] for i in range(0, len(frames), _CHUNK)]
        tasks = [(doctor_files.examine_files, described, chunk) for chunk in chunks]
        found = _run(pool, name, tasks, total=len(frames))
        found.finish(known=known)
        yield name, _facts(found, known, space, "label ids")


def _shards(pool, data_dir, known_counts):
    for name in shards.find(data_dir):
        directory = store.join(data_dir, name) if name else data_dir
        known = known_counts.get(store.basename(directory))
        try:
            listed, facts = shards.read_manifest(directory)
            space = doctor_shards.space_of(facts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield directory, _facts(Checkup(errors=[repr(error)]), known)
            continue
        tasks = [(doctor_shards.examine_shard, directory, s, space) for s in listed]
        found = _run(pool, directory, tasks, total=facts["count"])
        doctor_shards.compare_with_manifest(found, facts)
        found.finish(known=known)
        yield directory, _facts(found, known, space, "train ids")


def _facts(found, known, space=None, expected=None, *, absent=False):
    """A Checkup as a dict for JSON; `expected` as of `numbering`."""
    described = {name: value for name, value in vars(found).items() if name != "names"}
    ids = {str(i): int(found.ids[i]) for i in np.flatnonzero(found.ids)}
    kind = "none"
    if space:
        kind = numbering(found.ids, label_ids=space.label_ids, expected=expected)
    conclusions = {"numbering": kind, "known": known, "absent": absent}
    return {**described, "ids": ids, **conclusions}


def _run(pool, name, tasks, *, total):
    """The merged Checkup of tasks (function, arguments ...)."""
    found = Checkup()
    progress = Progress(total=total, name=f"doctor of {name}", unit="frames")
    for part in pool.map(_call, tasks):
        found.add(part)
        progress.advance(part.frames)
    progress.close()
    return found


def _call(task):
    function, *arguments = task
    return function(*arguments)
