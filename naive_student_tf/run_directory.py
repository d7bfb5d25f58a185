"""One process, one config, one directory: a directory tells its own story.

config.gin            everything the config binds, written at the start
operative_config.gin  what the job used of it, written at the end
versions.json         of Python, TensorFlow and this repository
stage.json            that it is done, of a stage of iterate.py or of a scheduler's

Beside a checkpoint lie the last two as they were when it was saved.
"""

import difflib
import errno
import fcntl
import functools
import hashlib
import pathlib
import platform
import re
import subprocess

import tensorflow as tf

from naive_student_tf import store

CONFIG = "config.gin"
OPERATIVE = "operative_config.gin"
VERSIONS = "versions.json"
MARKER = "stage.json"
_LOCK = ".lock"
_NO_RESULTS = {CONFIG, VERSIONS, _LOCK, "log.txt"}
_PATHS = ("WORK_DIR", "OUTPUT")  # may be spelt differently between two starts
_WORKERS = ("WORKER_INDEX", "NUM_WORKERS")  # differ between processes that share
_told = {}  # of this process: "operative", once it has claimed a directory


def claim(work_dir, config, *, operative=None, shared=False, may_differ=()):
    """Makes `work_dir` the directory of this config, or of its continuation.

    Args:
        work_dir: str.
        config: str, the parsed config.
        operative: function without arguments -> str, what of it was used so far.
        shared: bool, whether other processes of the config may work there too.
        may_differ: tuple of str, further macros and parameters that need not be the
            same as in the directory's config.

    Returns:
        An object to keep: it holds the lock on a local directory.

    Raises:
        ValueError: the directory holds results of another config.
        BlockingIOError: another process is writing to it.
        OSError: it cannot be written to, or not be reached.
    """
    try:
        lock = _lock(work_dir, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        _told["operative"] = operative
        _write_or_check(work_dir, config, may_differ)
        return lock
    except BlockingIOError:
        raise
    except (OSError, tf.errors.OpError) as error:
        raise OSError(
            f"WORK_DIR {work_dir!r} cannot be written to: {error}. Choose a directory "
            f"or a bucket that you may write to, and check that it can be reached."
        ) from error


def _write_or_check(work_dir, config, may_differ):
    path = store.join(work_dir, CONFIG)
    if store.exists(path) and _has_results(work_dir):
        _check_same(path, store.read_text(path), config, may_differ)
    else:
        store.write_json(store.join(work_dir, VERSIONS), versions())
        store.write_text(path, config)


def finish(work_dir, operative):
    store.write_text(store.join(work_dir, OPERATIVE), operative)


def mark(work_dir, fingerprint, *, seconds):
    """Says that the stage of this fingerprint is done, and how long it took."""
    value = {"fingerprint": fingerprint, "seconds": round(seconds, 1)}
    store.write_json(store.join(work_dir, MARKER), value)


def stamp(path):
    """Writes beside a checkpoint what makes it: `path` plus .versions.json, .gin."""
    store.write_json(f"{path}.{VERSIONS}", versions())
    if _told.get("operative"):
        store.write_text(f"{path}.{OPERATIVE}", _told["operative"]())


@functools.cache
def versions():
    """What makes the results of this process: dict of str."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "git": _git_revision(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _has_results(work_dir):
    """Whether a job got so far that it wrote something, here or below."""
    files = (name for _, _, names in tf.io.gfile.walk(work_dir) for name in names)
    return any(name not in _NO_RESULTS and not name.endswith(".tmp") for name in files)


def fingerprint(config, *, without=()):
    """A short hash of what a parsed config binds, whatever its paths and workers.

    Args:
        config: str.
        without: tuple of str, further macros and parameters that do not count.
    """
    lines = _bindings(config, without=without)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _check_same(path, before, now, may_differ):
    old, new = (_bindings(text, without=may_differ) for text in (before, now))
    changed = [
        line
        for line in difflib.unified_diff(old, new, lineterm="", n=0)
        if line[0] in "+-" and not line.startswith(("+++", "---"))
    ]
    if changed:
        raise ValueError(
            f"{path} is of another config; what differs (- there, + now):\n"
            + "\n".join(f"  {line}" for line in changed[:20])
            + "\nUse another WORK_DIR, or delete this one to start over."
        )


def _bindings(text, *, without=()):
    """The lines of a config; a long value, which gin writes in several, as one."""
    macros = tuple(f"{name} = " for name in (*_PATHS, *_WORKERS, *without))
    lines = re.sub(r" *\\?\n +", " ", text).splitlines()
    return [line for line in lines if not line.startswith(macros)]


def _lock(work_dir, kind):
    if "://" in work_dir:
        return None
    pathlib.Path(work_dir).mkdir(parents=True, exist_ok=True)
    file = (pathlib.Path(work_dir) / _LOCK).open("a+")  # NFS: shared needs reading
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise BlockingIOError(
            f"Another process is writing to {work_dir}. Wait for it or stop it."
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.ENOTSUP):
            raise
        print(
            f"WARNING: the file system of {work_dir} has no locks (flock). See to it "
            f"that no other process writes there.",
            flush=True,
        )
    return file


def _git_revision():
    root = pathlib.Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "unknown"
    return found.stdout.strip() or "unknown"
