"""What a data set's labels mean: the one descriptor everybody passes around."""

import colorsys
import dataclasses

_BITS = 16  # of a pixel of a stored label


@dataclasses.dataclass(frozen=True)
class LabelSpace:
    """The classes of a data set, in training order.

    Attributes:
        name: str, of the data set.
        class_names: tuple of str; position = category (Cityscapes: trainId).
        thing_classes: tuple of int, the categories that have instances.
        colors: tuple of (red, green, blue), 0..255, one per category; made up where
            none are given.
        label_ids: tuple of int, the id of each category in the data set's own
            files and submission formats (Cityscapes: labelId); default: 0, 1, ...
        label_divisor: int, panoptic = category * label_divisor + instance.
        ignore_label: int, the category of void pixels.

    Raises:
        ValueError: lists that do not match, or labels beyond the 16 bits that a
            stored label has: 255 classes and 255 instances of each at most, by
            default.
    """

    name: str
    class_names: tuple
    thing_classes: tuple
    colors: tuple = ()
    label_ids: tuple = ()
    label_divisor: int = 256
    ignore_label: int = 255

    def __post_init__(self):
        classes = len(self.class_names)
        defaults = {"colors": _colors(classes), "label_ids": range(classes)}
        for field in ("class_names", "thing_classes", "colors", "label_ids"):
            value = getattr(self, field) or defaults.get(field, ())
            object.__setattr__(self, field, tuple(value))
        if not (len(self.colors) == len(self.label_ids) == classes):
            raise ValueError(
                f"{self.name}: {classes} class names, {len(self.colors)} colors and "
                f"{len(self.label_ids)} label ids; give one of each per class."
            )
        if len(set(self.label_ids)) != classes:
            raise ValueError(f"{self.name}: label ids {self.label_ids} repeat.")
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
        if (self.ignore_label + 1) * self.label_divisor > 1 << _BITS:
            raise ValueError(
                f"{self.name}: ignore_label {self.ignore_label} with label_divisor "
                f"{self.label_divisor} takes more than the {_BITS} bits of a stored "
                f"label; their product must stay below {1 << _BITS}."
            )

    @property
    def num_classes(self):
        return len(self.class_names)

    @property
    def void(self):
        """The panoptic value of a void pixel."""
        return self.ignore_label * self.label_divisor


def _colors(count):
    """Distinct colors: hues a golden angle apart, in three brightnesses."""
    return tuple(
        tuple(
            round(255 * part)
            for part in colorsys.hsv_to_rgb(
                0.618 * index % 1, 0.65, (0.95, 0.75, 0.55)[index % 3]
            )
        )
        for index in range(count)
    )
