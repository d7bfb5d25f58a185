"""Pictures of what the instance heads predict, uint8 [H, W, 3]; NumPy only.

Conventions: (y, x); offsets are (dy, dx) in pixels (Panoptic-DeepLab, section 3.2).
"""

import numpy as np

from naive_student_tf.evaluate import canvas

DIM = 0.4  # brightness of the image that lies under a heatmap


def draw_center_heatmap(image, center_heatmap):
    """Lays a center heatmap over its dimmed grey image: black, red, yellow, white.

    Args:
        image: uint8 [H, W, 3].
        center_heatmap: float [H, W] or [H, W, 1]; values outside [0, 1] are clipped.

    Returns:
        uint8 [H, W, 3].
    """
    image = canvas.check_image(image)
    center_heatmap = np.asarray(center_heatmap, np.float32)
    if center_heatmap.ndim == 3:
        center_heatmap = center_heatmap[..., 0]
    heat = np.clip(canvas.check_map(center_heatmap, image), 0, 1)[..., None]
    hot = 255 * np.clip(3 * heat - np.arange(3), 0, 1)
    dimmed = DIM * image.mean(axis=-1, keepdims=True)
    return canvas.blend(dimmed, hot, opacity=np.sqrt(heat))


def draw_offset(offset, *, max_magnitude=None, mask=None):
    """Draws offsets as colors: hue is the direction, value the root of the magnitude.

    Right (dx > 0) is red, down (dy > 0) is yellow-green, left is cyan, up is violet;
    `draw_offset_key` draws the key. The root keeps the offsets of persons visible
    beside those of a bus.

    Args:
        offset: float [H, W, 2], (dy, dx) in pixels.
        max_magnitude: float, in pixels, the magnitude of full brightness; None
            takes the largest shown.
        mask: bool [H, W], pixels to show (things), or None for all.

    Returns:
        uint8 [H, W, 3]; a zero offset and a masked pixel are black.
    """
    dy, dx = np.moveaxis(np.asarray(offset, np.float32), -1, 0)
    magnitude = np.hypot(dy, dx)
    if mask is not None:
        magnitude = np.where(mask, magnitude, 0)
    if max_magnitude is None:
        max_magnitude = magnitude.max(initial=0)
    value = np.sqrt(np.clip(magnitude / max(max_magnitude, 1e-6), 0, 1))
    return canvas.to_uint8(255 * _hue_to_rgb(np.arctan2(dy, dx)) * value[..., None])


def draw_offset_key(*, size):
    """The color wheel of `draw_offset`: uint8 [size, size, 3], offsets to the rim."""
    radius = (size - 1) / 2
    offset = np.moveaxis(np.indices((size, size)) - radius, 0, -1)
    disc = np.hypot(offset[..., 0], offset[..., 1]) <= radius
    return draw_offset(offset, max_magnitude=radius, mask=disc)


def add_offset_key(picture):
    """Puts the color wheel into the lower left corner, on white: uint8 [H, W, 3]."""
    size = max(picture.shape[0] // 4, 9)
    key = np.full((size + 4, size + 4, 3), 255, np.uint8)
    key[2:-2, 2:-2] = draw_offset_key(size=size)
    marked = picture.copy()
    marked[-len(key) :, : len(key)] = key[-len(marked) :, : marked.shape[1]]
    return marked


def _hue_to_rgb(angle):
    """Pure colors of angles in radians: float [..., 3] in [0, 1]; 0 is red."""
    sector = np.mod(angle / (2 * np.pi), 1)[..., None] * 6
    distance = np.abs(np.mod(sector + np.array([0, 4, 2]), 6) - 3)
    return np.clip(distance - 1, 0, 1)
