"""TensorBoard logs of pseudo-labels: one event file per shard, the step its number.

The files hold no time and no host name, so that a shard that is labelled again gives
the same bytes.
"""

import io

import tensorflow as tf
from PIL import Image

_SCALARS = (
    *("pq", "sq", "rq", "pq_things", "pq_stuff", "miou"),
    *("agreement", "void_share", "instances_per_frame"),
)
_Summary = tf.compat.v1.Summary


def file_name(step):
    """A name that TensorBoard reads, in the order of the steps."""
    return f"events.out.tfevents.{step:010d}.pseudo_label"


def write_events(path, *, step, figures, pictures):
    """Writes the event file of one shard.

    Args:
        path: str, see `file_name`.
        step: int, the shard's number.
        figures: dict of `figures.summarize`.
        pictures: dict, tag -> uint8 [H, W, 3].
    """
    values = [
        _Summary.Value(tag=f"pseudo_label/{name}", simple_value=figures[name])
        for name in _SCALARS
        if figures.get(name) is not None
    ]
    values += [
        _Summary.Value(tag=f"class_share/{name}", simple_value=share)
        for name, share in figures["class_share"].items()
    ]
    values += [
        _Summary.Value(tag=tag, image=_image(picture))
        for tag, picture in pictures.items()
    ]
    events = (
        tf.compat.v1.Event(file_version="brain.Event:2"),
        tf.compat.v1.Event(step=step, summary=_Summary(value=values)),
    )
    with tf.io.TFRecordWriter(path) as writer:
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))


def _image(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    height, width, _ = picture.shape
    return _Summary.Image(
        height=height, width=width, colorspace=3, encoded_image_string=buffer.getvalue()
    )
