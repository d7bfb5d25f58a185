"""Checks the zips of a submission as strictly as somebody who may upload once a day.

Names, counts, sizes, kinds of PNG, id spaces, paths, every image there and no file
too many. All mistakes are listed, not the first only.
"""

import collections
import pathlib
import posixpath
import zipfile

import numpy as np

from naive_student_tf.data import cityscapes_tree
from naive_student_tf.evaluate.submission import (
    files,
    instance,
    panoptic,
    png,
    semantic,
)
from naive_student_tf.labels.cityscapes import CITYSCAPES
from naive_student_tf.progress import Progress

SHOWN = 10  # mistakes of one zip that a message lists
GRAY = ("L",)


def validate_submission(
    *, data_dir, split, submission, count, image_size=(1024, 2048), output=None
):
    """Job: checks `submission/{semantic,instance,panoptic}.zip`, those that exist.

    Args:
        data_dir: str, the root of Cityscapes; the images of the split name what must
            be there.
        split: str, test_fine or val_fine.
        submission: str, the directory of the zips.
        count: int, images of the split (test 1525, val 500).
        image_size: (height, width).
        output: str, a text file that gets the list of mistakes too, or None.

    Raises:
        FileNotFoundError: no images of the split, or no zip.
        ValueError: mistakes; the message lists them.
    """
    subset = split.removesuffix("_fine")
    images = cityscapes_tree.list_images(
        pathlib.Path(data_dir), "leftImg8bit", subset
    ) or cityscapes_tree.list_label_ids(pathlib.Path(data_dir), "gtFine", subset)
    if not images:
        raise FileNotFoundError(
            f"DATA_DIR {data_dir!r} has no images of {split}: set it to the root of "
            f"Cityscapes, with leftImg8bit or gtFine."
        )
    paths = {
        kind: pathlib.Path(submission, f"{kind}.zip")
        for kind in (semantic.FOLDER, instance.FOLDER, panoptic.FOLDER)
    }
    paths = {kind: path for kind, path in paths.items() if path.exists()}
    if not paths:
        raise FileNotFoundError(
            f"{submission!r} has none of semantic.zip, instance.zip, panoptic.zip."
        )
    names = [files.image_name(path) for path in images]
    try:
        check(paths, names=names, count=count, image_size=image_size)
    except ValueError as error:
        if output:
            pathlib.Path(output).write_text(f"{error}\n")
        raise
    print(f"{', '.join(map(str, paths.values()))}: valid, {len(names)} images")


def check(paths, *, names, count, image_size):
    """Raises ValueError with all mistakes of some zips.

    Args:
        paths: dict, semantic, instance or panoptic -> Path of its zip.
        names: list of str, the images of the split.
        count: int, how many images the split has.
        image_size: (height, width).
    """
    reports = []
    if len(names) != count:
        reports.append(
            f"The split has {count} images, but {len(names)} are at hand. Complete the "
            f"data set first."
        )
    for kind, path in paths.items():
        mistakes = find_mistakes(kind, path, names=names, image_size=image_size)
        more = f"\n  ... {len(mistakes) - SHOWN} more" * (len(mistakes) > SHOWN)
        lines = "".join(f"\n  {mistake}" for mistake in mistakes[:SHOWN])
        if mistakes:
            reports.append(f"{path}: {len(mistakes)} mistakes{lines}{more}")
    if reports:
        raise ValueError("\n".join(reports))


def find_mistakes(kind, path, *, names, image_size):
    """The mistakes of one zip, list of str; see `check`."""
    try:
        archive = zipfile.ZipFile(path)
        broken = archive.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        return [f"not a readable zip: {error}"]
    if broken:
        return [f"{broken}: broken inside the zip, pack it again"]
    with archive:
        entries = [e for e in archive.namelist() if not e.endswith("/")]
        mistakes = _path_mistakes(entries)
        checker = {
            semantic.FOLDER: _check_semantic,
            instance.FOLDER: _check_instance,
            panoptic.FOLDER: _check_panoptic,
        }[kind]
        progress = Progress(total=len(names), name=f"check {kind}", unit="images")
        mistakes += checker(archive, entries, names, image_size, progress)
        progress.close()
    return mistakes


def _path_mistakes(entries):
    """Paths that leave the archive, and names given twice."""
    counts = collections.Counter(entries)
    outside = [e for e in counts if e.startswith("/") or ".." in e.split("/")]
    return [f"{entry}: leaves the archive" for entry in outside] + [
        f"{entry}: packed {number} times"
        for entry, number in counts.items()
        if number > 1
    ]


def _check_semantic(archive, entries, names, image_size, progress):
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


def _check_instance(archive, entries, names, image_size, progress):
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
    pixels = png.read(zipfile.Path(archive, entry), modes=GRAY, size=image_size)
    if not np.any(pixels):
        raise ValueError(f"{where}: the mask {entry} is empty.")


def _check_panoptic(archive, entries, names, image_size, progress):
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
