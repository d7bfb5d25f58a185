"""Random numbers, colors and noise pictures.

Pixels must not depend on the machine: tables made with functions whose last bit
depends on the processor (std, exp) are rounded before they are used.
"""

import colorsys
import dataclasses

import numpy as np

TEXTURE_SIZE = 128  # a power of two


@dataclasses.dataclass(frozen=True)
class Draw:
    """Uniform draws from ranges that are narrowed towards their middle.

    Attributes:
        random: numpy Generator.
        spread: float, 1.0 = the whole range, 0.0 = always its middle.
    """

    random: np.random.Generator
    spread: float = 1.0

    def __call__(self, low, high):
        middle = (low + high) / 2
        return middle + self.spread * (float(self.random.uniform(low, high)) - middle)

    def chance(self, probability):
        return float(self.random.random()) < probability

    def count(self, mean):
        return int(self.random.poisson(mean))

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def side(self):
        return -1 if self.chance(0.5) else 1

    def color(self, hue, saturation, value):
        """Each a (low, high) range; hue wraps round. Returns float32 [3], 0..255."""
        return hsv(self(*hue), self(*saturation), self(*value))


def hsv(hue, saturation, value):
    """Hue, saturation and value in [0, 1] -> float32 [3], 0..255."""
    return np.float32(colorsys.hsv_to_rgb(hue % 1.0, saturation, value)) * 255


def value_noise(random, size=TEXTURE_SIZE):
    """Smooth noise of unit deviation that tiles: float32 [size, size]."""
    noise = np.zeros((size, size), np.float32)
    for cells, amplitude in ((4, 1.0), (8, 0.8), (16, 0.6), (32, 0.5), (64, 0.4)):
        if cells <= size:
            noise += amplitude * _stretched(
                random.standard_normal((cells, cells)), size
            )
    return np.round(noise / noise.std() * 64) / 64


def _stretched(grid, size):
    """Bilinear, wrapping enlargement of a square grid to float32 [size, size]."""
    cells = len(grid)
    place = np.arange(size) * cells / size
    low = place.astype(int)
    part = (place - low).astype(np.float32)
    grid = grid.astype(np.float32)
    rows = grid[low] * (1 - part)[:, None] + grid[(low + 1) % cells] * part[:, None]
    return rows[:, low] * (1 - part) + rows[:, (low + 1) % cells] * part


def lookup(table, rows, columns):
    """Samples a tiling texture at float (row, column) positions, nearest below."""
    size = len(table)
    row, column = np.floor(rows).astype(np.int32), np.floor(columns).astype(np.int32)
    return table[row & (size - 1), column & (size - 1)]
