"""Semantic predictions: one 8-bit PNG of labelIds per image."""

import numpy as np

from naive_student_tf.evaluate.cityscapes_protocol import IGNORED_OBJECT
from naive_student_tf.evaluate.submission import png
from naive_student_tf.labels import cityscapes as facts

FOLDER, SUFFIX = "semantic", ".png"
IGNORED_OBJECTS = (29, 30)  # caravan, trailer
VOID_TRAIN_ID = 255


def write(path, category):
    """Writes categories [H, W] as labelIds; void becomes 0, unlabeled."""
    space = facts.CITYSCAPES
    table = np.zeros(space.ignore_label + 1, np.uint8)
    table[: space.num_classes] = space.label_ids
    png.write(path, table[category])


def read(path, *, size):
    """Categories of a PNG of labelIds, and which ids it has.

    Args:
        path: str or Path.
        size: (height, width) of the ground truth.

    Returns:
        (uint8 [H, W], frozenset of int). Ids that are not evaluated are void, those
        of caravans and trailers IGNORED_OBJECT, see mean_iou.py.

    Raises:
        ValueError: what `png.read` raises, or ids that are no labelIds.
    """
    ids = png.read(path, modes=png.IDS, size=size)
    present = np.flatnonzero(np.bincount(ids.ravel().astype(np.int64)))
    check_ids(present, what=str(path))
    table = facts.label_id_to_category()
    table[list(IGNORED_OBJECTS)] = IGNORED_OBJECT
    return table[ids], frozenset(present.tolist())


def check_ids(ids, *, what):
    """Raises ValueError for ids beyond the labelIds 0..33; knows trainIds by 255."""
    wrong = [int(i) for i in ids if i > facts.MAX_LABEL_ID]
    if not wrong:
        return
    others = max((i for i in ids if i != VOID_TRAIN_ID), default=0)
    if wrong == [VOID_TRAIN_ID] and others < facts.CITYSCAPES.num_classes:
        raise ValueError(train_ids_message(what))
    raise ValueError(
        f"{what} has the ids {wrong[:5]}; labelIds are 0..{facts.MAX_LABEL_ID}, and 0 "
        f"where nothing is predicted."
    )


def check_not_train_ids(ids, *, what):
    """Raises ValueError if the ids of all images together are those of trainIds.

    trainIds are 0..18. In labelIds that range holds hardly a class that is evaluated,
    so it takes all images to tell: none has an id above 18, some have one of it that
    is not evaluated.
    """
    space = facts.CITYSCAPES
    if not ids or max(ids) >= space.num_classes:
        return
    if set(ids) - {0} - set(space.label_ids):
        raise ValueError(train_ids_message(what))


def train_ids_message(what):
    return (
        f"{what} holds trainIds (0..18, void 255) where labelIds belong (7 road, 8 "
        f"sidewalk, ... 33 bicycle). Convert them: cityscapesscripts' labels.py has "
        f"both, `submit.gin` writes labelIds."
    )
