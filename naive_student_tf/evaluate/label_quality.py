"""How good labels are where the truth is known: counts that add up, then figures.

For jobs that count piece by piece, on several machines (pseudo_label/job.py).
"""

import dataclasses

import numpy as np

from naive_student_tf.evaluate import mean_iou, panoptic_quality
from naive_student_tf.labels import panoptic
from naive_student_tf.labels.label_space import LabelSpace

_FIGURES = ("pq", "sq", "rq", "pq_things", "pq_stuff", "miou")


@dataclasses.dataclass(frozen=True)
class LabelQuality:
    """PQ and mIoU of labels as such; pixels that they leave void count as misses."""

    label_space: LabelSpace

    def count(self, truth, label):
        """Counts one frame.

        Args:
            truth: integers [H, W], packed panoptic labels.
            label: integers [H, W], likewise.

        Returns:
            dict of str -> NumPy array; those of several frames may be added.
        """
        space = self.label_space
        category, _ = panoptic.unpack(label, label_divisor=space.label_divisor)
        parts = {
            "panoptic": panoptic_quality.count(truth, label, label_space=space),
            "semantic": mean_iou.count(truth, category, label_space=space),
        }
        return {
            f"{part}/{name}": value
            for part, counts in parts.items()
            for name, value in counts._asdict().items()
        }

    def result(self, counts):
        """Figures in percent from summed counts.

        Returns:
            dict: pq, sq, rq, pq_things, pq_stuff, miou; None where undefined. A label
            space without things has miou alone.
        """
        kinds = {
            "panoptic": (panoptic_quality, panoptic_quality.PanopticCounts),
            "semantic": (mean_iou, mean_iou.SemanticCounts),
        }
        if not self.label_space.thing_classes:
            del kinds["panoptic"]
        found = {}
        for part, (module, kind) in kinds.items():
            values = kind(*(np.asarray(counts[f"{part}/{n}"]) for n in kind._fields))
            found |= module.result(values, label_space=self.label_space)
        return {
            name: None if np.isnan(found[name]) else found[name]
            for name in _FIGURES
            if name in found
        }
