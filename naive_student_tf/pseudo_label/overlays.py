"""Pictures of pseudo-labels for TensorBoard, of a few evenly spread shards."""

import dataclasses
import math
from collections.abc import Callable

from naive_student_tf.data import example, shards

MAX_WIDTH = 1024  # every n-th pixel of a wider picture is shown


@dataclasses.dataclass(frozen=True)
class Overlays:
    """Which shards are shown, and how.

    Attributes:
        draw: callable (image, label, label_space=) -> uint8 [H, W, 3], or None: none.
        number: int, pictures per split.
    """

    draw: Callable | None
    number: int

    def pictures(self, directory, shard, *, step, steps, label_space):
        """The picture of a shard's first frame, if it is one of those to show.

        Args:
            directory: str, where the labelled shard is.
            shard: ShardFile.
            step, steps: ints, number of the shard, and how many there are.
            label_space: LabelSpace.

        Returns:
            dict, tag -> uint8 [H, W, 3]; empty or of one entry.
        """
        every = math.ceil(steps / max(self.number, 1))
        if self.draw is None or not self.number or step % every or not shard.count:
            return {}
        frame = example.read(shards.read_record(directory, shard, 0))
        stride = math.ceil(frame.width / MAX_WIDTH)
        image, label = (
            array[::stride, ::stride]
            for array in (example.pixels(frame), frame.panoptic)
        )
        return {"pseudo_label": self.draw(image, label, label_space=label_space)}
