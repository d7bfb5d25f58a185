"""TensorBoard scalars of training, under the tags deeplab2 users know."""

import tensorflow as tf


class ScalarWriter:
    """Writes the losses of a device loop, step by step, and its speed."""

    def __init__(self, directory):
        self._writer = tf.summary.create_file_writer(directory)

    def write(self, end_step, losses, *, learning_rate, images_per_s):
        """Args:
        end_step: int, the step after the last of the loop.
        losses: dict of float [n], one value per step of the loop.
        learning_rate: float, of end_step.
        images_per_s: float, over the loop.
        """
        with self._writer.as_default():
            for name, values in losses.items():
                first = end_step - len(values)
                for index, value in enumerate(values):
                    tf.summary.scalar(f"losses/train_{name}", value, first + index)
            tf.summary.scalar("learning_rate", learning_rate, end_step)
            tf.summary.scalar("speed/images_per_s", images_per_s, end_step)
        self._writer.flush()
