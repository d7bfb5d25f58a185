"""Street scenes of full size, 1024x2048, as packed maps."""

import numpy as np

from naive_student_tf.labels.cityscapes import CITYSCAPES

HEIGHT, WIDTH = 1024, 2048
CARAVAN = CITYSCAPES.void + 1


def draw_street(rng, *, instances):
    """A packed map int32 [H, W]: wavy bands of stuff, ellipses as things, void.

    Every tenth thing is a group of its class; some instances are below 100 pixels.
    """
    rows, columns = np.indices((HEIGHT, WIDTH), sparse=True)
    waves = 40 * np.sin(columns / 90.0) + 8 * np.sin(columns / 7.0 + rows / 11.0)
    bands = np.clip((rows + waves) * 11 // HEIGHT, 0, 10).astype(np.int32)
    packed = bands * 256
    for number in range(1, instances + 1):
        y, x = rng.integers(300, 900), rng.integers(0, WIDTH)
        height, width = rng.integers(5, 120, 2)
        value = rng.integers(11, 19) * 256 + (0 if number % 10 == 0 else number)
        _draw_ellipse(packed, value, y, x, height, width)
    packed[960:] = CITYSCAPES.void
    return packed


def street(rng):
    """`draw_street` with instances around 100 pixels, caravans and a void block."""
    packed = draw_street(rng, instances=40)
    for number in range(41, 61):
        y, x = rng.integers(300, 900), rng.integers(0, WIDTH)
        height, width = rng.integers(3, 8, 2)
        value = rng.integers(11, 19) * 256 + number
        _draw_ellipse(packed, value, y, x, height, width)
    packed[700:760, 300:420] = CARAVAN
    packed[800:870, 900:1000] = CARAVAN + 1
    packed[500:620, 1400:1700] = CITYSCAPES.void
    return packed


def calm(rng):
    """A street without things."""
    packed = draw_street(rng, instances=0)
    packed[100:300, 200:900] = CITYSCAPES.void
    return packed


def _draw_ellipse(packed, value, y, x, height, width):
    rows, columns = np.indices(packed.shape, sparse=True)
    packed[((rows - y) / height) ** 2 + ((columns - x) / width) ** 2 < 1] = value
