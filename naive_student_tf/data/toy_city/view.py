"""The camera of one frame, and the canvas that everything is painted on."""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.classes import SKY

FRAMES_PER_SECOND = 17  # Cityscapes
FAR = 1e6  # metres, the depth of the sky


@dataclasses.dataclass(frozen=True)
class View:
    """Pinhole camera, level, looking along z.

    Attributes:
        height, width: int, of the canvas in pixels.
        focal, horizon, center_x: float, in pixels of the canvas.
        eye: float, metres above the ground.
        z: float, metres driven; time_s: float, since the annotated frame.
    """

    height: int
    width: int
    focal: float
    horizon: float
    center_x: float
    eye: float
    z: float
    time_s: float

    @property
    def rows(self):
        """float32 [height], centers of the pixel rows."""
        return np.arange(self.height, dtype=np.float32) + 0.5

    @property
    def columns(self):
        """float32 [width], centers of the pixel columns."""
        return np.arange(self.width, dtype=np.float32) + 0.5


@dataclasses.dataclass(frozen=True)
class Canvas:
    """What is seen at each pixel, painted in place.

    Attributes:
        image: float32 [H, W, 3], 0..255.
        label: uint8 [H, W], kind, see classes.py.
        actor: int16 [H, W], 1 + position in the scene's actors, 0 = none.
        depth: float32 [H, W], metres.
    """

    image: np.ndarray
    label: np.ndarray
    actor: np.ndarray
    depth: np.ndarray


def blank_canvas(height, width):
    return Canvas(
        image=np.zeros((height, width, 3), np.float32),
        label=np.full((height, width), SKY, np.uint8),
        actor=np.zeros((height, width), np.int16),
        depth=np.full((height, width), FAR, np.float32),
    )


def view_of(scene, *, size, step):
    """The View of a frame.

    Args:
        scene: Scene.
        size: (height, width) of the canvas in pixels.
        step: int, frames after the annotated one (before it: negative).
    """
    height, width = size
    camera, time_s = scene.style.camera, step / FRAMES_PER_SECOND
    nod = 0.003 * float(np.sin(5.0 * time_s + scene.sway))
    turn = 0.01 * float(np.sin(0.9 * time_s + scene.sway))
    return View(
        height=height,
        width=width,
        focal=camera.focal * width,
        horizon=(camera.horizon + nod) * height,
        center_x=(0.5 + turn) * width,
        eye=camera.height_m,
        z=scene.speed * time_s,
        time_s=time_s,
    )
