"""The files of a frame as Mapillary Vistas has them; each a function of a Picture."""

import io

import numpy as np
from PIL import Image

from naive_student_tf.data.toy_city.encode import png
from naive_student_tf.data.toy_vistas.classes import CLASSES, COUNTED, IDS, UNLABELED
from naive_student_tf.labels.mapillary import INSTANCE_DIVISOR

_QUALITY = 95
_SLIVER = 6  # pixels; a thing of which less is seen is unlabeled


def image(picture):
    """Bytes of a JPEG."""
    data = io.BytesIO()
    Image.fromarray(picture.image).save(
        data, format="jpeg", quality=_QUALITY, subsampling=0
    )
    return data.getvalue()


def labels(picture):
    """Bytes of an 8-bit palette PNG: the class."""
    ids, _ = class_maps(picture.kind, picture.actor)
    paletted = Image.fromarray(ids).convert("P")
    paletted.putpalette([channel for of in CLASSES for channel in of.color])
    data = io.BytesIO()
    paletted.save(data, format="png", compress_level=6)
    return data.getvalue()


def instances(picture):
    """Bytes of a 16-bit PNG: class * 256 + instance."""
    return png(class_maps(picture.kind, picture.actor)[1])


def class_maps(kind, actor):
    """The classes and instances of what is painted.

    Args:
        kind: uint8 [H, W], see toy_city/classes.py.
        actor: int16 [H, W], 0 = none.

    Returns:
        (uint8 [H, W], the class; uint16 [H, W], class * 256 + instance, from 0). A
        thing of no actor (one of a group), or of which a sliver is seen, is unlabeled.
    """
    ids = IDS[kind]
    numbers = np.zeros(ids.shape, np.uint16)
    for class_id in COUNTED:
        of_class = ids == class_id
        found, sizes = np.unique(actor[of_class], return_counts=True)
        shown = found[(found > 0) & (sizes >= _SLIVER)]
        ids[of_class & ~np.isin(actor, shown)] = UNLABELED
        for instance, number in enumerate(shown):
            numbers[of_class & (actor == number)] = instance
    return ids, ids.astype(np.uint16) * INSTANCE_DIVISOR + numbers
