"""Checks the zips of a submission as strictly as somebody who may upload once a day.

Names, counts, sizes, kinds of PNG, id spaces, paths, every image there and no file
too many. All mistakes are listed, not the first only.
"""

import pathlib
import zipfile

from naive_student_tf.data import cityscapes_tree
from naive_student_tf.evaluate.submission import (
    files,
    instance,
    mistakes,
    panoptic,
    semantic,
)
from naive_student_tf.progress import Progress

SHOWN = 10  # mistakes of one zip that a message lists


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
        found = find_mistakes(kind, path, names=names, image_size=image_size)
        more = f"\n  ... {len(found) - SHOWN} more" * (len(found) > SHOWN)
        lines = "".join(f"\n  {mistake}" for mistake in found[:SHOWN])
        if found:
            reports.append(f"{path}: {len(found)} mistakes{lines}{more}")
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
        progress = Progress(total=len(names), name=f"check {kind}", unit="images")
        found = mistakes.path_mistakes(entries)
        found += _CHECKERS[kind](archive, entries, names, image_size, progress)
        progress.close()
    return found


_CHECKERS = {
    semantic.FOLDER: mistakes.check_semantic,
    instance.FOLDER: mistakes.check_instance,
    panoptic.FOLDER: mistakes.check_panoptic,
}
