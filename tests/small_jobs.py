"""Jobs that take no time, for tests of the entry and of the stages."""

import os
import pathlib


def write_note(*, work_dir, text):
    """Writes `text` to `work_dir/note.txt`; some texts are mistakes."""
    if text == "bad":
        raise ValueError("bad text, give a good one")
    if text == "bug":
        raise KeyError(text)
    if text == "stop":
        raise KeyboardInterrupt
    if text == "die":
        os.abort()
    pathlib.Path(work_dir, "note.txt").write_text(text)
