"""Our scores under the names of the official tools' JSON files."""

from naive_student_tf.evaluate.metrics import finite
from naive_student_tf.labels.cityscapes import CITYSCAPES

HEADLINE = (
    *("pq", "sq", "rq", "pq_things", "pq_stuff", "ap", "ap50"),
    *("miou", "iou_category", "iiou"),
)


def scores(result, *, images):
    """The content of OUTPUT.

    Args:
        result: dict of `Metrics.result`, percent.
        images: int.

    Returns:
        dict: the names of HEADLINE and, per class and per group of classes,
        `per_class` and `per_category`, all in percent; `official`, the same as
        fractions of 1 under the names of the JSON files of cityscapesscripts. What
        was not predicted or is not defined is None.
    """
    official = {
        "semantic": _semantic(result) if "miou" in result else None,
        "instance": _instance(result) if "ap" in result else None,
        "panoptic": _panoptic(result) if "pq" in result else None,
    }
    return finite(
        {
            **{name: result.get(name) for name in HEADLINE},
            "per_class": result["per_class"],
            "per_category": result.get("per_group"),
            "official": official,
            "images": images,
        }
    )


def _semantic(result):
    """As evalPixelLevelSemanticLabeling writes it."""
    classes, groups = result["per_class"], result["per_group"]
    return {
        "averageScoreClasses": result["miou"] / 100,
        "averageScoreInstClasses": result["iiou"] / 100,
        "averageScoreCategories": result["iou_category"] / 100,
        "averageScoreInstCategories": result["iiou_category"] / 100,
        "classScores": _fractions(classes, "iou"),
        "classInstScores": _fractions(classes, "iiou"),
        "categoryScores": _fractions(groups, "iou"),
        "categoryInstScores": _fractions(groups, "iiou"),
    }


def _instance(result):
    """As evalInstanceLevelSemanticLabeling writes it."""
    names = {"ap": "ap", "ap50%": "ap50"}
    things = [CITYSCAPES.class_names[c] for c in CITYSCAPES.thing_classes]
    classes = {
        name: {
            theirs: result["per_class"][name][o] / 100 for theirs, o in names.items()
        }
        for name in things
    }
    averages = {"allAp": result["ap"] / 100, "allAp50%": result["ap50"] / 100}
    return {"averages": {**averages, "classes": classes}}


def _panoptic(result):
    """As evalPanopticSemanticLabeling writes it; classes by labelId."""
    keys = ("pq", "sq", "rq")
    parts = {"All": "", "Things": "_things", "Stuff": "_stuff"}
    of_class = {
        str(label_id): {key: result["per_class"][name][key] / 100 for key in keys}
        for name, label_id in zip(
            CITYSCAPES.class_names, CITYSCAPES.label_ids, strict=True
        )
    }
    flat = {
        part: {key: result[key + suffix] / 100 for key in keys}
        for part, suffix in parts.items()
    }
    return {**flat, "per_class": of_class}


def _fractions(scores_by_name, metric):
    return {name: values[metric] / 100 for name, values in scores_by_name.items()}
