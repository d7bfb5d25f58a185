"""Paints buildings, walls, fences and hedges: upright planes along the street.

Ray casting is cheap here: all of a column of pixels meets a plane at one distance.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.classes import BUILDING, FENCE, IS_FOLIAGE, WALL
from naive_student_tf.data.toy_city.texture import lookup

_FARTHEST_M, _BARS_M = 160.0, 45.0  # seen at all; seen through between bars


def paint_plane(canvas, view, scene, plane):
    """Paints one scene.Plane where it is nearer than what is on the canvas."""
    side = 1.0 if plane.x > 0 else -1.0
    reach = (view.columns - view.center_x) * side
    columns = np.flatnonzero(reach > 1.0)
    if not len(columns):
        return
    span = slice(columns[0], columns[-1] + 1)
    z = view.focal * abs(plane.x) / reach[span]  # [W]
    segment = np.searchsorted(plane.starts, z + view.z, side="right") - 1
    segment = np.clip(segment, 0, len(plane.starts) - 1)
    up = view.eye - (view.rows[:, None] - view.horizon) * z / view.focal  # [H, W]
    top = _tops(scene, plane, segment, up, z + view.z)
    seen = (up > -0.05) & (up < top) & (z < canvas.depth[:, span])
    seen &= (plane.kinds[segment] > 0) & (z < _FARTHEST_M)
    row, column = np.nonzero(seen)
    place = row, column + columns[0]
    point = _Points(
        kind=plane.kinds[segment][column],
        base=plane.colors[segment][column],
        phase=plane.phases[segment][column],
        up=up[row, column],
        along=(z + view.z)[column],
    )
    color = point.color(scene) * _light(scene.weather, side)
    bars = point.between_bars(top[row, column]) & (z[column] < _BARS_M)
    color[bars] = canvas.image[place][bars] * 0.75
    canvas.image[place] = color
    canvas.label[place] = point.kind
    canvas.depth[place] = z[column]


def _tops(scene, plane, segment, up, along):
    """float32 [H, W], metres; the upper edge of foliage is ragged."""
    top = np.broadcast_to(plane.heights[segment], up.shape).copy()
    green = np.flatnonzero(IS_FOLIAGE[plane.kinds[segment]])
    if len(green):
        row, column = up[:, green] * 5, along[green] * 4 + 0 * up[:, green]
        top[:, green] += 0.5 * lookup(scene.coarse_noise, row, column)
    return top


def _light(weather, side):
    lit = 1 + 0.3 * weather.shade
    return np.float32(1 - weather.shade if weather.shaded_side == side else lit)


@dataclasses.dataclass(frozen=True)
class _Points:
    """Points of a plane that are seen.

    Attributes:
        kind: uint8 [N], see classes.py.
        base: float32 [N, 3]; phase: float32 [N], metres.
        up, along: float32 [N], metres above the ground and along the street.
    """

    kind: np.ndarray
    base: np.ndarray
    phase: np.ndarray
    up: np.ndarray
    along: np.ndarray

    def color(self, scene):
        """float32 [N, 3]."""
        leaves = lookup(scene.coarse_noise, self.up * 5, self.along * 4)
        grain = lookup(scene.fine_noise, self.up * 16, self.along * 9)
        green = IS_FOLIAGE[self.kind]
        change = np.where(green, 0.3 * leaves + 0.2 * grain, 0.07 * grain)
        color = self.base * (1 + change)[:, None]
        window = self._in_window(scene.style.streets)
        glass = np.float32([70, 80, 95]) * scene.style.streets.window_light
        color[window] = glass * (1 + 0.25 * leaves[window])[:, None]
        color[(self.kind == BUILDING) & (self.up < 0.5)] *= 0.75
        color[self._between_stones()] *= 0.65
        return color

    def between_bars(self, top):
        """bool [N], the holes of a fence."""
        inside = (self.up < top - 0.15) & (self.up > 0.15)
        return (self.kind == FENCE) & inside & (self.along * 2.0 % 1.0 > 0.5)

    def _in_window(self, streets):
        across, upwards = streets.window_pitch
        rise = (self.up - 0.8) % upwards / upwards - 0.55
        place = (self.along + self.phase) % across / across - 0.5
        half = streets.window_share / 2
        inside = (np.abs(rise) < half) & (np.abs(place) < half)
        return (self.kind == BUILDING) & inside & (self.up > 0.5)

    def _between_stones(self):
        joint = (self.up % 0.5 < 0.07) | (self.along % 1.1 < 0.08)
        return (self.kind == WALL) & joint
