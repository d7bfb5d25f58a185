"""Paints what does not move: sky, skyline, ground, and the planes of the street."""

import numpy as np

from naive_student_tf.data.toy_city.classes import (
    BUILDING,
    FENCE,
    ROAD,
    SIDEWALK,
    TERRAIN,
    VEGETATION,
    WALL,
)
from naive_student_tf.data.toy_city.texture import lookup

_SKYLINE_M = 170.0  # how far away the skyline is


def paint_backdrop(canvas, view, scene):
    """Paints sky, skyline, ground and planes onto a blank canvas."""
    _paint_sky(canvas, view, scene)
    _paint_skyline(canvas, view, scene)
    _paint_ground(canvas, view, scene)
    for plane in scene.planes:
        _paint_plane(canvas, view, scene, plane)


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
    scale = 128 / view.width
    noise = scene.fine_noise[3, (view.columns * scale * 0.4).astype(int) % 128]
    is_green = scene.coarse_noise[5, (view.columns * scale * 0.2).astype(int) % 128] > 0
    top = (0.05 + 0.03 * noise) * view.height
    rise = view.horizon - view.rows[above, None]
    seen = (rise > -1) & (rise < top)
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
    _paint_marks(image, scene, x, along, z)
    _paint_slabs(image, scene, x, along, z, on_sidewalk)
    canvas.image[first:] = image
    canvas.label[first:] = np.uint8([ROAD, SIDEWALK, TERRAIN])[kind]
    canvas.depth[first:] = z


def _grain(scene, x, along, z):
    near = np.clip(14 / z, 0, 1)
    fine = lookup(scene.fine_noise, x * 20, along * 8)
    return near * fine + 0.6 * lookup(scene.coarse_noise, x * 3, along * 1.5)


def _paint_marks(image, scene, x, along, z):
    """Dashed middle line, edge lines, and rails where there is a tram."""
    ground, fresh = scene.ground, 0.75 * scene.style.streets.lane_marks
    offset = x - ground.center
    dash = (np.abs(offset) < 0.09) & (along % 6 < 3.2)
    edge = np.abs(np.abs(offset) - ground.half_width + 0.25) < 0.07
    marks = (dash | edge) & (z < 45)
    image[marks] = image[marks] * (1 - fresh) + 230 * fresh
    if ground.rails is not None:
        rail = np.abs(np.abs(x - ground.rails) - 0.72) < np.maximum(0.06, 0.004 * z)
        image[rail & (z < 70)] *= 0.55


def _paint_slabs(image, scene, x, along, z, on_sidewalk):
    """Joints between paving slabs, and the kerb."""
    ground = scene.ground
    joint = on_sidewalk & (z < 18) & ((along % 0.9 < 0.1) | (x % 0.9 < 0.06))
    image[joint] *= 0.82
    kerb = np.abs(np.abs(x - ground.center) - ground.half_width) < 0.1
    image[kerb] *= 1.2


def _paint_plane(canvas, view, scene, plane):
    """Ray-casts one plane: a column of pixels meets it at one distance."""
    side = 1.0 if plane.x > 0 else -1.0
    reach = (view.columns - view.center_x) * side
    columns = np.flatnonzero(reach > 1.0)
    if not len(columns):
        return
    span = slice(columns[0], columns[-1] + 1)
    z = view.focal * abs(plane.x) / reach[span]  # [W]
    along = z + view.z
    segment = np.searchsorted(plane.starts, along, side="right") - 1
    segment = np.clip(segment, 0, len(plane.starts) - 1)
    kind = plane.kinds[segment]
    up = view.eye - (view.rows[:, None] - view.horizon) * z / view.focal  # [H, W]
    along = along + 0 * up
    leaves = lookup(scene.coarse_noise, up * 5, along * 4)
    top = plane.heights[segment] + np.where(kind == VEGETATION, 0.5 * leaves, 0)
    seen = (up > -0.05) & (up < top) & (kind > 0) & (z < 160)
    seen &= z < canvas.depth[:, span]
    color = _plane_color(scene, plane, segment, up, along, leaves)
    shaded = scene.weather.shaded_side == side
    color *= 1 - scene.weather.shade if shaded else 1 + 0.3 * scene.weather.shade
    behind = canvas.image[:, span]
    see_through = (kind == FENCE) & (z < 45) & _between_bars(up, along, top)
    color = np.where(see_through[..., None], behind * 0.85 + 10, color)
    behind[seen] = color[seen]
    canvas.label[:, span][seen] = np.broadcast_to(kind, seen.shape)[seen]
    canvas.depth[:, span][seen] = np.broadcast_to(z, seen.shape)[seen]


def _plane_color(scene, plane, segment, up, along, leaves):
    """float32 [H, W, 3] of every point of the plane, seen or not."""
    kind, base = plane.kinds[segment], plane.colors[segment]
    grain = lookup(scene.fine_noise, up * 16, along * 9)
    change = np.where(kind == VEGETATION, 0.3 * leaves + 0.2 * grain, 0.07 * grain)
    color = base * (1 + change)[..., None]
    houses = kind == BUILDING
    window = houses & _in_window(scene.style.streets, up, along + plane.phases[segment])
    glass = np.float32([70, 80, 95]) * scene.style.streets.window_light
    color[window] = (glass * (1 + 0.25 * leaves)[..., None])[window]
    color[houses & (up < 0.5)] *= 0.75
    rows_of_stones = (kind == WALL) & ((up % 0.5 < 0.07) | (along % 1.1 < 0.08))
    color[rows_of_stones] *= 0.78
    return color


def _in_window(streets, up, along):
    across, upwards = streets.window_pitch
    rise = (up - 0.8) % upwards / upwards
    place = along % across / across
    half = streets.window_share / 2
    return (np.abs(rise - 0.55) < half) & (np.abs(place - 0.5) < half) & (up > 0.5)


def _between_bars(up, along, top):
    return (along * 2.2 % 1.0 > 0.45) & (up < top - 0.15) & (up > 0.15)
