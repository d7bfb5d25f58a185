"""Panoptic maps as busy as a street of Cityscapes: ragged borders, many people."""

import numpy as np

from naive_student_tf.labels.cityscapes import CITYSCAPES

ROAD, SIDEWALK, BUILDING, POLE, SIGN, VEGETATION, SKY = 0, 1, 2, 5, 7, 8, 10


def street_map(*, instances, size=(1024, 2048), seed=0):
    """uint16 [H, W], packed: seven classes of stuff, eight of things, the ego car."""
    random = np.random.default_rng(seed)
    height, width = size
    label = _stuff(random, height, width) * 256
    for number in range(1, instances + 1):
        category = random.choice(CITYSCAPES.thing_classes)
        y = random.uniform(0.4, 0.75)
        # The nearer, the larger: things stand on the ground below the horizon.
        half = np.maximum(height * (y - 0.37) * random.uniform(0.2, 0.5, 2), 4)
        center = np.array([y * height, random.uniform(0, width)])
        rows, columns = (
            np.arange(max(int(c - h), 0), min(int(c + h), side))
            for c, h, side in zip(center, half, size, strict=True)
        )
        inside = (
            ((rows - center[0]) / half[0])[:, None] ** 2
            + ((columns - center[1]) / half[1]) ** 2
        ) < 1
        label[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][inside] = (
            category * 256 + number
        )
    label = _ragged(random, label)
    label[int(0.93 * height) :] = CITYSCAPES.void
    return label.astype(np.uint16)


def _stuff(random, height, width):
    """Category map: sky over buildings and trees over sidewalk over road, and poles."""
    rows = np.arange(height)[:, None]
    skyline = _walk(random, width, 0.1, 0.3) * height
    kerb = _walk(random, width, 0.45, 0.6) * height
    category = np.full((height, width), ROAD)
    category[rows < kerb] = SIDEWALK
    trees = _walk(random, width, 0, 1) > 0.5
    behind = np.broadcast_to(np.where(trees, VEGETATION, BUILDING), (height, width))
    category = np.where(rows < 0.42 * height, behind, category)
    category[rows < skyline] = SKY
    for x in random.integers(8, width - 40, 25):
        top = int(random.uniform(0.1, 0.35) * height)
        category[top : int(0.5 * height), x : x + 8] = POLE
        category[top : top + 40, x : x + 30] = SIGN
    return category


def _walk(random, number, low, high):
    """A random walk, [number], scaled to between low and high."""
    steps = random.normal(size=number).cumsum()
    return low + (steps - steps.min()) / np.ptp(steps) * (high - low)


def _ragged(random, label):
    """Moves every pixel by up to 3 in a way that differs every 8 pixels."""
    height, width = label.shape
    index = []
    for axis, side in enumerate((height, width)):
        coarse = random.integers(-3, 4, (height // 8 + 1, width // 8 + 1))
        moved = np.kron(coarse, np.ones((8, 8), int))[:height, :width]
        place = np.arange(side)
        place = place[:, None] if axis == 0 else place[None]
        index.append(np.clip(place + moved, 0, side - 1))
    return label[index[0], index[1]]
