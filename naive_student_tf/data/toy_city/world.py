"""The world of a seed: which scene belongs to a snippet, and its frames."""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city import layout
from naive_student_tf.data.toy_city.render import render_frame
from naive_student_tf.data.toy_city.scene import draw_scene
from naive_student_tf.data.toy_city.style import draw_city, draw_weather

_CITY, _DRIVE, _SCENE, _SENSOR = range(4)  # what random numbers are for
_GUESTS = (  # in turn, so that a few annotated frames show every class
    ("bus", "motorcyclist", "bicycle", "person"),
    ("train", "cyclist", "light", "person"),
    ("truck", "motorcycle", "sign", "person"),
)


@dataclasses.dataclass(frozen=True)
class World:
    """Everything that can be seen, as a pure function of these settings.

    Attributes:
        seed: int; image_size: (height, width) in pixels.
        style_spread: float in [0, 1], how different cities and drives look.
    """

    seed: int
    image_size: tuple
    style_spread: float

    def scene(self, snippet):
        """The Scene of a layout.Snippet.

        The hood and the look belong to the city, the weather to the drive, which
        is the sequence.
        """
        spread, place = self.style_spread, snippet.place
        drive = self._random(_DRIVE, snippet, snippet.sequence)
        return draw_scene(
            self._random(_SCENE, snippet, place),
            draw_city(self._random(_CITY, snippet), spread=spread),
            guests=_GUESTS[(2 * snippet.city + place) % len(_GUESTS)],
            weather=draw_weather(drive, spread=spread),
        )

    def frame(self, scene, snippet, step):
        """The render.Frame of a scene of this snippet, `step` after the annotated."""
        number = layout.FRAMES_BEFORE + step
        sensor = self._random(_SENSOR, snippet, snippet.place, number)
        return render_frame(scene, image_size=self.image_size, step=step, random=sensor)

    def _random(self, purpose, snippet, *place):
        split = layout.SPLITS.index(snippet.split)
        return np.random.default_rng([self.seed, purpose, split, snippet.city, *place])
