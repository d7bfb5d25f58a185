"""Instance average precision, by the rules of cityscapesscripts (not COCO's).

Mean over classes and over the thresholds 0.50, 0.55, ... 0.95 of the area under the
precision-recall curve; instance_matching.py says what is a hit.
"""

import numpy as np

from naive_student_tf.evaluate.instance_matching import (
    FORGIVEN,
    THRESHOLDS,
    TRUE_POSITIVE,
)


def result(matches, *, label_space):
    """Average precision in percent.

    A class without a true instance is NaN and left out of the means; with instances
    but no mask it is 0. The official script ends in an IndexError where all masks of a
    class are forgiven and all its instances missed; the value here is 0.

    Args:
        matches: Matches of all images.
        label_space: LabelSpace.

    Returns:
        dict: ap, ap50 and `per_class`, from the names of thing classes to {ap, ap50}.
    """
    things = label_space.thing_classes
    curve = np.array([_class_precision(matches, thing) for thing in things])
    curve = 100 * curve.reshape(len(things), len(THRESHOLDS))
    occurs = ~np.isnan(curve[:, 0])
    nothing = np.full((1, len(THRESHOLDS)), np.nan)
    mean = curve[occurs] if occurs.any() else nothing
    per_class = {
        label_space.class_names[thing]: {
            "ap": float(values.mean()),
            "ap50": float(values[0]),
        }
        for thing, values in zip(things, curve, strict=True)
    }
    return {
        "ap": float(mean.mean()),
        "ap50": float(mean[:, 0].mean()),
        "per_class": per_class,
    }


def curves(matches, *, label_space, points=101):
    """Precision over recall of every class that occurs, at IoU 0.5.

    Args:
        matches: Matches of all images.
        label_space: LabelSpace.
        points: int, most points of a curve, spread evenly over its scores.

    Returns:
        dict: class name -> {recall, precision}, lists of fractions of 1, recall
        ascending; empty lists where no mask was predicted.
    """
    found = {}
    for thing in label_space.thing_classes:
        mine, instances = matches.category == thing, matches.instances[thing]
        if not instances:
            continue
        order = np.argsort(-matches.score[mine], kind="stable")
        outcome = matches.outcome[0, mine][order]
        is_hit = outcome[outcome != FORGIVEN] == TRUE_POSITIVE
        hits = np.cumsum(is_hit)
        chosen = np.unique(np.linspace(0, len(hits) - 1, points).astype(int))
        chosen = chosen[chosen >= 0] if len(hits) else chosen[:0]
        found[label_space.class_names[thing]] = {
            "recall": (hits[chosen] / instances).tolist(),
            "precision": (hits[chosen] / (chosen + 1)).tolist(),
        }
    return found


def _class_precision(matches, thing):
    """Average precision of one class at every threshold, float64 [thresholds]."""
    mine = matches.category == thing
    instances = matches.instances[thing]
    if not instances:
        return np.full(len(THRESHOLDS), np.nan)
    score = matches.score[mine]
    order = np.argsort(score, kind="stable")
    return np.array(
        [
            _area_under_curve(score[order], outcome[order], instances=instances)
            for outcome in matches.outcome[:, mine]
        ]
    )


def _area_under_curve(score, outcome, *, instances):
    """Area under the precision-recall curve, one point per distinct score.

    The official script gives a point the width from halfway to its left neighbour to
    halfway to its right one, and adds the point (recall 0, precision 1).

    Args:
        score: float64 [N], ascending.
        outcome: uint8 [N].
        instances: int, true instances.
    """
    judged = outcome != FORGIVEN
    score, is_hit = score[judged], outcome[judged] == TRUE_POSITIVE
    if not len(score):
        return 0.0
    _, start = np.unique(score, return_index=True)
    hits = np.cumsum(is_hit[::-1])[::-1][start]  # among masks of that score or more
    precision = np.append(hits / (len(score) - start), 1.0)
    recall = np.append(hits / instances, 0.0)
    padded = np.concatenate([recall[:1], recall, [0.0]])
    return np.dot(precision, 0.5 * padded[:-2] - 0.5 * padded[2:])
