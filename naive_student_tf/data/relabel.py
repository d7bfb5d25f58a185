"""From the ids of a file to packed labels, by a table of the ids that occur."""

import numpy as np

_LARGEST = 1 << 24


def relabel(ids, translate):
    """Translates every pixel; `translate` sees each distinct id once.

    Args:
        ids: integers [H, W], 0 .. 2^24 - 1.
        translate: function, int64 [N] ids, ascending -> [N] packed labels, each in
            0..65535; it raises ValueError on ids that it does not know.

    Returns:
        uint16 [H, W].
    """
    least, most = int(ids.min(initial=0)), int(ids.max(initial=0))
    if least < 0 or most >= _LARGEST:
        raise ValueError(f"Ids {least}..{most} are no label; 0..{_LARGEST - 1} can be.")
    occurs = np.zeros(most + 1, bool)
    occurs[ids.ravel()] = True
    values = np.flatnonzero(occurs) if ids.size else np.zeros(0, np.int64)
    table = np.zeros(most + 1, np.uint16)
    table[values] = translate(values)
    return table[ids]


def count_instances(category, counted, *, space, path):
    """Numbers distinct instances from 1 within their category.

    Args:
        category: integers [N], of distinct ids.
        counted: bool [N]; the rest gets 0.
        space: LabelSpace.
        path: str, named in errors.

    Returns:
        int64 [N].

    Raises:
        ValueError: more instances of one class than the label divisor leaves room for.
    """
    number = np.zeros(len(category), np.int64)
    for each in np.unique(category[counted]):
        of_class = counted & (category == each)
        number[of_class] = np.arange(1, of_class.sum() + 1)
    most = number.max(initial=0)
    if most >= space.label_divisor:
        name = space.class_names[category[number.argmax()]]
        raise ValueError(
            f"{path}: {most} instances of {name}; label_divisor {space.label_divisor} "
            f"leaves room for {space.label_divisor - 1} of each class in one frame."
        )
    return number
