"""All metrics of a data set, image by image: mIoU, PQ and AP from one pass.

Equal to cityscapesscripts 2.3.0 (tests/evaluate/test_official_parity.py).
"""

import math

import numpy as np

from naive_student_tf.evaluate import (
    average_precision,
    instance_matching,
    mean_iou,
    panoptic_quality,
)
from naive_student_tf.evaluate.overlap import join_runs


class Metrics:
    """Collects counts, never maps.

        metrics = Metrics(CITYSCAPES)
        for ...:
            metrics.update(ground_truth, category=..., panoptic=...)
        metrics.result()["pq"]

    Which predictions `update` receives decides which metrics there are.
    """

    def __init__(self, label_space):
        self.label_space = label_space
        self.images = 0
        self._given = None
        self._semantic = None  # SemanticCounts
        self._panoptic = None  # PanopticCounts
        self._matches = []  # Matches, one per image

    def update(
        self,
        ground_truth,
        *,
        category=None,
        true_category=None,
        panoptic=None,
        segment_category=None,
        instance_map=None,
        instance_category=None,
        instance_score=None,
        instance_masks=None,
    ):
        """Adds one image.

        Args:
            ground_truth: integers [H, W], packed panoptic labels; a thing category
                with instance 0 is a crowd region, void is ignored.
            category: integers [H, W], predicted categories (for mIoU).
            true_category: integers [H, W], what `category` is compared with if that
                is not the category of `ground_truth`; iIoU keeps its instances.
            panoptic: integers [H, W], predicted packed labels (for PQ).
            segment_category: int64 [S]; with it `panoptic` holds segment numbers, see
                panoptic_quality.py.
            instance_map: integers [H, W], 0 = none, k = entry k - 1 of the two lists
                (for AP).
            instance_category: integers [K].
            instance_score: floats [K].
            instance_masks: instead of the three above, an iterable of
                (mask [H, W], category, score); masks may overlap.

        Raises:
            ValueError: for another size than the ground truth's, a category that the
                label space does not have, or other kinds of predictions than before.
        """
        maps = {"category": category, "panoptic": panoptic, "instance": instance_map}
        maps = {kind: np.asarray(m) for kind, m in maps.items() if m is not None}
        self._check_given({*maps, *(["masks"] if instance_masks is not None else [])})
        ground_truth = np.asarray(ground_truth)
        (true, *values), pixels = join_runs(ground_truth, *maps.values())
        runs = dict(zip(maps, values, strict=True))
        facts = {"label_space": self.label_space, "pixels": pixels}
        if "category" in runs:
            counts = mean_iou.count(true, runs["category"], **facts)
            if true_category is not None:
                counts = mean_iou.compare_with(
                    true_category, category, counts, label_space=self.label_space
                )
            self._add_semantic(counts)
        if "panoptic" in runs:
            given = {"segment_category": segment_category, **facts}
            self._add_panoptic(panoptic_quality.count(true, runs["panoptic"], **given))
        if "instance" in runs:
            lists = {"category": instance_category, "score": instance_score}
            self._matches.append(
                instance_matching.match_map(true, runs["instance"], **lists, **facts)
            )
        if instance_masks is not None:
            self._matches.append(
                instance_matching.match_masks(
                    ground_truth, instance_masks, label_space=self.label_space
                )
            )
        self.images += 1

    def merge(self, other):
        """Adds the counts of another `Metrics` over other images."""
        if not other.images:
            return
        self._check_given(other._given)
        if other._semantic is not None:
            self._add_semantic(other._semantic)
        if other._panoptic is not None:
            self._add_panoptic(other._panoptic)
        self._matches += other._matches
        self.images += other.images

    def result(self):
        """The metrics so far, in percent.

        Returns:
            dict of floats: miou (and iiou, iou_category, iiou_category for Cityscapes
            classes); pq, sq, rq, also with `_things` and `_stuff`; ap, ap50. A metric
            whose prediction was not given is absent. `per_class` maps a class name to
            its {iou, iiou, pq, sq, rq, ap, ap50}, `per_group` a group of classes to
            its {iou, iiou}. A score that is not defined is NaN.

        Raises:
            ValueError: if no image was added.
        """
        if not self.images:
            raise ValueError("No image was evaluated; is the split empty?")
        space = {"label_space": self.label_space}
        parts = []
        if self._semantic is not None:
            parts.append(mean_iou.result(self._semantic, **space))
        if self._panoptic is not None:
            parts.append(panoptic_quality.result(self._panoptic, **space))
        if self._matches:
            matches = instance_matching.merge(self._matches)
            parts.append(average_precision.result(matches, **space))
        return _join(parts, self.label_space.class_names)

    def headline(self):
        """One number for a ranking of images: PQ, or mIoU where there is no PQ."""
        space = {"label_space": self.label_space}
        if self._panoptic is not None:
            return panoptic_quality.result(self._panoptic, **space)["pq"]
        return mean_iou.result(self._semantic, **space)["miou"]

    def details(self):
        """What a report draws.

        Returns:
            dict: `confusion`, list [num_classes + 1] of lists, pixels by (true,
            predicted) category, void last, if categories were given;
            `precision_recall`, see average_precision.curves, if instances were.
        """
        details = {}
        if self._semantic is not None:
            details["confusion"] = self._semantic.confusion.tolist()
        if self._matches:
            details["precision_recall"] = average_precision.curves(
                instance_matching.merge(self._matches), label_space=self.label_space
            )
        return details

    def _add_semantic(self, counts):
        if self._semantic is not None:
            counts = mean_iou.merge(self._semantic, counts)
        self._semantic = counts

    def _add_panoptic(self, counts):
        if self._panoptic is not None:
            counts = panoptic_quality.merge(self._panoptic, counts)
        self._panoptic = counts

    def _check_given(self, given):
        if not given or {"instance", "masks"} <= given:
            raise ValueError(
                f"The prediction has {sorted(given)}; expected some of category, "
                "panoptic, and one of instance map or instance masks."
            )
        if self._given not in (None, given):
            raise ValueError(
                f"The prediction has {sorted(given)}, earlier images had "
                f"{sorted(self._given)}. Give every image the same kinds."
            )
        self._given = given


def finite(value):
    """JSON has no NaN: an undefined score becomes None."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _join(parts, class_names):
    """Joins the dicts of the metrics, class by class."""
    per_class = {name: {} for name in class_names}
    for part in parts:
        for name, values in part["per_class"].items():
            per_class[name].update(values)
    joined = {key: value for part in parts for key, value in part.items()}
    return {**joined, "per_class": per_class}
