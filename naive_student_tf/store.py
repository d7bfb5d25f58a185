"""Small files, whole or absent: every result goes through here.

Paths may be local or anything `tf.io.gfile` knows (gs://).
"""

import json
import posixpath
import uuid

import tensorflow as tf


def join(*parts):
    """Joins path parts with '/', as gfile expects on every platform."""
    return posixpath.join(*parts)


def basename(path):
    """The last part of a path."""
    return posixpath.basename(path.rstrip("/"))


def write_bytes(path, data):
    """Writes `data` under a temporary name and renames it: no half files.

    The temporary name is used once, so that processes may write one path at a time.
    """
    tf.io.gfile.makedirs(posixpath.dirname(path) or ".")
    partial = f"{path}.{uuid.uuid4().hex[:8]}.tmp"
    with tf.io.gfile.GFile(partial, "wb") as file:
        file.write(data)
    tf.io.gfile.rename(partial, path, overwrite=True)


def write_text(path, text):
    write_bytes(path, text.encode())


def write_json(path, value):
    write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_bytes(path):
    with tf.io.gfile.GFile(path, "rb") as file:
        return file.read()


def read_text(path):
    return read_bytes(path).decode()


def read_json(path):
    """Reads JSON; the error names the file."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON ({error}). Delete it.") from error


def exists(path):
    return tf.io.gfile.exists(path)


def require_directory(path, *, what):
    """Raises FileNotFoundError unless `path` is a directory."""
    if not tf.io.gfile.isdir(path):
        raise FileNotFoundError(
            f"{what}: there is no directory {path!r}. Set the macro that names it, "
            f"for example --gin_param 'DATA_DIR=\"...\"'."
        )
