"""All contact with gin. No other library file imports gin."""

import pathlib
import re

import gin

from naive_student_tf import jobs

ROOT = pathlib.Path(__file__).parents[1]  # so that configs load from anywhere


def load(files, bindings=()):
    """Parses and locks the config.

    Args:
        files: paths of gin files, later ones win.
        bindings: 'name = value' strings, applied last.

    Raises:
        ValueError: a name, a file or a macro that does not exist or is not used.
    """
    gin.clear_config()
    gin.add_config_file_search_path(str(ROOT))
    gin.parse_config_files_and_bindings(list(files), list(bindings))
    text = gin.config_str()
    unused = [name for name in _macros(text) if not re.search(rf"%{name}\b", text)]
    if unused:
        raise ValueError(
            f"Macros that nothing uses: {unused}. Check the spelling; "
            f"this config uses {sorted(set(re.findall(r'%([A-Z0-9_]+)', text)))}."
        )


def run():
    """Runs the job that the config binds to `jobs.run.job`."""
    return gin.get_configurable(jobs.run)()


def macro(name):
    """The value of a macro, or None where the config has none of that name."""
    try:
        return gin.query_parameter(f"%{name}")
    except ValueError:
        return None


def parsed():
    """The whole config as text, one binding per value, sorted."""
    return gin.config_str()


def operative():
    """The part of the config that the job has used so far, as text."""
    return gin.operative_config_str()


def unused_bindings():
    """Bindings that the finished job never consumed; a clean config has none."""
    return sorted(_bound(gin.config_str()) - _bound(gin.operative_config_str()))


def _bound(text):
    return set(re.findall(r"^([\w./]+\.\w+) = ", text, re.M))


def _macros(text):
    return re.findall(r"^(\w+) = ", text, re.M)
