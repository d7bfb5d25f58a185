"""Sprites of people and of what they ride."""

import numpy as np

from naive_student_tf.data.toy_city.classes import (
    BICYCLE,
    MOTORCYCLE,
    MOTORCYCLIST,
    PERSON,
    RIDER,
)
from naive_student_tf.data.toy_city.sprites import (
    Easel,
    U,
    V,
    box,
    disc,
    ring,
    stroke,
)
from naive_student_tf.data.toy_city.texture import hsv

_TYRE = (30, 30, 32)
_LAMPS = (235, 225, 190), (200, 30, 25)


def person(draw):
    """Someone on foot, 0.4 as wide as high."""
    easel, coat, legs = Easel(draw), _cloth(draw), _cloth(draw) * 0.7
    stride = draw(-0.2, 0.2)
    for side in (-1, 1):
        foot = 0.5 + side * (0.1 + stride)
        easel.put(stroke(0.5 + side * 0.1, 0.5, foot, 0.98, 0.17), legs, PERSON)
    body = np.abs(U - 0.5) < 0.27 - 0.12 * (V - 0.15)
    easel.put(body & (V > 0.15) & (V < 0.58), coat, PERSON)
    for side in (-1, 1):
        hand = 0.5 + side * draw(0.26, 0.42)
        easel.put(stroke(0.5 + side * 0.22, 0.2, hand, 0.52, 0.13), coat * 0.85, PERSON)
    _head(easel, PERSON)
    if draw.chance(0.35):
        side = 0.5 + draw.side() * 0.36
        easel.put(disc(side, 0.56, 0.14, 0.1), _cloth(draw), PERSON)
    return easel.sprite()


def cyclist_along(draw):
    """A rider seen from behind or in front, 0.45 as wide as high."""
    easel = Easel(draw)
    easel.put(box(0.42, 0.58, 0.55, 1.0), _TYRE, BICYCLE)
    easel.put(box(0.14, 0.86, 0.46, 0.51), _paint(draw), BICYCLE)
    _rider_along(easel, draw, RIDER)
    return easel.sprite()


def cyclist_across(draw):
    """A rider seen from the side, as wide as high."""
    easel = Easel(draw)
    _bicycle(easel, draw, top=0.55)
    _rider_across(easel, draw, RIDER, seat=0.42, foot=(0.52, 0.9), hand=0.7)
    return easel.sprite()


def motorcyclist_along(draw):
    """A motorcycle with its rider from behind or in front, 0.55 as wide as high."""
    easel, paint = Easel(draw), _paint(draw)
    easel.put(box(0.38, 0.62, 0.6, 1.0), _TYRE, MOTORCYCLE)
    easel.put(disc(0.5, 0.64, 0.36, 0.2), paint, MOTORCYCLE)
    easel.put(box(0.1, 0.9, 0.42, 0.47), (70, 70, 74), MOTORCYCLE)
    easel.put(disc(0.5, 0.66, 0.12, 0.07), draw.pick(_LAMPS), MOTORCYCLE)
    _rider_along(easel, draw, MOTORCYCLIST)
    return easel.sprite()


def motorcyclist_across(draw):
    """A motorcycle with its rider from the side, 1.2 times as wide as high."""
    easel = Easel(draw)
    _motorcycle(easel, draw, top=0.5)
    _rider_across(easel, draw, MOTORCYCLIST, seat=0.4, foot=(0.5, 0.82), hand=0.7)
    return easel.sprite()


def bicycle(draw):
    """A parked bicycle from the side, 1.7 times as wide as high."""
    easel = Easel(draw)
    _bicycle(easel, draw, top=0.0)
    return easel.sprite()


def motorcycle(draw):
    """A parked motorcycle from the side, 1.8 times as wide as high."""
    easel = Easel(draw)
    _motorcycle(easel, draw, top=0.0)
    return easel.sprite()


def _bicycle(easel, draw, *, top):
    tall, paint = 1.0 - top, _paint(draw)
    wheel = top + 0.62 * tall
    for hub in (0.24, 0.76):
        easel.put(ring(hub, wheel, 0.24, 0.38 * tall), _TYRE, BICYCLE)
    frame = top + 0.25 * tall
    for line in (
        (0.24, wheel, 0.38, frame),
        (0.38, frame, 0.5, wheel),
        (0.5, wheel, 0.68, frame),
        (0.38, frame, 0.68, frame),
        (0.68, top + 0.1 * tall, 0.76, wheel),
    ):
        easel.put(stroke(*line, 0.075), paint, BICYCLE)
    easel.put(box(0.3, 0.45, top + 0.08 * tall, top + 0.2 * tall), _TYRE, BICYCLE)


def _motorcycle(easel, draw, *, top):
    tall, paint = 1.0 - top, _paint(draw)
    wheel = top + 0.7 * tall
    for hub in (0.2, 0.8):
        easel.put(disc(hub, wheel, 0.2, 0.3 * tall), _TYRE, MOTORCYCLE)
        easel.put(disc(hub, wheel, 0.08, 0.12 * tall), (150, 150, 150), MOTORCYCLE)
    easel.put(disc(0.5, top + 0.55 * tall, 0.26, 0.28 * tall), (60, 60, 64), MOTORCYCLE)
    easel.put(disc(0.56, top + 0.36 * tall, 0.22, 0.2 * tall), paint, MOTORCYCLE)
    saddle = box(0.16, 0.46, top + 0.28 * tall, top + 0.42 * tall)
    easel.put(saddle, (40, 38, 38), MOTORCYCLE)
    easel.put(stroke(0.7, top + 0.08 * tall, 0.8, wheel, 0.08), paint, MOTORCYCLE)


def _rider_along(easel, draw, label):
    coat, legs = _cloth(draw), _cloth(draw) * 0.7
    for side in (-1, 1):
        easel.put(stroke(0.5, 0.5, 0.5 + side * 0.2, 0.8, 0.17), legs, label)
        easel.put(stroke(0.5, 0.22, 0.5 + side * 0.34, 0.46, 0.13), coat * 0.9, label)
    easel.put(disc(0.5, 0.36, 0.26, 0.22), coat, label)
    _head(easel, label)


def _rider_across(easel, draw, label, *, seat, foot, hand):
    coat, legs = _cloth(draw), _cloth(draw) * 0.7
    easel.put(stroke(seat, 0.55, foot[0], foot[1], 0.1), legs, label)
    easel.put(stroke(seat, 0.52, seat + 0.1, 0.22, 0.2), coat, label)
    easel.put(stroke(seat + 0.12, 0.26, hand, 0.52, 0.08), coat * 0.85, label)
    easel.put(disc(seat + 0.15, 0.1, 0.08, 0.09), _helmet(draw), label)


def _head(easel, label):
    draw = easel.draw
    color = _skin(draw) if label == PERSON else _helmet(draw)
    easel.put(disc(0.5, 0.08, 0.15, 0.08), color, label)
    if draw.chance(0.6):
        easel.put(disc(0.5, 0.045, 0.15, 0.045), _cloth(draw) * 0.6, label)


def _cloth(draw):
    return draw.color((0, 1), (0.05, 0.9), (0.1, 0.9))


def _paint(draw):
    return draw.color((0, 1), (0.3, 0.9), (0.3, 0.85))


def _skin(draw):
    return hsv(0.06, draw(0.25, 0.5), draw(0.4, 0.9))


def _helmet(draw):
    return _skin(draw) if draw.chance(0.4) else _cloth(draw)
