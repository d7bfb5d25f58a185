"""What a place of toy_vistas looks like, and its light.

Every frame is taken elsewhere, by another camera, at another hour: ranges are wider
than those of toy_city's cities, and lie elsewhere.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.style import (
    ANY,
    Camera,
    CityStyle,
    Colors,
    Streets,
    Weather,
)
from naive_student_tf.data.toy_city.texture import Draw

_TERRAINS = (  # hue, saturation, value: sand, earth, meadow, dry grass, snow
    ((0.09, 0.13), (0.25, 0.5), (0.6, 0.85)),
    ((0.03, 0.08), (0.4, 0.65), (0.3, 0.5)),
    ((0.22, 0.36), (0.4, 0.75), (0.3, 0.6)),
    ((0.13, 0.18), (0.3, 0.6), (0.5, 0.7)),
    ((0.55, 0.62), (0.0, 0.08), (0.8, 0.95)),
)
_FOLIAGE = (  # palms, pines, autumn
    ((0.22, 0.34), (0.45, 0.8), (0.25, 0.5)),
    ((0.34, 0.45), (0.3, 0.6), (0.15, 0.35)),
    ((0.03, 0.14), (0.5, 0.85), (0.4, 0.7)),
)


@dataclasses.dataclass(frozen=True)
class Hour:
    """Light of an hour; each a (low, high) range.

    Attributes:
        sky: hue, saturation, value of the sky.
        gamma: above 1, whatever gives no light is dark.
        warmth: gain of red over blue; window: light of windows.
        shade: how much darker one side of the street is.
    """

    sky: tuple
    gamma: tuple
    warmth: tuple
    window: tuple
    shade: tuple


_HOURS = (
    Hour(
        sky=((0.5, 0.62), (0.2, 0.7), (0.7, 1.0)),
        gamma=(0.65, 1.1),
        warmth=(0.9, 1.2),
        window=(0.3, 1.2),
        shade=(0.1, 0.45),
    ),
    Hour(
        sky=((0.55, 0.65), (0.0, 0.08), (0.5, 0.9)),
        gamma=(0.85, 1.3),
        warmth=(0.8, 1.0),
        window=(0.4, 1.4),
        shade=(0.0, 0.1),
    ),
    Hour(
        sky=((-0.02, 0.12), (0.2, 0.65), (0.45, 0.85)),
        gamma=(1.0, 1.5),
        warmth=(1.1, 1.5),
        window=(0.8, 2.6),
        shade=(0.0, 0.35),
    ),
    Hour(
        sky=((0.58, 0.75), (0.2, 0.6), (0.08, 0.25)),
        gamma=(1.1, 1.6),
        warmth=(0.8, 1.4),
        window=(1.2, 3.0),
        shade=(0.0, 0.3),
    ),
)
_DAY, _OVERCAST, _DUSK, _NIGHT = range(4)
_SHARES = (_DAY,) * 8 + (_OVERCAST,) * 6 + (_DUSK,) * 3 + (_NIGHT,) * 3


def draw_place(random, *, spread):
    """(CityStyle, Weather). random: numpy Generator; spread: float, see Draw."""
    draw = Draw(random, spread)
    hour = _HOURS[draw.pick(_SHARES)]
    colors = _colors(draw, hour)
    camera = _camera(draw, balance=_balance(draw, hour))
    style = CityStyle(colors, _streets(draw, hour), camera, _traffic(draw))
    return style, _weather(draw, hour, colors.sky)


def _weather(draw, hour, sky):
    foggy = draw.chance(0.3)
    return Weather(
        fog=draw(0.006, 0.02) if foggy else draw(0.0, 0.004),
        fog_color=(0.5 * sky + 0.5 * sky.mean()).astype(np.float32),
        gain=draw(0.8, 1.2),
        gamma=draw(*hour.gamma),
        contrast=draw(0.8, 1.25),
        saturation=draw(0.5, 1.5),
        noise=draw(1.0, 7.0),
        shade=draw(*hour.shade),
        shaded_side=draw.side(),
    )


def _balance(draw, hour):
    warmth = draw(*hour.warmth) ** 0.5
    return np.float32([warmth, draw(0.94, 1.06), 1 / warmth])


def _colors(draw, hour):
    grey = draw(60, 165)
    dusty = draw(0.95, 1.25)  # from asphalt to earth
    pavement = grey * draw(0.7, 1.5)
    return Colors(
        road=np.float32([grey * dusty, grey, grey / dusty]),
        sidewalk=np.float32([draw(1.0, 1.35), 1.0, draw(0.7, 1.0)]) * pavement,
        terrain=draw.color(*draw.pick(_TERRAINS)),
        foliage=draw.color(*draw.pick(_FOLIAGE)),
        sky=draw.color(*hour.sky),
        metal=draw.color(ANY, (0.0, 0.5), (0.2, 0.9)),
        wall=draw.color(ANY, (0.05, 0.4), (0.3, 0.85)),
        fence=draw.color(ANY, (0.0, 0.5), (0.1, 0.8)),
        facades=_facades(draw),
        vehicles=[draw.color(ANY, (0.0, 0.9), (0.08, 0.95)) for _ in range(8)],
    )


def _facades(draw):
    """Houses of one place are all plastered, of brick, or painted."""
    common = draw(0.0, 1.0)
    around = draw.pick(((0.04, 0.12), (0.0, 0.04), (common, common + 0.3)))
    vividness = draw(0.1, 0.6)
    return [draw.color(around, (0.0, vividness), (0.3, 0.95)) for _ in range(5)]


def _streets(draw, hour):
    low = draw(3.0, 14.0)
    return Streets(
        road_half_width=draw(2.8, 6.5),
        sidewalk_width=draw(1.6, 5.0),
        lane_marks=draw(0.35, 1.0),
        window_share=draw(0.25, 0.75),
        window_pitch=(draw(1.2, 4.5), draw(2.4, 4.5)),
        window_light=draw(*hour.window),
        building_height=(low, low + draw(2.0, 20.0)),
        barrier_share=draw(0.2, 0.9),
        road_grain=draw(0.02, 0.16),
        sidewalk_grain=draw(0.03, 0.2),
        kerb_width=draw(0.3, 0.5),
        crossing_share=0.45,
    )


def _camera(draw, *, balance):
    """From a phone behind a windscreen to a camera on a lorry; some show a hood."""
    wide = Draw(draw.random)
    shows_hood = draw.chance(0.35)
    return Camera(
        focal=wide(0.75, 1.4),
        horizon=wide(0.34, 0.58),
        height_m=wide(1.1, 2.6),
        balance=balance,
        hood_height=wide(0.05, 0.14) if shows_hood else 0.0,
        hood_curve=wide(0.0, 0.9),
        hood_color=wide.color(ANY, (0.0, 0.5), (0.05, 0.6)),
        hood_mirror=wide(0.0, 0.4),
    )


def _traffic(draw):
    ranges = {
        "car": (1, 7), "parked": (0, 9), "truck": (0.2, 1.4), "bus": (0.2, 1.2),
        "train": (0.5, 1.5), "trailer": (0.1, 0.9), "person": (2, 10),
        "cyclist": (0.2, 1.8), "motorcyclist": (0.4, 2.4), "bicycle": (0.2, 1.6),
        "motorcycle": (0.4, 2.0), "animal": (0.2, 1.6), "tree": (0, 8),
        "pole": (2, 9), "sign": (1, 6), "light": (0.5, 4), "bin": (0.3, 2.2),
    }  # fmt: skip
    return {kind: draw(low, high) for kind, (low, high) in ranges.items()}
