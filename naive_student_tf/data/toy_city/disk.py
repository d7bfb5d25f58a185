"""Whole files only, and one data set per directory."""

import json


def write_bytes(path, data):
    """Writes `data` (bytes) under a temporary name and renames it: no half files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    partial.write_bytes(data)
    partial.replace(path)


def claim(path, settings):
    """Leaves the settings (dict) at `path`, or compares them with those there.

    Raises:
        ValueError: other settings are there.
    """
    if not path.exists():
        text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
        write_bytes(path, text.encode())
        return
    found = json.loads(path.read_text())
    different = [
        f"{name} is {found.get(name)}, now asked for {settings.get(name)}"
        for name in sorted(settings | found)
        if settings.get(name) != found.get(name)
    ]
    if different:
        raise ValueError(
            f"{path.parent} holds a data set with other settings: "
            f"{'; '.join(different)}. Choose another work_dir, or delete this one."
        )
