"""Which file of a folder belongs to which image: exactly one, as the server asks."""

import collections
import pathlib
import re

_IMAGE = re.compile(r"[a-zA-Z-]+_\d{6}_\d{6}")


def image_name(path):
    """<city>_<seq>_<frame> of a file named after an image, or None."""
    match = _IMAGE.match(pathlib.PurePath(path).name)
    return match and match[0]


def find_per_image(folder, names, *, suffix):
    """Finds the file of every image, in the folder or below it.

    Args:
        folder: str or Path.
        names: list of str, <city>_<seq>_<frame>.
        suffix: str, ".png" or ".txt".

    Returns:
        dict: name -> Path. Files of other images are left out, as the official
        tools do.

    Raises:
        ValueError: an image without a file, or with several; it names them.
    """
    found = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).rglob(f"*{suffix}")):
        found[image_name(path)].append(path)
    check_names(folder, {name: len(found[name]) for name in names}, suffix=suffix)
    return {name: found[name][0] for name in names}


def check_names(folder, counts, *, suffix):
    """Raises ValueError unless every image has one file.

    Args:
        folder: str, named in the error.
        counts: dict, name of an image -> number of its files.
        suffix: str.
    """
    missing = [name for name, count in counts.items() if not count]
    twice = [name for name, count in counts.items() if count > 1]
    if missing:
        raise ValueError(
            f"{folder}: {len(missing)} of {len(counts)} images have no prediction, the "
            f"first is {missing[0]}. Write {missing[0]}*{suffix}; every image of the "
            f"split needs one, also one without objects."
        )
    if twice:
        raise ValueError(
            f"{folder}: {len(twice)} images have more than one prediction, the first "
            f"is {twice[0]} with {counts[twice[0]]} files {twice[0]}*{suffix}. Leave "
            f"one of them."
        )
