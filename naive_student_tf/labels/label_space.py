"""What a data set's labels mean: the one descriptor everybody passes around."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class LabelSpace:
    """The classes of a data set, in training order.

    Attributes:
        name: str, of the data set.
        class_names: tuple of str; position = category (Cityscapes: trainId).
        thing_classes: tuple of int, the categories that have instances.
        colors: tuple of (red, green, blue), 0..255, one per category.
        label_ids: tuple of int, the id of each category in the data set's own
            files and submission formats (Cityscapes: labelId).
        label_divisor: int, panoptic = category * label_divisor + instance.
        ignore_label: int, the category of void pixels.
    """

    name: str
    class_names: tuple
    thing_classes: tuple
    colors: tuple
    label_ids: tuple
    label_divisor: int = 256
    ignore_label: int = 255

    def __post_init__(self):
        for field in ("class_names", "thing_classes", "colors", "label_ids"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        classes = len(self.class_names)
        if not (len(self.colors) == len(self.label_ids) == classes):
            raise ValueError(
                f"{self.name}: {classes} class names, {len(self.colors)} colors and "
                f"{len(self.label_ids)} label ids; give one of each per class."
            )
        if not all(0 <= thing < classes for thing in self.thing_classes):
            raise ValueError(
                f"{self.name}: thing classes {self.thing_classes} are not all in "
                f"0..{classes - 1}."
            )
        if classes > self.ignore_label:
            raise ValueError(
                f"{self.name}: {classes} classes reach the ignore label "
                f"{self.ignore_label}; labels are stored in 8 bits."
            )

    @property
    def num_classes(self):
        return len(self.class_names)

    @property
    def void(self):
        """The panoptic value of a void pixel."""
        return self.ignore_label * self.label_divisor
