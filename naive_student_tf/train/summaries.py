"""TensorBoard's view of training, under the tags deeplab2 users know."""

import resource

import tensorflow as tf


class SummaryWriter:
    """Writes the losses of a device loop, step by step, its speed, and pictures."""

    def __init__(self, directory):
        self._writer = tf.summary.create_file_writer(directory)

    def write_scalars(self, end_step, losses, *, learning_rate, **facts):
        """Args:
        end_step: int, the step after the last of the loop.
        losses: dict of float [n], one value per step of the loop; a name that ends
            in _share tells of the data.
        learning_rate: float, of end_step.
        facts: dict of tag -> float, over the loop.
        """
        with self._writer.as_default():
            for name, values in losses.items():
                is_share = name.endswith("_share")
                tag = f"data/{name}" if is_share else f"losses/train_{name}"
                for step, value in enumerate(values, end_step - len(values)):
                    tf.summary.scalar(tag, value, step)
            tf.summary.scalar("learning_rate", learning_rate, end_step)
            for tag, value in facts.items():
                tf.summary.scalar(tag, value, end_step)
        self._writer.flush()

    def write_picture(self, step, picture):
        """Args: step: int; picture: uint8 [H, W, 3]."""
        with self._writer.as_default():
            tf.summary.image("train/example", picture[None], step)
        self._writer.flush()


def memory():
    """Most memory that was in use so far: dict of tag -> GiB.

    That of the devices is the fullest one's; on a CPU there is only the host.
    """
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
    found = {"memory/host_peak_gib": host / 2**20}
    kinds = ("GPU", "TPU")
    devices = [d for kind in kinds for d in tf.config.list_logical_devices(kind)]
    try:
        peaks = [tf.config.experimental.get_memory_info(d.name) for d in devices]
    except (ValueError, tf.errors.OpError):  # this kind of device does not tell
        return found
    if peaks:
        found["memory/device_peak_gib"] = max(info["peak"] for info in peaks) / 2**30
    return found
