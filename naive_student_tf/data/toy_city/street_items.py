"""Sprites of what stands at the street: trees, poles, signs, lights, bins, animals."""

import numpy as np

from naive_student_tf.data.toy_city.classes import (
    ANIMAL,
    POLE,
    STATIC,
    TRAFFIC_LIGHT,
    TRAFFIC_SIGN,
    VEGETATION,
)
from naive_student_tf.data.toy_city.sprites import (
    SPRITE_SIZE,
    Easel,
    U,
    V,
    box,
    disc,
    stroke,
)
from naive_student_tf.data.toy_city.texture import value_noise

_SIGN_COLORS = ((205, 30, 36), (30, 70, 185), (235, 200, 45))
_LAMPS = ((245, 50, 40), (245, 185, 40), (50, 225, 110))


def tree(draw, foliage):
    """A trunk and a ragged crown."""
    easel = Easel(draw)
    trunk = np.float32([84, 64, 46]) * draw(0.6, 1.3)
    easel.put((np.abs(U - 0.5) < 0.05) & (V > 0.5), trunk, VEGETATION)
    noise = value_noise(draw.random, 64)[:SPRITE_SIZE, :SPRITE_SIZE]
    distance = ((U - 0.5) / 0.5) ** 2 + ((V - 0.38) / 0.38) ** 2
    crown = distance + 0.25 * noise < 0.85
    easel.put(crown, foliage * draw(0.8, 1.2), VEGETATION)
    light = np.clip(1 + 0.22 * noise - 0.5 * (V - 0.3), 0.35, 1.7)
    easel.shade(np.where(crown, light, 1.0).astype(np.float32))
    return easel.sprite()


def pole(draw, metal):
    easel = Easel(draw)
    easel.put(box(0, 1, 0, 1), metal * draw(0.7, 1.2), POLE)
    easel.put(box(0, 0.3, 0, 1), metal * 1.3, POLE)
    return easel.sprite()


def lamp_post(draw, metal):
    """A mast with an arm over the road."""
    easel, color = Easel(draw), metal * draw(0.7, 1.2)
    easel.put(box(0.44, 0.56, 0.02, 1), color, POLE)
    easel.put(box(0.5, 1.0, 0.0, 0.03), color, POLE)
    easel.put(box(0.72, 1.0, 0.0, 0.05), (225, 222, 205), POLE)
    return easel.sprite()


def sign(draw):
    """Round, square or triangular, in one of the colors of signs."""
    easel = Easel(draw)
    shape = draw.pick(
        (disc(0.5, 0.5, 0.49, 0.49), box(0, 1, 0, 1), np.abs(U - 0.5) < V / 2)
    )
    easel.put(shape, draw.pick(_SIGN_COLORS), TRAFFIC_SIGN)
    easel.put(shape & disc(0.5, 0.58, 0.26, 0.22), (238, 238, 232), TRAFFIC_SIGN)
    return easel.sprite()


def light(draw):
    """A dark box with one lamp lit."""
    easel, lit = Easel(draw), int(draw.random.integers(3))
    easel.put(box(0, 1, 0, 1), (32, 36, 33), TRAFFIC_LIGHT)
    easel.put(disc(0.5, (0.2, 0.5, 0.8)[lit], 0.42, 0.17), _LAMPS[lit], TRAFFIC_LIGHT)
    return easel.sprite()


def bin_(draw):
    """A rubbish bin: static, not evaluated."""
    easel = Easel(draw)
    easel.put(box(0.1, 0.9, 0.1, 1), draw.color((0, 1), (0, 0.4), (0.2, 0.5)), STATIC)
    easel.put(box(0.0, 1, 0.0, 0.12), (50, 50, 52), STATIC)
    return easel.sprite()


def animal(draw):
    """A dog or a calf from the side, 1.4 times as wide as high."""
    easel = Easel(draw)
    fur = draw.color((0.03, 0.12), (0.05, 0.7), (0.1, 0.9))
    for leg in (0.22, 0.32, 0.62, 0.72):
        easel.put(box(leg, leg + 0.09, 0.55, 1.0), fur * 0.7, ANIMAL)
    easel.put(disc(0.47, 0.48, 0.34, 0.22), fur, ANIMAL)
    easel.put(stroke(0.7, 0.4, 0.86, 0.2, 0.2), fur, ANIMAL)
    easel.put(disc(0.86, 0.2, 0.13, 0.13), fur * 1.1, ANIMAL)
    easel.put(stroke(0.15, 0.42, 0.04, 0.22, 0.07), fur * 0.8, ANIMAL)
    if draw.chance(0.4):
        easel.put(disc(0.5, 0.45, 0.16, 0.12), (235, 232, 225), ANIMAL)
    return easel.sprite()
