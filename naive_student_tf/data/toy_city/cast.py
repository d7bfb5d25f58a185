"""Paints the actors of a scene, the farthest first."""

import numpy as np

from naive_student_tf.data.toy_city.classes import (
    IS_GROUND,
    NOTHING,
)

_NEAREST_M, _FARTHEST_M = 2.5, 90.0


def paint_actors(canvas, view, scene):
    """Paints every actor within sight; occlusion is decided by depth."""
    placed = []
    for number, actor in enumerate(scene.actors, start=1):
        z = actor.z + actor.speed_z * view.time_s - view.z
        if z + actor.length > _NEAREST_M and z < _FARTHEST_M:
            placed.append((z, number, actor))
    for z, number, actor in sorted(placed, key=lambda item: -item[0]):
        x = actor.x + actor.speed_x * view.time_s
        number = 0 if actor.group else number
        if actor.flank is not None:
            _paint_flank(canvas, view, actor, x, z, number)
        if z > _NEAREST_M:
            _paint_shadow(canvas, view, actor, x, z)
            _paint_end(canvas, view, actor, x, z, number)


def _paint_end(canvas, view, actor, x, z, number):
    left, right, top, bottom = _rectangle(view, actor, x, z)
    rows = _inside(top, bottom, view.height)
    columns = _inside(left, right, view.width)
    if not len(rows) or not len(columns):
        return
    size = len(actor.end.label)
    v = ((rows - top + 0.5) * size / (bottom - top)).astype(int)
    u = ((columns - left + 0.5) * size / (right - left)).astype(int)
    u = size - 1 - u if actor.mirrored else u
    _blend(canvas, actor.end, rows, columns, v[:, None], u[None], z, number)


def _paint_flank(canvas, view, actor, x, z, number):
    """The side wall of a box: its distance changes from column to column."""
    if abs(x) < actor.width / 2:
        return
    wall = x - np.sign(x) * actor.width * 0.47  # the side that faces the camera
    near = max(z, 0.5)
    ends = sorted(
        view.center_x + view.focal * wall / distance
        for distance in (near, z + actor.length)
    )
    columns = _inside(round(ends[0]), round(ends[1]), view.width)
    if not len(columns):
        return
    reach = (columns + 0.5 - view.center_x) / view.focal
    distance = np.clip(wall / reach, near, z + actor.length)  # [W]
    rows = np.arange(view.height)
    up = view.eye - (rows[:, None] + 0.5 - view.horizon) * distance / view.focal
    size = len(actor.flank.label)
    v = (1 - (up - actor.base) / actor.height) * size
    u = np.clip((distance - z) / actor.length * size, 0, size - 1).astype(int)[None]
    outside = (v < 0) | (v >= size)
    v = np.clip(v, 0, size - 1).astype(int)
    _blend(
        *(canvas, actor.flank, rows, columns, v, u),
        *(distance.astype(np.float32), number),
        outside=outside,
    )


def _blend(canvas, sprite, rows, columns, v, u, z, number, *, outside=False):
    """Paints the sprite's pixels (v, u) where it is opaque and in front."""
    block = (
        slice(rows[0], rows[-1] + 1),
        slice(columns[0], columns[-1] + 1),
    )
    label = sprite.label[v, u]
    depth = canvas.depth[block]
    seen = (label != NOTHING) & (z < depth + 0.5) & ~np.asarray(outside)
    canvas.image[block][seen] = sprite.color[v, u][seen]
    canvas.label[block][seen] = label[seen]
    depth[seen] = np.broadcast_to(z, seen.shape)[seen]
    canvas.actor[block][seen] = number


def _paint_shadow(canvas, view, actor, x, z):
    """Darkens an ellipse of the ground under a vehicle."""
    if not actor.shadow:
        return
    left, right, top, bottom = _rectangle(view, actor, x, z)
    rows = _inside(
        bottom - (bottom - top) // 12, bottom + (bottom - top) // 12, view.height
    )
    columns = _inside(left, right, view.width)
    if not len(rows) or not len(columns):
        return
    block = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    ground = IS_GROUND[canvas.label[block]]
    canvas.image[block][ground] *= 0.45


def _rectangle(view, actor, x, z):
    """(left, right, top, bottom) in pixels, at least one pixel large."""
    scale = view.focal / z
    middle = view.center_x + scale * x
    foot = view.horizon + scale * (view.eye - actor.base)
    left, right = round(middle - scale * actor.width / 2), None
    right = max(round(middle + scale * actor.width / 2), left + 1)
    top = round(foot - scale * actor.height)
    return left, right, top, max(round(foot), top + 1)


def _inside(first, last, limit):
    return np.arange(max(first, 0), min(last, limit))
