"""What a city looks like (CityStyle) and the weather of a drive (Weather).

Every number is drawn from a range that `spread` narrows: it is the knob for how
different cities look, and so for how much a net gains from seeing many of them.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.texture import Draw

ANY = (0.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Colors:
    """Surfaces of a city, float32 [3] in 0..255; lists where there are several."""

    road: np.ndarray
    sidewalk: np.ndarray
    terrain: np.ndarray
    foliage: np.ndarray
    sky: np.ndarray
    metal: np.ndarray
    wall: np.ndarray
    fence: np.ndarray
    facades: list
    vehicles: list


@dataclasses.dataclass(frozen=True)
class Streets:
    """Shape of the streets; lengths in metres."""

    road_half_width: float
    sidewalk_width: float
    lane_marks: float  # 0 = worn off, 1 = fresh
    window_share: float
    window_pitch: tuple  # (across, up)
    window_light: float
    building_height: tuple  # (low, high)
    barrier_share: float  # of the street side with wall, fence or hedge
    road_grain: float
    sidewalk_grain: float
    kerb_width: float = 0.0  # told apart from the sidewalk
    crossing_share: float = 0.0  # of streets with a zebra crossing


@dataclasses.dataclass(frozen=True)
class Camera:
    """How the camera is mounted, and the own car's hood below it."""

    focal: float  # in image widths
    horizon: float  # in image heights
    height_m: float
    balance: np.ndarray  # gain per channel
    hood_height: float  # in image heights
    hood_curve: float
    hood_color: np.ndarray
    hood_mirror: float  # share of the mirrored street in the hood's color


@dataclasses.dataclass(frozen=True)
class CityStyle:
    colors: Colors
    streets: Streets
    camera: Camera
    traffic: dict  # kind (see casting.py) -> expected number in a scene


@dataclasses.dataclass(frozen=True)
class Weather:
    """Light, air and sensor of one drive."""

    fog: float  # 1 / metre
    fog_color: np.ndarray
    gain: float
    gamma: float
    contrast: float
    saturation: float
    noise: float  # deviation in grey levels
    shade: float  # how much darker one side of the street is
    shaded_side: int


def draw_city(random, *, spread):
    """A CityStyle. random: numpy Generator; spread: float, see Draw."""
    draw = Draw(random, spread)
    return CityStyle(_colors(draw), _streets(draw), _camera(draw), _traffic(draw))


def draw_weather(random, *, spread):
    """A Weather. random: numpy Generator; spread: float, see Draw."""
    draw = Draw(random, spread)
    foggy = draw.chance(0.25)
    return Weather(
        fog=draw(0.006, 0.016) if foggy else draw(0.0, 0.004),
        fog_color=np.float32([190, 195, 200]) * draw(0.75, 1.05),
        gain=draw(0.75, 1.25),
        gamma=draw(0.7, 1.15),
        contrast=draw(0.85, 1.2),
        saturation=draw(0.6, 1.4),
        noise=draw(1.0, 4.0),
        shade=draw(0.0, 0.3),
        shaded_side=draw.side(),
    )


def _colors(draw):
    grey = draw(70, 130)
    pavement = grey * draw(0.95, 1.6)
    tint = draw(0.92, 1.08), draw(0.94, 1.12)
    return Colors(
        road=np.float32([grey * tint[0], grey, grey * tint[1]]),
        sidewalk=np.float32([draw(1.0, 1.2), 1.0, draw(0.8, 1.0)]) * pavement,
        terrain=_terrain(draw),
        foliage=draw.color((0.19, 0.36), (0.3, 0.65), (0.2, 0.5)),
        sky=_sky(draw),
        metal=draw.color(ANY, (0.0, 0.3), (0.3, 0.7)),
        wall=draw.color((0.0, 0.1), (0.15, 0.55), (0.3, 0.6)),  # stone or brick
        fence=draw.color((0.07, 0.4), (0.2, 0.6), (0.15, 0.5)),  # wood or green
        facades=_facades(draw),
        vehicles=_paints(Draw(draw.random)),
    )


def _terrain(draw):
    if draw.chance(0.35):
        return draw.color((0.08, 0.14), (0.3, 0.5), (0.4, 0.6))  # dry
    return draw.color((0.19, 0.3), (0.4, 0.7), (0.4, 0.65))  # grass


def _sky(draw):
    if draw.chance(0.45):
        return draw.color((0.6, 0.6), (0.0, 0.05), (0.7, 0.98))  # overcast
    return draw.color((0.54, 0.62), (0.1, 0.6), (0.7, 1.0))


def _facades(draw):
    common = draw(0.0, 1.0)
    return [
        draw.color(
            (common - 0.1, common + 0.1) if draw.chance(0.3) else (0.02, 0.13),
            (0.05, 0.42),
            (0.35, 0.9),
        )
        for _ in range(5)
    ]


def _paints(draw):
    """Vehicles: mostly grey, black and white, some bright, in every city."""
    grey = [draw.color(ANY, (0.0, 0.12), (0.08, 0.95)) for _ in range(5)]
    return grey + [draw.color(ANY, (0.4, 0.85), (0.3, 0.85)) for _ in range(5)]


def _streets(draw):
    low = draw(5.0, 9.0)
    return Streets(
        road_half_width=draw(3.2, 5.2),
        sidewalk_width=draw(2.2, 4.5),
        lane_marks=draw(0.1, 1.0),
        window_share=draw(0.3, 0.6),
        window_pitch=(draw(1.6, 3.4), draw(2.6, 3.8)),
        window_light=draw(0.35, 1.3),
        building_height=(low, low + draw(4.0, 15.0)),
        barrier_share=draw(0.3, 0.75),
        road_grain=draw(0.03, 0.1),
        sidewalk_grain=draw(0.04, 0.14),
    )


def _camera(draw):
    own = Draw(draw.random)  # a hood is as odd as it likes in every city
    return Camera(
        focal=draw(0.95, 1.25),
        horizon=draw(0.36, 0.48),
        height_m=draw(1.2, 1.6),
        balance=np.float32([draw(0.9, 1.1), 1.0, draw(0.9, 1.1)]),
        hood_height=own(0.08, 0.18),
        hood_curve=own(0.15, 0.5),
        hood_color=own.color(ANY, (0.0, 0.7), (0.25, 0.95)),
        hood_mirror=own(0.35, 0.8),
    )


def _traffic(draw):
    ranges = {
        "car": (2, 7), "parked": (2, 10), "truck": (0.1, 0.9), "bus": (0.1, 0.9),
        "train": (0.5, 1.5), "person": (4, 11), "cyclist": (0.4, 1.8),
        "motorcyclist": (0.2, 1.0), "bicycle": (0.3, 2.2), "motorcycle": (0.2, 1.2),
        "tree": (1, 7), "pole": (3, 8), "sign": (2, 6), "light": (1, 4),
        "bin": (0, 1.2), "trailer": (0, 0.4), "crowd": (0, 0.6),
    }  # fmt: skip
    return {kind: draw(low, high) for kind, (low, high) in ranges.items()}
