"""Where each record of many shards lies; records are numbered through all of them."""

import numpy as np

from naive_student_tf.data import shards


class Catalog:
    """The records of a list of shards.

    Attributes:
        paths: list of str, of the shards.
    """

    def __init__(self, files):
        """Args: files: list of (directory, ShardFile)."""
        self._files = files
        self._ends = np.cumsum([shard.count for _, shard in files])
        self.paths = [shards.path_of(directory, shard) for directory, shard in files]

    def __len__(self):
        return int(self._ends[-1])

    def __getitem__(self, number):
        """Where a record is: directory, ShardFile, its number therein."""
        file = int(np.searchsorted(self._ends, number, side="right"))
        directory, shard = self._files[file]
        return directory, shard, int(number - self._ends[file] + shard.count)

    def find(self, numbers):
        """The same of many, ints [N]: index of the path, int32 [N], and byte offset,
        int64 [N]."""
        files = np.searchsorted(self._ends, numbers, side="right").astype(np.int32)
        offsets = [np.array(shard.offsets, np.int64) for _, shard in self._files]
        return files, np.concatenate(offsets)[numbers]
