"""One street: its ground, what stands along it, and who is on it.

Metres: x to the right of the camera, z ahead of where the camera is in the
annotated frame (time 0). The camera drives along z at `speed`.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.casting import draw_actors
from naive_student_tf.data.toy_city.classes import (
    BUILDING,
    FENCE,
    HEDGE,
    VEGETATION,
    WALL,
)
from naive_student_tf.data.toy_city.ground import Ground, draw_ground
from naive_student_tf.data.toy_city.style import CityStyle, Weather
from naive_student_tf.data.toy_city.texture import Draw, value_noise

OPEN = 0  # a gap between segments
_BEHIND, _AHEAD = -60.0, 260.0


@dataclasses.dataclass(frozen=True)
class Plane:
    """An upright plane beside the road, parallel to it, cut into segments.

    Attributes:
        x: float, metres; starts: float32 [N], ascending z where segments begin.
        kinds: uint8 [N], see classes.py, or OPEN; heights: float32 [N], metres.
        colors: float32 [N, 3]; phases: float32 [N], metres, shift of the windows.
    """

    x: float
    starts: np.ndarray
    kinds: np.ndarray
    heights: np.ndarray
    colors: np.ndarray
    phases: np.ndarray


@dataclasses.dataclass(frozen=True)
class Scene:
    style: CityStyle
    weather: Weather
    ground: Ground
    planes: list  # far ones first
    actors: list
    coarse_noise: np.ndarray  # float32 [128, 128], tiles
    fine_noise: np.ndarray
    speed: float  # metres / second
    sway: float  # seconds, phase of the camera's nodding


def draw_scene(random, style, *, guests=(), weather):
    """A street of a city.

    Args:
        random: numpy Generator of this scene.
        style: CityStyle of the city.
        guests: kinds (see casting.py) that must be there, close and in view.
        weather: Weather of the drive.
    """
    draw = Draw(random)
    rails = "train" in guests or draw.chance(0.12)
    ground = draw_ground(draw, style.streets, rails=rails)
    return Scene(
        style=style,
        weather=weather,
        ground=ground,
        planes=_planes(draw, style, ground),
        actors=draw_actors(draw, style, ground, guests=guests),
        coarse_noise=value_noise(random),
        fine_noise=value_noise(random),
        speed=draw(2.0, 12.0) if draw.chance(0.85) else 0.0,
        sway=draw(0.0, 6.0),
    )


def _planes(draw, style, ground):
    """Buildings on both sides, and before them walls, fences and hedges."""
    barrier = ground.half_width + ground.verge + ground.sidewalk_width
    distances = (ground.facade, _facade_segment), (barrier, _barrier_segment)
    return [
        _plane(draw, style, ground.center + side * distance, segment)
        for distance, segment in distances
        for side in (-1, 1)
    ]


def _plane(draw, style, x, segment):
    rows, z = [], _BEHIND
    while z < _AHEAD:
        length, kind, height, color = segment(draw, style)
        rows.append((z, kind, height, color * draw(0.8, 1.2), draw(0.0, 9.0)))
        z += length
    starts, kinds, heights, colors, phases = zip(*rows, strict=True)
    return Plane(
        x=x,
        starts=np.float32(starts),
        kinds=np.uint8(kinds),
        heights=np.float32(heights),
        colors=np.float32(colors),
        phases=np.float32(phases),
    )


def _facade_segment(draw, style):
    """(length, kind, height, color) of a building, some trees, or a gap."""
    length, choice = draw(6.0, 18.0), draw(0.0, 1.0)
    if choice < 0.74:
        height = draw(*style.streets.building_height)
        return length, BUILDING, height, draw.pick(style.colors.facades)
    if choice < 0.87:
        return length, VEGETATION, draw(3.0, 9.0), style.colors.foliage
    return length, OPEN, 0.0, style.colors.foliage


def _barrier_segment(draw, style):
    """(length, kind, height, color) of a wall, a fence, a hedge, or a gap."""
    length, choice = draw(7.0, 24.0), draw(0.0, 1.0)
    share = style.streets.barrier_share
    if choice < share * 0.38:
        return length, WALL, draw(1.7, 3.2), style.colors.wall
    if choice < share * 0.78:
        return length, FENCE, draw(1.4, 2.3), style.colors.fence
    if choice < share:
        return length, HEDGE, draw(0.8, 2.4), style.colors.foliage
    return length, OPEN, 0.0, style.colors.foliage
