"""The frames of a seed: each a street of its own, seen once."""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city.classes import EGO
from naive_student_tf.data.toy_city.render import hood, paint_street, photograph
from naive_student_tf.data.toy_city.scene import draw_scene
from naive_student_tf.data.toy_vistas.style import draw_place

SPLITS = ("training", "validation")
SIZES = ((72, 128), (80, 128), (96, 128), (84, 112))  # 16:9, 16:10, 4:3, 4:3
_PLACE, _SCENE, _SENSOR = range(10, 13)  # what random numbers are for; not toy_city's
_GUESTS = (  # in turn, so that rare classes are in every few frames
    ("bus", "motorcyclist", "animal", "person"),
    ("train", "cyclist", "light", "bin"),
    ("truck", "motorcycle", "sign", "person"),
    ("trailer", "bicycle", "animal", "pole"),
)


@dataclasses.dataclass(frozen=True)
class Picture:
    """image: uint8 [H, W, 3]; kind: uint8 [H, W]; actor: int16 [H, W], 0 = none."""

    image: np.ndarray
    kind: np.ndarray
    actor: np.ndarray


@dataclasses.dataclass(frozen=True)
class World:
    """Everything that can be seen, as a pure function of these settings.

    Attributes:
        seed: int; style_spread: float in [0, 1], how different places look.
    """

    seed: int
    style_spread: float

    def picture(self, split, number):
        """Frame `number` of a split, one of SPLITS, as a Picture."""
        random = self._random(_PLACE, split, number)
        size = SIZES[int(random.integers(len(SIZES)))]
        style, weather = draw_place(random, spread=self.style_spread)
        scene = draw_scene(
            self._random(_SCENE, split, number),
            style,
            guests=_GUESTS[number % len(_GUESTS)],
            weather=weather,
        )
        street = paint_street(scene, image_size=size, step=0)
        own = hood(style.camera, size)
        sensor = self._random(_SENSOR, split, number)
        return Picture(
            image=photograph(street, scene, is_hood=own, random=sensor),
            kind=np.where(own, np.uint8(EGO), street.kind),
            actor=np.where(own, 0, street.actor),
        )

    def _random(self, purpose, split, number):
        return np.random.default_rng([self.seed, purpose, SPLITS.index(split), number])
