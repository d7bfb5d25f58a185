"""What an importer knows about one kind of published checkpoint."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Release:
    """Where our backbone's variables are in a published checkpoint.

    Attributes:
        title: str, what it is.
        key: function, name of our variable -> key in the checkpoint.
        note: str, what to know before using it.
    """

    title: str
    key: Callable
    note: str
