"""One frame of a scene: what is seen, its picture, and Cityscapes' ids.

The street is painted at twice the size and reduced: colors are averaged, labels
are sampled, so that edges are soft in the picture and sharp in the labels.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.backdrop import paint_backdrop
from naive_student_tf.data.toy_city.cast import paint_actors
from naive_student_tf.data.toy_city.classes import (
    BORDER,
    COUNTED,
    EGO,
    LABEL_IDS,
    OUT_OF_ROI,
    SKY,
)
from naive_student_tf.data.toy_city.planes import paint_plane
from naive_student_tf.data.toy_city.view import blank_canvas, view_of
from naive_student_tf.labels.cityscapes import INSTANCE_DIVISOR

_FINER = 2  # canvas pixels per image pixel, each way
_SLIVER = 6  # pixels; a thing of which less is seen has no instance


@dataclasses.dataclass(frozen=True)
class Street:
    """What is seen of a scene, before the camera's own car and sensor.

    Attributes:
        image: float32 [H, W, 3], 0..255.
        kind: uint8 [H, W], see classes.py.
        actor: int16 [H, W], 1 + position in the scene's actors, 0 = none.
    """

    image: np.ndarray
    kind: np.ndarray
    actor: np.ndarray


@dataclasses.dataclass(frozen=True)
class Frame:
    """image: uint8 [H, W, 3]; label_ids: uint8 [H, W]; instance_ids: uint16 [H, W]."""

    image: np.ndarray
    label_ids: np.ndarray
    instance_ids: np.ndarray


def render_frame(scene, *, image_size, step, random):
    """Renders one Frame.

    Args:
        scene: Scene.
        image_size: (height, width) in pixels.
        step: int, frames after the annotated one (before it: negative).
        random: numpy Generator of this frame's sensor noise.
    """
    street = paint_street(scene, image_size=image_size, step=step)
    regions = void_regions(scene.style.camera, image_size)
    image = photograph(street, scene, is_hood=regions == EGO, random=random)
    image[regions == BORDER] = image[regions == BORDER] // 6
    label = np.where(regions > 0, regions, LABEL_IDS[street.kind])
    actor = np.where(regions > 0, 0, street.actor)
    return Frame(image, label, number_instances(label, actor))


def paint_street(scene, *, image_size, step):
    """The Street of a scene; arguments as for `render_frame`."""
    size = image_size[0] * _FINER, image_size[1] * _FINER
    canvas, view = blank_canvas(*size), view_of(scene, size=size, step=step)
    paint_backdrop(canvas, view, scene)
    for plane in scene.planes:
        paint_plane(canvas, view, scene, plane)
    paint_actors(canvas, view, scene)
    _add_fog(canvas, scene.weather)
    return Street(
        image=_reduced(canvas.image),
        kind=canvas.label[1::_FINER, ::_FINER],
        actor=canvas.actor[1::_FINER, ::_FINER],
    )


def photograph(street, scene, *, is_hood, random):
    """The picture of a Street, uint8 [H, W, 3].

    Args:
        street: Street; scene: Scene.
        is_hood: bool [H, W], where the own car is seen.
        random: numpy Generator of this frame's sensor noise.
    """
    image = _with_hood(street.image, is_hood, scene.style.camera)
    return _exposed(image, scene, random)


def hood(camera, image_size):
    """bool [H, W]: where the own car's hood is; nowhere if its height is 0."""
    height, width = image_size
    across = (np.arange(width) + 0.5) / width * 2 - 1
    rise = camera.hood_height * (1 - camera.hood_curve * across**2)
    return np.arange(height)[:, None] + 0.5 > height * (1 - rise)


def void_regions(camera, image_size):
    """uint8 [H, W]: labelId of ego vehicle, rectification border, out of roi, or 0."""
    regions = np.where(hood(camera, image_size), np.uint8(EGO), np.uint8(0))
    thin = max(1, image_size[0] // 128)
    regions[:thin] = regions[:, :thin] = BORDER
    regions[:, -thin:] = OUT_OF_ROI
    return regions


def number_instances(label, actor):
    """instanceIds of Cityscapes.

    Args:
        label: uint8 [H, W], labelId; actor: int16 [H, W], 0 = none.

    Returns:
        uint16 [H, W]: labelId * 1000 + instance where a thing is counted, else the
        labelId: of stuff, of a group, and of a thing of which a sliver is seen.
    """
    ids = label.astype(np.uint16)
    for label_id in COUNTED:
        of_class = label == label_id
        numbers, sizes = np.unique(actor[of_class], return_counts=True)
        shown = numbers[(numbers > 0) & (sizes >= _SLIVER)]
        for instance, number in enumerate(shown):
            ids[of_class & (actor == number)] = label_id * INSTANCE_DIVISOR + instance
    return ids


def _add_fog(canvas, weather):
    depth = np.where(canvas.label == SKY, 60.0, np.minimum(canvas.depth, 250.0))
    # rounded, since the last bit of exp differs between processors
    table = np.round(np.exp(-weather.fog * np.arange(256)) * 4096) / 4096
    clear = table.astype(np.float32)[depth.astype(np.uint8)][..., None]
    canvas.image[:] = canvas.image * clear + weather.fog_color * (1 - clear)


def _reduced(image):
    """Mean over the canvas pixels of each image pixel, softened a little."""
    image = image[::2] + image[1::2]
    image = (image[:, ::2] + image[:, 1::2]) / 4
    soft = image.copy()
    soft[1:-1] = 0.15 * (image[:-2] + image[2:]) + 0.7 * image[1:-1]
    image = soft.copy()
    image[:, 1:-1] = 0.15 * (soft[:, :-2] + soft[:, 2:]) + 0.7 * soft[:, 1:-1]
    return image


def _with_hood(image, is_hood, camera):
    """The hood mirrors the street above its edge: a net takes it for road or car."""
    height = len(image)
    row, column = np.nonzero(is_hood)
    edge = height - is_hood.sum(0)[column]
    mirrored = np.maximum(edge - 1 - (row - edge) * 2, 0)
    share = camera.hood_mirror
    color = camera.hood_color * (1 - share) + image[mirrored, column] * share
    rim = (row == edge)[:, None]
    image = image.copy()
    image[row, column] = np.where(rim, color * 0.75, color)
    return image


def _exposed(image, scene, random):
    """Sensor: saturation, white balance, gain, contrast, gamma, noise -> uint8."""
    weather = scene.weather
    grey = (image[..., :1] + image[..., 1:2] + image[..., 2:]) / 3
    image = grey + (image - grey) * weather.saturation
    image = np.clip(image * weather.gain * scene.style.camera.balance, 0, 255)
    image = np.clip((image - 110) * weather.contrast + 110 * weather.gain, 0, 255)
    curve = np.round(255 * (np.arange(1024) / 1023) ** weather.gamma * 16) / 16
    image = curve.astype(np.float32)[(image * (1023 / 255)).astype(np.int32)]
    noise = random.integers(-128, 128, image.shape, dtype=np.int8)
    image = image + noise * np.float32(weather.noise / 74)  # deviation of the draws
    return np.clip(image, 0, 255).astype(np.uint8)
