"""What a person watches while a network learns: one example, target and prediction."""

import dataclasses

import numpy as np

from naive_student_tf.evaluate import canvas, head_pictures, panels, pictures, scenes
from naive_student_tf.labels.label_space import LabelSpace

OPACITY = 0.65  # of the categories over the image


@dataclasses.dataclass(frozen=True)
class TrainingPicture:
    """Callable: targets and outputs of an example -> rows of captioned pictures.

    Image, ground truth, prediction, error; center heatmap and offsets of the
    network above those that it should predict.
    """

    label_space: LabelSpace

    def __call__(self, targets, outputs):
        """Args: targets, outputs: dicts of NumPy arrays [1, H, W, ...], as in
        targets.py and panoptic_deeplab.py. Returns: uint8 [height, width, 3]."""
        wanted = {name: scenes.fit(value[0]) for name, value in targets.items()}
        found = {name: scenes.fit(value[0]) for name, value in outputs.items()}
        image = canvas.to_uint8(wanted["image"])
        rows = [self._categories(image, wanted["category"], found["logits"])]
        if "offset" in found:
            largest = np.linalg.norm(wanted["offset"], axis=-1).max(initial=0)
            for title, maps in (("predicted", found), ("wanted", wanted)):
                rows.append(_heads(image, title, maps, wanted, largest))
        return panels.stack_panels([scenes.draw_row(("", row)) for row in rows])

    def _categories(self, image, truth, logits):
        category = np.argmax(logits, -1)
        cells = [("image", image)]
        for caption, labels in (("ground truth", truth), ("prediction", category)):
            colors = pictures.draw_category(labels, label_space=self.label_space)
            cells.append((caption, canvas.blend(image, colors, opacity=OPACITY)))
        ignore = self.label_space.ignore_label
        error = pictures.draw_error(category, truth, ignore_label=ignore)
        return [*cells, ("error", error)]


def _heads(image, title, maps, wanted, largest):
    """A row: center heatmap, offsets of things, and what has no say in the losses."""
    things = wanted["offset_weight"][..., 0] > 0
    heatmap = head_pictures.draw_center_heatmap(image, maps["center_heatmap"])
    offset = head_pictures.draw_offset(
        maps["offset"], max_magnitude=largest, mask=things
    )
    key = head_pictures.draw_offset_key(size=min(image.shape[:2]))
    void = pictures.draw_void(
        image, wanted["center_weight"][..., 0] == 0, ego=np.zeros_like(things)
    )
    return [
        (f"center heatmap, {title}", heatmap),
        (f"offsets of things, {title}", offset),
        ("direction and length of an offset", key),
        ("void and crowd", void),
    ]
