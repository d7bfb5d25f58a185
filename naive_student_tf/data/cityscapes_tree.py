"""Where Cityscapes' files lie, and what their names say.

Both layouts are read: one tree, or each package unzipped into its own folder.
"""

import re

from absl import logging

_PACKAGES = {  # folder -> packages people unzip side by side
    "leftImg8bit": ("leftImg8bit_trainvaltest", "leftImg8bit_trainextra"),
    "leftImg8bit_sequence": ("leftImg8bit_sequence_trainvaltest",),
    "gtFine": ("gtFine_trainvaltest",),
    "gtCoarse": (),
}
_NAME = re.compile(r"(?P<city>[a-zA-Z-]+)_(?P<sequence>\d{6})_(?P<frame>\d{6})_")


def list_images(root, folder, subset):
    """Paths of the images of a subset, sorted by frame_key.

    Args:
        root: pathlib.Path of the data set.
        folder: str, leftImg8bit or leftImg8bit_sequence.
        subset: str: train, val, test or train_extra.
    """
    return _list(root, folder, subset, "*_leftImg8bit.png")


def list_label_ids(root, folder, subset):
    """Paths of the labelIds of a subset of gtFine or gtCoarse, sorted alike."""
    return _list(root, folder, subset, f"*_{folder}_labelIds.png")


def find_label(root, folder, subset, frame, kind):
    """Path of a label, or None if there is none.

    Args:
        root: pathlib.Path of the data set.
        folder: str, gtFine or gtCoarse.
        subset: str: train, val, test or train_extra.
        frame: pathlib.Path, any file of the frame.
        kind: str, instanceIds or labelIds.
    """
    stem = "_".join(frame.name.split("_")[:3])
    for base in _bases(root, folder):
        path = base / subset / frame.parent.name / f"{stem}_{folder}_{kind}.png"
        if path.is_file():
            return str(path)
    return None


def frame_key(path):
    """(city, sequence, frame), str and two ints, of a file by its name.

    Raises:
        ValueError: not such a name.
    """
    match = _NAME.match(path.name)
    if not match:
        raise ValueError(
            f"{path}: not a Cityscapes name, expected <city>_<6 digits>_<6 digits>_*."
        )
    return match["city"], int(match["sequence"]), int(match["frame"])


def explain_absence(root, folder, subset):
    """Where the files of a subset were looked for, and what may be the reason."""
    places = [path / subset for path in _bases(root, folder)]
    looked = ", ".join(map(str, places)) or (
        f"none of the folders {', '.join(map(str, _candidates(root, folder)))} exists"
    )
    reasons = [f"Looked in: {looked}."]
    if root.resolve().name in _PACKAGES:
        reasons.append(
            f"DATA_DIR is one level too deep: give {root.resolve().parent}, which "
            f"holds {root.resolve().name}."
        )
    zips = sorted(path.name for path in root.glob("*.zip"))
    if zips:
        reasons.append(f"These are not unzipped yet, or too: {', '.join(zips)}.")
    return " ".join(reasons)


def _list(root, folder, subset, pattern):
    paths, twice = {}, []
    for base in _bases(root, folder):
        for path in (base / subset).glob(f"*/{pattern}"):
            if path.name.startswith("."):
                continue  # ._aachen_..., which macOS writes beside copied files
            if paths.setdefault(frame_key(path), path) != path:
                twice.append(path)
    if twice:
        logging.warning(
            "%s/%s: %d files lie in two places, the first is %s; that of %s is used.",
            *(folder, subset, len(twice), min(twice)),
            paths[frame_key(min(twice))],
        )
    return [paths[key] for key in sorted(paths)]


def _bases(root, folder):
    return [path for path in _candidates(root, folder) if path.is_dir()]


def _candidates(root, folder):
    packages = (folder, *_PACKAGES[folder])  # gtCoarse.zip becomes gtCoarse/gtCoarse
    return [root / folder, *(root / name / folder for name in packages)]
