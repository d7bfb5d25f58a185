"""Label maps of a frame as they lie on disk: fine, coarse, and fixed regions only."""

import io

import numpy as np
from PIL import Image

from naive_student_tf.data.toy_city.classes import COLORS, NOTHING, OUT_OF_ROI

_BLOCK = 4  # pixels; coarse labels are made of blocks that lie inside one segment


def fine_maps(frame):
    """dict of labelIds (uint8), instanceIds (uint16), color (uint8, RGB)."""
    return {
        "labelIds": frame.label_ids,
        "instanceIds": frame.instance_ids,
        "color": COLORS[frame.label_ids],
    }


def coarse_maps(frame):
    """Like fine_maps, without what lies near the edge of a segment."""
    fixed = frame.label_ids <= OUT_OF_ROI
    return _kept(frame, fixed | _inside_blocks(frame.instance_ids))


def region_maps(frame):
    """Like fine_maps, only the fixed regions: all that gtFine/test tells."""
    return _kept(frame, frame.label_ids <= OUT_OF_ROI)


def png(array):
    """Array [H, W] uint8 or uint16, or [H, W, 3] uint8 -> bytes of a PNG."""
    data = io.BytesIO()
    Image.fromarray(array).save(data, format="png", compress_level=6)
    return data.getvalue()


def _kept(frame, keep):
    label_ids = np.where(keep, frame.label_ids, NOTHING).astype(np.uint8)
    return {
        "labelIds": label_ids,
        "instanceIds": np.where(keep, frame.instance_ids, NOTHING).astype(np.uint16),
        "color": COLORS[label_ids],
    }


def _inside_blocks(ids):
    """bool [H, W]: the block of this pixel holds one id only."""
    height, width = ids.shape
    pad = -height % _BLOCK, -width % _BLOCK
    padded = np.pad(ids, ((0, pad[0]), (0, pad[1])), mode="edge")
    rows, columns = padded.shape[0] // _BLOCK, padded.shape[1] // _BLOCK
    blocks = padded.reshape(rows, _BLOCK, columns, _BLOCK)
    pure = blocks.min((1, 3)) == blocks.max((1, 3))
    return pure.repeat(_BLOCK, 0).repeat(_BLOCK, 1)[:height, :width]
