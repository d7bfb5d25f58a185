"""What can be wrong inside one zip of a submission: one checker per kind.

A checker takes (ZipFile, its entries, image names, (height, width), Progress) and gives
a list of str, every mistake it finds.
"""

import collections
import posixpath
import zipfile

import numpy as np

from naive_student_tf.evaluate.submission import (
    files,
    instance,
    panoptic,
    png,
    semantic,
)
from naive_student_tf.labels.cityscapes import CITYSCAPES

GRAY = ("L", "P")  # 8 bits


def path_mistakes(entries):
    """Paths that leave the archive, and names given twice."""
    counts = collections.Counter(entries)
    outside = [e for e in counts if e.startswith("/") or ".." in e.split("/")]
    return [f"{entry}: leaves the archive" for entry in outside] + [
        f"{entry}: packed {number} times"
        for entry, number in counts.items()
        if number > 1
    ]


def check_semantic(archive, entries, names, image_size, progress):
    found, mistakes = _by_image(entries, names, suffix=semantic.SUFFIX)
    seen = set()
    for entry in found.values():
        progress.advance(1)
        path = zipfile.Path(archive, entry)
        try:
            png.read(path, modes=GRAY, size=image_size)
            _, ids = semantic.read(path, size=image_size)
            seen |= ids
        except ValueError as error:
            mistakes.append(str(error))
    return mistakes + _problem(semantic.check_not_train_ids, seen, what="the zip")


def check_instance(archive, entries, names, image_size, progress):
    lists = [e for e in entries if e.endswith(instance.SUFFIX)]
    found, mistakes = _by_image(lists, names, suffix=instance.SUFFIX)
    unused, seen = set(entries) - set(lists), set()
    for entry in found.values():
        progress.advance(1)
        lines = zipfile.Path(archive, entry).read_text().splitlines()
        masks = []
        for number, line in enumerate(lines, 1):
            where = f"{entry}, line {number}"
            try:
                mask = instance.parse_line(line, where=where)
                seen.add(mask.label_id)
                masks.append(_resolve(entry, mask.path))
                _check_mask(archive, masks[-1], mask, image_size, where)
            except ValueError as error:
                mistakes.append(str(error))
        unused -= set(masks)
        mistakes += _problem(instance.check_distinct, masks, where=entry)
    mistakes += [f"{entry}: no text file lists it" for entry in sorted(unused)]
    return mistakes + _problem(instance.check_not_train_ids, seen, what="the zip")


def _check_mask(archive, entry, mask, image_size, where):
    things = [CITYSCAPES.label_ids[c] for c in CITYSCAPES.thing_classes]
    if mask.label_id not in things:
        raise ValueError(
            f"{where}: labelId {mask.label_id} has no instances; these have: {things}."
        )
    if entry not in archive.NameToInfo:
        raise ValueError(f"{where}: the zip has no mask {entry}.")
    mask = png.read_mask(zipfile.Path(archive, entry), modes=GRAY, size=image_size)
    if not np.any(mask):
        raise ValueError(f"{where}: the mask {entry} is empty.")


def check_panoptic(archive, entries, names, image_size, progress):
    documents = [e for e in entries if e.endswith(".json")]
    if len(documents) != 1:
        return [f"{len(documents)} JSON files {documents[:3]}; there must be one"]
    path = zipfile.Path(archive, documents[0])
    folder = zipfile.Path(archive, documents[0].removesuffix(".json") + "/")
    if not folder.exists():
        return [f"no folder {folder.at} for the PNGs: it has the name of the JSON"]
    try:
        annotations = panoptic.read_annotations(path, names)
    except ValueError as error:
        return [str(error)]
    mistakes, unused = [], set(entries) - set(documents)
    for annotation in annotations.values():
        progress.advance(1)
        unused.discard(folder.at + annotation["file_name"])
        try:
            panoptic.read(folder, annotation, size=image_size)
        except ValueError as error:
            mistakes.append(str(error))
    return mistakes + [f"{e}: not of an image of the split" for e in sorted(unused)]


def _by_image(entries, names, *, suffix):
    """({image: its entry}, mistakes): every image once, nothing else."""
    by_name, mistakes = collections.defaultdict(list), []
    wanted = set(names)
    for entry in entries:
        name = files.image_name(entry)
        if name in wanted and entry.endswith(suffix):
            by_name[name].append(entry)
        else:
            mistakes.append(
                f"{entry}: not of an image of the split; names begin with "
                f"<city>_<seq>_<frame> and end in {suffix}"
            )
    mistakes += [f"{name}: no *{suffix}" for name in names if name not in by_name]
    for name, several in by_name.items():
        if len(several) > 1:
            mistakes.append(f"{name}: {len(several)} files, {several[:3]}")
    return {name: several[0] for name, several in by_name.items()}, mistakes


def _resolve(entry, path):
    """The entry that a path beside another entry means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(entry), str(path)))


def _problem(check, *arguments, **named):
    """What a check raises, as a list of one text or none."""
    try:
        check(*arguments, **named)
    except ValueError as error:
        return [str(error)]
    return []
