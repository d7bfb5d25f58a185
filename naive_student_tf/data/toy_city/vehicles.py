"""Sprites of vehicles: the end one looks at, and the flank that runs away.

Each is a function of a Draw, the paint (float32 [3]) and the color of the lamps.
"""

import numpy as np

from naive_student_tf.data.toy_city.classes import BUS, CAR, TRAILER, TRAIN, TRUCK
from naive_student_tf.data.toy_city.sprites import Easel, U, V, box, disc

_TYRE = (24, 24, 26)
_GLASS = np.float32([45, 54, 66])


def car_end(draw, paint, lamp):
    """Rear or front of a car."""
    easel, glass = Easel(draw), _GLASS * draw(0.6, 2.2)
    for left in (0.05, 0.75):
        easel.put(box(left, left + 0.2, 0.7, 1.0), _TYRE, CAR)
    easel.put(box(0.01, 0.99, 0.42, 0.9), paint, CAR)
    cabin = np.abs(U - 0.5) < 0.38 + 0.2 * V
    easel.put(cabin & (V < 0.46), paint * 0.9, CAR)
    easel.put((np.abs(U - 0.5) < 0.3 + 0.24 * V) & (V > 0.08) & (V < 0.4), glass, CAR)
    for left in (0.03, 0.79):
        easel.put(box(left, left + 0.18, 0.48, 0.6), lamp, CAR)
    easel.put(box(0.36, 0.64, 0.63, 0.73), (205, 205, 200), CAR)
    easel.put(box(0.02, 0.98, 0.8, 0.9), paint * 0.55, CAR)
    return easel.sprite()


def car_flank(draw, paint, lamp):
    """Side of a car, 2.7 times as wide as high."""
    easel, glass = Easel(draw), _GLASS * draw(0.6, 2.0)
    easel.put(box(0.01, 0.99, 0.44, 0.84), paint * 0.92, CAR)
    cabin = U < 0.6 + 0.4 * V  # the near end is upright, like car_end
    easel.put(cabin & (V > 0.02) & (V < 0.48), paint * 0.85, CAR)
    easel.put((U > 0.06) & (U < 0.55 + 0.38 * V) & (V > 0.1) & (V < 0.42), glass, CAR)
    easel.put(box(0.36, 0.39, 0.05, 0.5), paint * 0.7, CAR)
    for hub in (0.2, 0.8):
        easel.put(disc(hub, 0.82, 0.1, 0.18), _TYRE, CAR)
        easel.put(disc(hub, 0.82, 0.05, 0.09), (140, 140, 140), CAR)
    return easel.sprite()


def truck_end(draw, paint, lamp):
    """Rear of a box truck, or the front of its cab."""
    easel = Easel(draw)
    _wheels_of_end(easel, TRUCK, 0.84)
    easel.put(box(0.01, 0.99, 0.0, 0.86), paint, TRUCK)
    if draw.chance(0.5):
        easel.put(box(0.02, 0.98, 0.0, 0.3), paint * 0.75, TRUCK)
        easel.put(box(0.1, 0.9, 0.34, 0.58), _GLASS * draw(0.7, 1.6), TRUCK)
        easel.put(box(0.25, 0.75, 0.64, 0.78), (50, 50, 52), TRUCK)
    else:
        easel.put(box(0.48, 0.52, 0.02, 0.78), paint * 0.55, TRUCK)
        for left in (0.2, 0.76):
            easel.put(box(left, left + 0.04, 0.05, 0.75), paint * 0.7, TRUCK)
    _stripes(easel, TRUCK, 0.79, 0.87)
    return easel.sprite()


def truck_flank(draw, paint, lamp):
    """Cab at the left end, then the plain load box; no windows in it."""
    easel = Easel(draw)
    easel.put(box(0.0, 1.0, 0.74, 0.86), (58, 58, 60), TRUCK)
    easel.put(box(0.24, 1.0, 0.0, 0.76), paint * 0.92, TRUCK)
    for seam in (0.4, 0.6, 0.8):
        easel.put(box(seam, seam + 0.02, 0.02, 0.74), paint * 0.75, TRUCK)
    easel.put(box(0.0, 0.21, 0.2, 0.82), paint * 0.6, TRUCK)
    easel.put(box(0.03, 0.16, 0.26, 0.46), _GLASS, TRUCK)
    _wheels_of_flank(easel, TRUCK, (0.12, 0.7, 0.86))
    return easel.sprite()


def bus_end(draw, paint, lamp):
    """One large window, an amber destination board above it."""
    easel, glass = Easel(draw), _GLASS * draw(0.7, 1.8)
    _wheels_of_end(easel, BUS, 0.9)
    easel.put(box(0.01, 0.99, 0.0, 0.93), paint, BUS)
    easel.put(box(0.07, 0.93, 0.17, 0.56), glass, BUS)
    easel.put(box(0.15, 0.85, 0.04, 0.13), (240, 170, 45), BUS)
    for left in (0.05, 0.8):
        easel.put(box(left, left + 0.15, 0.7, 0.78), lamp, BUS)
    easel.put(box(0.36, 0.64, 0.8, 0.87), (205, 205, 200), BUS)
    return easel.sprite()


def bus_flank(draw, paint, lamp):
    """A row of windows over the whole length, wheels below."""
    easel, glass = Easel(draw), _GLASS * draw(0.7, 1.8)
    easel.put(box(0.0, 1.0, 0.0, 0.93), paint * 0.94, BUS)
    easel.put(box(0.01, 0.99, 0.18, 0.52), glass, BUS)
    for pillar in (0.2, 0.4, 0.6, 0.8):
        easel.put(box(pillar, pillar + 0.02, 0.18, 0.52), paint * 0.8, BUS)
    easel.put(box(0.3, 0.37, 0.2, 0.9), _GLASS * 0.8, BUS)
    _wheels_of_flank(easel, BUS, (0.16, 0.78))
    return easel.sprite()


def train_end(draw, paint, lamp):
    """A tram: tapered head, light band, one lamp in the middle, skirt to the rails."""
    easel, glass = Easel(draw), _GLASS * draw(0.6, 1.4)
    head = np.abs(U - 0.5) < 0.36 + 0.5 * V
    easel.put(head & (V > 0.1), paint, TRAIN)
    easel.put(head & (np.abs(U - 0.5) < 0.44) & (V > 0.16) & (V < 0.5), glass, TRAIN)
    easel.put(head & (V > 0.54) & (V < 0.72), (225, 222, 212), TRAIN)
    easel.put(disc(0.5, 0.63, 0.09, 0.05), (255, 246, 200), TRAIN)
    easel.put(box(0.0, 1.0, 0.9, 1.0), (45, 45, 48), TRAIN)
    for line in (0.3, 0.66):
        easel.put(box(line, line + 0.04, 0.0, 0.12), (60, 60, 62), TRAIN)
    return easel.sprite()


def train_flank(draw, paint, lamp):
    """Dark windows between two bands, no wheels."""
    easel, glass = Easel(draw), _GLASS * draw(0.6, 1.4)
    easel.put(box(0.0, 1.0, 0.1, 1.0), paint * 0.92, TRAIN)
    easel.put(box(0.0, 1.0, 0.2, 0.5), glass, TRAIN)
    easel.put(box(0.0, 1.0, 0.54, 0.72), (215, 212, 203), TRAIN)
    easel.put(box(0.0, 1.0, 0.9, 1.0), (45, 45, 48), TRAIN)
    for door in (0.15, 0.45, 0.75):
        easel.put(box(door, door + 0.08, 0.2, 0.9), paint * 0.6, TRAIN)
    return easel.sprite()


def trailer_end(draw, paint, lamp):
    """A small two-wheeled trailer."""
    easel = Easel(draw)
    for left in (0.0, 0.86):
        easel.put(box(left, left + 0.14, 0.6, 1.0), _TYRE, TRAILER)
    easel.put(box(0.06, 0.94, 0.1, 0.82), paint * 0.8, TRAILER)
    _stripes(easel, TRAILER, 0.72, 0.82)
    return easel.sprite()


def _wheels_of_end(easel, label, top):
    for left in (0.06, 0.76):
        easel.put(box(left, left + 0.18, top, 1.0), _TYRE, label)


def _wheels_of_flank(easel, label, hubs):
    for hub in hubs:
        easel.put(disc(hub, 0.89, 0.05, 0.11), _TYRE, label)


def _stripes(easel, label, top, bottom):
    band = (top <= V) & (bottom >= V) & (np.abs(U - 0.5) < 0.47)
    easel.put(band, (235, 235, 230), label)
    easel.put(band & (np.floor(U * 8) % 2 == 0), (200, 40, 35), label)
