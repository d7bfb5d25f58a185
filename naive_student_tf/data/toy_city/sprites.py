"""Little pictures in the unit square: u to the right, v down, (0, 0) top left.

A sprite is stretched onto its actor's size, so that shapes here are in shares of
its width and height.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.classes import NOTHING

SPRITE_SIZE = 40
_CENTERS = (np.arange(SPRITE_SIZE, dtype=np.float32) + 0.5) / SPRITE_SIZE
V, U = np.meshgrid(_CENTERS, _CENTERS, indexing="ij")  # [n, n]


@dataclasses.dataclass(frozen=True)
class Sprite:
    """color: float32 [n, n, 3], 0..255; label: uint8 [n, n], NOTHING = see-through."""

    color: np.ndarray
    label: np.ndarray


class Easel:
    """Paints one sprite, shape over shape."""

    def __init__(self, draw):
        self.draw = draw
        self._color = np.zeros((SPRITE_SIZE, SPRITE_SIZE, 3), np.float32)
        self._label = np.full((SPRITE_SIZE, SPRITE_SIZE), NOTHING, np.uint8)
        grain = draw.random.integers(-8, 9, (SPRITE_SIZE, SPRITE_SIZE))
        self._grain = grain.astype(np.float32)[..., None]

    def put(self, shape, color, label):
        """Covers shape (bool [n, n]) with a color (float [3]) and a kind."""
        self._color[shape] = color
        self._label[shape] = label

    def shade(self, factor):
        """Multiplies the colors by float [n, n]."""
        self._color *= factor[..., None]

    def sprite(self):
        return Sprite(self._color + self._grain, self._label)


def box(left, right, top, bottom):
    """bool [n, n], inside a rectangle."""
    return (left <= U) & (right >= U) & (top <= V) & (bottom >= V)


def disc(center_u, center_v, radius_u, radius_v):
    """bool [n, n], inside an ellipse."""
    return ((U - center_u) / radius_u) ** 2 + ((V - center_v) / radius_v) ** 2 < 1


def ring(center_u, center_v, radius_u, radius_v):
    """bool [n, n], a wheel: the outer half of an ellipse."""
    distance = ((U - center_u) / radius_u) ** 2 + ((V - center_v) / radius_v) ** 2
    return (distance < 1) & (distance > 0.42)


def stroke(from_u, from_v, to_u, to_v, width):
    """bool [n, n], within width / 2 of a line between two points."""
    along_u, along_v = to_u - from_u, to_v - from_v
    length = along_u**2 + along_v**2
    share = ((U - from_u) * along_u + (V - from_v) * along_v) / length
    share = np.clip(share, 0, 1)
    off_u, off_v = U - from_u - share * along_u, V - from_v - share * along_v
    return off_u**2 + off_v**2 < (width / 2) ** 2
