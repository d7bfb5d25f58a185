"""All contact with gin. No other library file imports gin."""

import pathlib
import re

import gin

from naive_student_tf import jobs

ROOT = pathlib.Path(__file__).parents[1]  # so that configs load from anywhere
gin.add_config_file_search_path(str(ROOT))


def load(files, bindings=()):
    """Parses and locks the config.

    Args:
        files: paths of gin files, later ones win.
        bindings: 'name = value' strings, applied last.

    Raises:
        FileNotFoundError: a file that does not exist.
        ValueError: a name or a macro that does not exist or is not used, or a
            value that cannot be read.
    """
    for path in files:
        if not (pathlib.Path(path).exists() or (ROOT / path).exists()):
            raise FileNotFoundError(
                f"No config file {path!r}, neither here nor in {ROOT}."
            )
    gin.clear_config()
    try:
        gin.parse_config_files_and_bindings(
            list(files), list(bindings), finalize_config=False
        )
    except SyntaxError as error:
        raise ValueError(
            f"The config cannot be read: {error}. Text needs quotes inside the "
            f"shell's own: --gin_param 'DATA_DIR=\"runs/shards\"'."
        ) from error
    except (AttributeError, ImportError, NameError) as error:
        raise ValueError(f"The config names what does not exist: {error}") from error
    _check_macros(gin.config_str())
    gin.finalize()


def run():
    """Runs the job that the config binds to `jobs.run.job`."""
    if "jobs.run.job" not in _bound(gin.config_str()):
        raise ValueError(
            "The config binds no job (jobs.run.job = @...): give a file of "
            "gin_configs/jobs/, or one that includes one, first."
        )
    return build(jobs.run)


def build(configurable):
    """Calls a function or class with what the config binds to it."""
    return gin.get_configurable(configurable)()


def macro(name):
    """The value of a macro, or None where the config has none of that name."""
    try:
        return gin.query_parameter(f"%{name}")
    except ValueError:
        return None


def shares_work_dir():
    """Whether the config lets several processes run its job in one WORK_DIR."""
    return "jobs.run.share_work_dir = True" in gin.config_str()


def may_differ():
    """What the bound job lets differ between processes of one WORK_DIR, see jobs.py."""
    try:
        job = gin.query_parameter("jobs.run.job").configurable.wrapped
    except (AttributeError, ValueError):  # no job is bound
        return ()
    return getattr(job, "may_differ", ())


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


def _check_macros(text):
    bound = set(re.findall(r"^(\w+) = ", text, re.M))
    unquoted = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", text)
    used = set(re.findall(r"%(\w+)", unquoted))
    if bound != used:
        raise ValueError(
            f"Macros that nothing uses: {sorted(bound - used)}; macros that nothing "
            f"binds: {sorted(used - bound)}. Check the spelling; this config has "
            f"{sorted(bound & used)}."
        )
