"""Street scenes as packed maps, and predictions that are wrong in a known way."""

import numpy as np

ROAD, SIDEWALK, BUILDING, POLE, VEGETATION, SKY = 0, 1, 2, 5, 8, 10
PERSON, RIDER, CAR, TRUCK, BUS, TRAIN, MOTORCYCLE, BICYCLE = range(11, 19)
VOID = 255 * 256
CARAVAN = VOID + 1  # an object that no metric scores


def draw(height, width, segments):
    """Draws (packed value, top, left, bottom, right) one over the other."""
    packed = np.full((height, width), VOID, np.int32)
    for value, top, left, bottom, right in segments:
        packed[top:bottom, left:right] = value
    return packed


def scenes():
    """Four packed maps int32 [96, 192]: a street, no things, all void, small things."""
    background = [
        (SKY * 256, 0, 0, 30, 192),
        (BUILDING * 256, 10, 0, 60, 70),
        (VEGETATION * 256, 20, 60, 62, 192),
        (ROAD * 256, 55, 0, 88, 192),
    ]
    street = [
        *background,
        (SIDEWALK * 256, 60, 150, 80, 192),
        (POLE * 256, 5, 100, 60, 103),
        (CAR * 256 + 1, 50, 10, 70, 45),
        (CAR * 256 + 2, 52, 40, 75, 70),
        (CAR * 256 + 3, 54, 71, 64, 90),
        (CAR * 256, 50, 110, 60, 140),  # a group of cars
        (PERSON * 256 + 1, 45, 150, 75, 160),
        (PERSON * 256 + 2, 48, 163, 56, 172),  # 72 pixels
        (PERSON * 256, 45, 172, 60, 190),  # a crowd
        (RIDER * 256 + 1, 60, 95, 76, 105),
        (BICYCLE * 256 + 1, 70, 92, 84, 110),
        (CARAVAN, 58, 120, 78, 146),
        (CARAVAN + 1, 64, 112, 70, 119),
        (VOID, 88, 0, 96, 192),
    ]
    calm = [*background, (SIDEWALK * 256, 70, 0, 88, 50), (VOID, 30, 80, 50, 120)]
    depot = [
        *background,
        (TRUCK * 256 + 1, 40, 5, 70, 50),
        (BUS * 256 + 1, 35, 60, 72, 120),
        (TRAIN * 256 + 1, 30, 125, 60, 192),
        (PERSON * 256 + 1, 60, 10, 70, 20),  # exactly 100 pixels
        (PERSON * 256 + 2, 60, 30, 69, 41),  # 99 pixels
        (PERSON * 256 + 3, 72, 40, 86, 52),
        (PERSON * 256, 74, 60, 80, 72),  # a crowd below 100 pixels
        (CAR * 256, 74, 100, 82, 112),  # 96 pixels of a group
        (MOTORCYCLE * 256 + 1, 70, 140, 84, 160),
        (CAR * 256 + 1, 66, 165, 86, 190),
    ]
    return [draw(96, 192, segments) for segments in (street, calm, [], depot)]


def instances_of(panoptic, *, seed):
    """Gives every thing segment a score; scores have one digit, so that many tie.

    Returns:
        (instance_map int32 [H, W], categories list, scores list).
    """
    values = [v for v in np.unique(panoptic) if PERSON <= v // 256 <= BICYCLE]
    instance_map = np.zeros(panoptic.shape, np.int32)
    for number, value in enumerate(values, 1):
        instance_map[panoptic == value] = number
    scores = np.random.default_rng(seed).integers(1, 10, len(values)) / 10
    return instance_map, [int(v // 256) for v in values], scores.tolist()


def fill(truth):
    """Every pixel predicted: void as road, caravans and crowds as one object each."""
    packed = np.where(truth == VOID, ROAD * 256, truth)
    packed = np.where(packed >= CARAVAN, CAR * 256 + 100, packed)
    return np.where(_is_crowd(packed), packed + 101, packed)


def erode(truth):
    """Segments lose one pixel on every side to void."""
    edge = np.zeros(truth.shape, bool)
    for axis in (0, 1):
        for step in (1, -1):
            edge |= np.roll(truth, step, axis) != truth
    return np.where(edge, VOID, fill(truth))


def relabel(truth):
    """Confuses classes: persons are riders, trucks are buses, sidewalk is road."""
    category, instance = fill(truth) // 256, fill(truth) % 256
    for wrong, right in ((RIDER, PERSON), (BUS, TRUCK), (ROAD, SIDEWALK)):
        category = np.where(category == right, wrong, category)
    return category * 256 + instance


def split(truth):
    """Cuts the image, and with it every segment of a thing, at odd columns."""
    packed = fill(truth)
    right = np.arange(truth.shape[1]) // 21 % 2
    return np.where(_is_thing(packed), packed + 50 * right, packed)


def crumble(truth):
    """Cuts things into pieces, most of them below 100 pixels."""
    packed = fill(truth)
    piece = np.arange(truth.shape[1]) // 6 % 40
    return np.where(_is_thing(packed), packed // 256 * 256 + 1 + piece, packed)


def join(truth):
    """All instances of a class are one."""
    is_instance = _is_thing(truth) & ~_is_crowd(truth)
    return np.where(is_instance, truth // 256 * 256 + 1, fill(truth))


def drop(truth):
    """Every second segment is missing."""
    packed = fill(truth)
    lost = np.unique(packed)[1::2]
    return np.where(np.isin(packed, lost), VOID, packed)


def mistake_crowds(truth):
    """Void becomes cars, groups of cars bicycles, crowds persons; five of each."""
    piece = np.arange(truth.shape[1]) // 10 % 5
    packed = np.where(truth >= VOID, CAR * 256 + 80 + piece, truth)
    wrong = np.where(packed // 256 == CAR, BICYCLE, PERSON) * 256 + 60 + piece
    return np.where(_is_crowd(packed), wrong, packed)


def flood(truth):
    """The whole image is one car."""
    return np.full_like(truth, CAR * 256 + 1)


def scatter(truth):
    """Blocks of 3x5 pixels of the truth, each moved by chance; two classes swapped."""
    rng = np.random.default_rng(7)
    rows, columns = np.indices(truth.shape)
    for index, size in ((rows, 96), (columns, 192)):
        jump = rng.integers(-4, 5, (40, 40))
        index += jump[rows // 3 % 40, columns // 5 % 40]
        np.clip(index, 0, truth.shape[0 if size == 96 else 1] - 1, out=index)
    return relabel(fill(truth)[rows, columns])


PREDICTIONS = {
    "perfect": lambda truth: np.where(truth >= VOID, VOID, truth),
    "filled": fill,
    "shifted by 2": lambda truth: np.roll(fill(truth), 2, 1),
    "shifted by 9": lambda truth: np.roll(fill(truth), 9, 1),
    "eroded": erode,
    "relabelled": relabel,
    "split": split,
    "crumbled": crumble,
    "joined": join,
    "dropped": drop,
    "crowds mistaken": mistake_crowds,
    "flooded": flood,
    "scattered": scatter,
    "empty": lambda truth: np.full_like(truth, VOID),
}


def _is_thing(packed):
    return (packed // 256 >= PERSON) & (packed // 256 <= BICYCLE)


def _is_crowd(packed):
    return _is_thing(packed) & (packed % 256 == 0)
