"""Paints sky, skyline and ground."""

import numpy as np

from naive_student_tf.data.toy_city.classes import (
    BUILDING,
    CROSSING,
    KERB,
    LANE_MARK,
    ROAD,
    SIDEWALK,
    TERRAIN,
    VEGETATION,
)
from naive_student_tf.data.toy_city.texture import lookup

_SKYLINE_M = 170.0  # how far away the skyline is


def paint_backdrop(canvas, view, scene):
    """Paints onto a blank canvas (view.Canvas) what a View sees of a Scene."""
    _paint_sky(canvas, view, scene)
    _paint_skyline(canvas, view, scene)
    _paint_ground(canvas, view, scene)


def _paint_sky(canvas, view, scene):
    above = slice(0, int(view.horizon) + 1)
    rows, columns = view.rows[above, None], view.columns[None]
    scale = 64 / view.height
    cloud = lookup(scene.coarse_noise, rows * scale * 1.3, columns * scale * 0.5)
    light = 0.78 + 0.3 * np.clip(rows / view.horizon, 0, 1)
    canvas.image[above] = scene.style.colors.sky * light[..., None]
    canvas.image[above] += 8 * cloud[..., None]


def _paint_skyline(canvas, view, scene):
    above = slice(0, int(view.horizon) + 1)
    block = (view.columns * (20 / view.width)).astype(int)  # 20 houses or woods
    is_green = scene.coarse_noise[5, block * 5 % 128] > 0
    roughness = scene.fine_noise[3, (view.columns * (128 / view.width)).astype(int)]
    rise = np.where(is_green, 0.1 * roughness, scene.fine_noise[9, block * 7 % 128])
    top = (0.06 + 0.025 * rise) * view.height
    above_horizon = view.horizon - view.rows[above, None]
    seen = (above_horizon > -1) & (above_horizon < top)
    colors = scene.style.colors
    color = np.where(is_green[:, None], colors.foliage * 0.9, colors.facades[0] * 0.85)
    canvas.image[above][seen] = np.broadcast_to(color, (*seen.shape, 3))[seen]
    label = np.where(is_green, VEGETATION, BUILDING).astype(np.uint8)
    canvas.label[above][seen] = np.broadcast_to(label, seen.shape)[seen]
    canvas.depth[above][seen] = _SKYLINE_M


def _paint_ground(canvas, view, scene):
    ground, colors = scene.ground, scene.style.colors
    first = int(view.horizon) + 1
    z = view.focal * view.eye / (view.rows[first:, None] - view.horizon)
    x = (view.columns[None] - view.center_x) * z / view.focal
    beside, along = np.abs(x - ground.center), z + view.z + 0 * x
    on_road = beside < ground.half_width
    inner = ground.half_width + ground.verge
    on_sidewalk = (beside >= inner) & (beside < inner + ground.sidewalk_width)
    kind = np.where(on_road, 0, np.where(on_sidewalk, 1, 2))
    grain = _grain(scene, x, along, z)
    strength = np.float32(
        [scene.style.streets.road_grain, scene.style.streets.sidewalk_grain, 0.14]
    )
    base = np.stack([colors.road, colors.sidewalk, colors.terrain])
    image = base[kind] * (1 + strength[kind] * grain)[..., None]
    label = np.uint8([ROAD, SIDEWALK, TERRAIN])[kind]
    crossing = _paint_crossing(image, scene, x, along, on_road)
    label[crossing] = CROSSING
    label[_paint_marks(image, scene, x, along, z, on_road & ~crossing)] = LANE_MARK
    _paint_slabs(image, scene, x, along, z, on_sidewalk)
    label[on_sidewalk & (beside < ground.half_width + ground.kerb_width)] = KERB
    canvas.image[first:] = image
    canvas.label[first:] = label
    canvas.depth[first:] = z


def _grain(scene, x, along, z):
    near = np.clip(14 / z, 0, 1)
    fine = lookup(scene.fine_noise, x * 20, along * 8)
    return near * fine + 0.6 * lookup(scene.coarse_noise, x * 3, along * 1.5)


def _paint_crossing(image, scene, x, along, on_road):
    """A zebra crossing 3.5 m wide, where there is one; returns its pixels."""
    start = scene.ground.crossing
    if start is None:
        return np.zeros(x.shape, bool)
    band = on_road & (along > start) & (along < start + 3.5)
    image[band & ((x - scene.ground.center) % 1.1 < 0.6)] = 225
    return band


def _paint_marks(image, scene, x, along, z, where):
    """Dashed middle line, edge lines, and rails where there is a tram.

    Returns the pixels of the lines.
    """
    ground, fresh = scene.ground, 0.75 * scene.style.streets.lane_marks
    offset = x - ground.center
    dash = (np.abs(offset) < 0.09) & (along % 6 < 3.2)
    edge = np.abs(np.abs(offset) - ground.half_width + 0.25) < 0.07
    marks = (dash | edge) & (z < 45) & where
    image[marks] = image[marks] * (1 - fresh) + 230 * fresh
    if ground.rails is not None:
        rail = np.abs(np.abs(x - ground.rails) - 0.72) < np.maximum(0.06, 0.004 * z)
        image[rail & (z < 70)] *= 0.55
    return marks


def _paint_slabs(image, scene, x, along, z, on_sidewalk):
    """Joints between paving slabs, and the kerb."""
    ground = scene.ground
    joint = on_sidewalk & (z < 18) & ((along % 0.9 < 0.1) | (x % 0.9 < 0.06))
    image[joint] *= 0.82
    kerb = np.abs(np.abs(x - ground.center) - ground.half_width) < 0.1
    image[kerb] *= 1.2
