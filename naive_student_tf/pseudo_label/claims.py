"""Who works on what: workers that share a directory and nothing else.

To claim a piece of work is to make the directory `<piece>.<attempt>`, which only one
worker can:

- on local and shared file systems `mkdir` is atomic (POSIX; NFS and Lustre too);
- elsewhere (gs://) `tf.io.gfile` has nothing exclusive: its mkdir is silent where the
  directory exists, and its rename looks before it writes. There each worker writes a
  bid of its own, waits `settle_s`, and the earliest bid by the server's clock has won:
  who was not in that list wrote `settle_s` later. This needs listings that show all
  that was written (GCS and S3 do) and server clocks that agree to a second.

The owner beats: it rewrites `<piece>.<attempt>/beat`. A claim has expired when its beat
did not change for `expire_s` by the watcher's own clock, so that clocks need not
agree; at once if its process ran on this machine and is gone. Whoever makes attempt + 1
then owns the piece. An owner that was only asleep finds the higher attempt, or that
`<piece>.<attempt>/owner` is not its own any more (attempts are counted anew after a
piece was given back), and drops its work. What it wrote lies where nobody else writes.
"""

import contextlib
import json
import pathlib
import threading
import time
import uuid

import tensorflow as tf
from absl import logging

from naive_student_tf import processes, store

BEAT, OWNER = "beat", "owner"
_BID = ".bid"


class Claims:
    """The claims in one directory, as one worker sees them."""

    def __init__(self, directory, *, worker, expire_s, clock=time.monotonic):
        """Args:
        directory: str, shared by all workers.
        worker: str, the name of this one.
        expire_s: float, seconds without a beat after which a claim is void.
        clock: callable, seconds.
        """
        self._directory, self._worker = directory, worker
        self._expire_s, self._clock = expire_s, clock
        self._seen = {}  # path of a claim -> (its beat, when it came)

    def take(self, piece):
        """Claims a piece of work; None if another worker has it.

        The piece may have been finished a moment ago: look again after taking it.

        Args:
            piece: str, a file name.

        Returns:
            Claim, or None.
        """
        latest = self.latest(piece)
        if latest >= 0 and not self._expired(self.path(piece, latest)):
            return None
        try:
            if not create_directory(self.path(piece, latest + 1)):
                return None
            claim = Claim(self, piece, latest + 1)
        except tf.errors.NotFoundError:  # swept, or given back by others
            return None
        if claim.is_ours():
            return claim
        claim.release()  # others were faster between our look and our claim
        return None

    def sweep(self, pieces):
        """Removes the claims of finished pieces, which nobody takes any more.

        Who holds one just now finds the piece finished.

        Args:
            pieces: set of str.
        """
        names = [name.rstrip("/") for name in _list(self._directory)]
        for name in names:
            if name.rpartition(".")[0] in pieces:
                _remove(store.join(self._directory, name))

    def latest(self, piece):
        """Number of the newest attempt at a piece, -1 if there is none."""
        names = (name.rstrip("/").rpartition(".") for name in _list(self._directory))
        return max((int(n) for found, _, n in names if found == piece), default=-1)

    def path(self, piece, attempt):
        return store.join(self._directory, f"{piece}.{attempt}")

    def describe(self):
        """What identifies this worker in a beat: dict."""
        return {"worker": self._worker, **processes.identity()}

    def _expired(self, path):
        beat, now = _read(store.join(path, BEAT)), self._clock()
        if _is_gone(beat):
            return True
        if beat is None and not store.exists(path):
            # Given back since it was listed; another may come in its place.
            return False
        if path not in self._seen or self._seen[path][0] != beat:
            self._seen[path] = beat, now
        return now - self._seen[path][1] > self._expire_s


class Claim:
    """One piece of work that this worker owns, as long as it beats.

    Attributes:
        path: str, a directory of this owner alone, for what the work needs meanwhile;
            not made yet.
    """

    def __init__(self, claims, piece, attempt):
        self._claims, self._piece, self._attempt = claims, piece, attempt
        self._count, self._id = 0, uuid.uuid4().hex
        self._directory = claims.path(piece, attempt)
        self.path = store.join(self._directory, self._id)
        self._write(OWNER, self._id)
        self.beat()

    def beat(self):
        """Says that the owner lives; nothing where another one has the place."""
        if self._is_there():
            self._count += 1
            beat = {**self._claims.describe(), "id": self._id, "count": self._count}
            self._write(BEAT, json.dumps(beat))

    def is_ours(self):
        """False once another worker has taken the piece for abandoned."""
        newest = self._claims.latest(self._piece) == self._attempt
        return newest and self._is_there()

    def release(self):
        """Gives the piece back and removes all that this and dead owners left.

        Touches nothing of who has taken the piece meanwhile.
        """
        with contextlib.suppress(tf.errors.OpError):  # then it expires
            dead = range(self._attempt) if self.is_ours() else ()
            own = (self._attempt,) if self._is_there() else ()
            for attempt in (*dead, *own):
                _remove(self._claims.path(self._piece, attempt))

    def _is_there(self):
        return _read(store.join(self._directory, OWNER)) == self._id

    def _write(self, name, text):
        """Unlike store.py: it must not make a directory that was removed."""
        with tf.io.gfile.GFile(store.join(self._directory, name), "w") as file:
            file.write(text)


@contextlib.contextmanager
def repeated(call, *, every_s):
    """Calls `call()` every so many seconds, in a thread, while the body runs."""
    stop = threading.Event()

    def run():
        while not stop.wait(every_s):
            try:
                call()
            except tf.errors.OpError as error:
                logging.warning("A sign of life failed, the next will tell: %s", error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def create_directory(path, *, settle_s=2.0):
    """Makes a directory. True for exactly one of those who try at the same time.

    Args:
        path: str; its parents are made too.
        settle_s: float, seconds; see the module docstring. Only for URLs.
    """
    if "://" in path:
        return bid(path, settle_s=settle_s)
    try:
        pathlib.Path(path).mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def bid(path, *, settle_s):
    """`create_directory` where nothing is exclusive: the earliest bid wins."""
    if _bids(path):
        return False
    mine = uuid.uuid4().hex + _BID
    tf.io.gfile.makedirs(path)
    with tf.io.gfile.GFile(store.join(path, mine), "w") as file:
        file.write("bid")
    time.sleep(settle_s)
    bids = _bids(path)
    return bool(bids) and min(bids)[1] == mine  # none: the winner gave it back already


def _bids(path):
    """[(time of writing by the server, name)] of the bids in a directory."""
    found = []
    for name in _list(path):
        if name.endswith(_BID):
            with contextlib.suppress(tf.errors.NotFoundError):  # removed since listed
                stat = tf.io.gfile.stat(store.join(path, name))
                found.append((stat.mtime_nsec, name))
    return found


def _list(directory):
    try:
        return tf.io.gfile.listdir(directory)
    except tf.errors.NotFoundError:
        return []


def _remove(directory):
    with contextlib.suppress(tf.errors.OpError):  # not there, or going
        tf.io.gfile.rmtree(directory)


def _read(path):
    """The text of a file; None if it is not there."""
    try:
        return store.read_text(path)
    except tf.errors.NotFoundError:
        return None


def _is_gone(beat):
    try:
        return processes.is_gone(json.loads(beat))
    except (TypeError, ValueError):  # no beat yet, or just being written
        return False
