"""Mapillary Vistas on disk, v1.2 or v2.0, whichever is there.

    {training,validation,testing}/images/*.jpg
    {training,validation}/{v1.2,v2.0}/instances/*.png   (older zips: no version folder)
    config_v1.2.json, config_v2.0.json                  (older zips: config.json)

Labels come from `instances`, 16-bit PNGs of label * 256 + number. Images are large
and of many sizes: resize them while building (recode.Recode).
"""

import dataclasses
import pathlib

import numpy as np

from naive_student_tf.data import files
from naive_student_tf.data.relabel import count_instances, relabel
from naive_student_tf.labels import mapillary as facts
from naive_student_tf.labels import panoptic

FOLDERS = {"train": "training", "val": "validation", "test": "testing"}
VERSIONS = ("v1.2", "v2.0", "")  # preferred first: the paper predates v2.0


@dataclasses.dataclass(frozen=True)
class Mapillary:
    """One split of Mapillary Vistas.

    Attributes:
        data_dir: str, the root that holds training, validation, config_*.json.
        split: str: train, val, test (without labels).
        version: str, "v1.2" or "v2.0"; None takes what is there, v1.2 if both are.
    """

    data_dir: str
    split: str
    version: str | None = None

    @property
    def label_space(self):
        return facts.mapillary(config=self._config())

    def list_frames(self):
        """Returns the FrameFiles of the split, sorted by name.

        Raises:
            FileNotFoundError: no such directory, no images, or no label for one.
            ValueError: an unknown split or version.
        """
        if self.split not in FOLDERS:
            raise ValueError(f"Unknown split {self.split!r}; known: {[*FOLDERS]}.")
        folder = pathlib.Path(self.data_dir, FOLDERS[self.split])
        labels = (
            None if self.split == "test" else folder / self._version() / "instances"
        )
        images = sorted(folder.glob("images/*.jpg"))
        if not images:
            raise FileNotFoundError(
                f"{folder / 'images'} holds no *.jpg. Check DATA_DIR."
            )
        return [_frame(image, labels) for image in images]

    def read_frame(self, frame):
        return files.read_frame(self, frame)

    def read_panoptic(self, path):
        """`instances` PNG -> uint16 [H, W] packed label.

        Instances are numbered anew from 1 within their class, since number 0 is an
        instance here. Raises ValueError on ids that the class table does not have.
        """
        ids = files.read_ids(path)
        if ids.dtype != np.uint16:
            raise ValueError(
                f"{path}: 8 bits a pixel, expected 16: label * 256 + number, as the "
                f"files in `instances` are."
            )
        return relabel(ids, lambda values: self._packed(values, path))

    def read_void_regions(self, path):
        raise ValueError(f"{path}: Mapillary Vistas has no annotated fixed regions.")

    def _packed(self, ids, path):
        space = self.label_space
        label, _ = panoptic.unpack(ids, label_divisor=facts.INSTANCE_DIVISOR)
        known = facts.num_labels(config=self._config())
        if label.max(initial=0) >= known:
            raise ValueError(
                f"{path}: id {ids.max()} is of class {label.max()}; the class table "
                f"{self._config()} ends at {known - 1}. Is it of another release?"
            )
        category = np.full(known, space.ignore_label, np.int64)
        category[list(space.label_ids)] = np.arange(space.num_classes)
        category = category[label]
        is_thing = np.isin(category, space.thing_classes)
        instance = count_instances(category, is_thing, space=space, path=path)
        return panoptic.pack(category, instance, label_divisor=space.label_divisor)

    def _config(self):
        version = self._version()
        name = f"config_{version}.json" if version else "config.json"
        return str(pathlib.Path(self.data_dir, name))

    def _version(self):
        root = pathlib.Path(self.data_dir)
        found = [
            version
            for version in VERSIONS
            for folder in ("training", "validation")
            if (root / folder / version / "instances").is_dir()
        ]
        if not found or (self.version and self.version not in found):
            raise FileNotFoundError(
                f"{self.data_dir!r} holds no {{training,validation}}/"
                f"{self.version or '{v1.2,v2.0}'}/instances of Mapillary Vistas. Check "
                f"DATA_DIR and the version."
            )
        return self.version or found[0]


def _frame(image, labels):
    label = labels / f"{image.stem}.png" if labels else None
    if label and not label.is_file():
        raise FileNotFoundError(f"{image} has no label {label}. Unzip the labels.")
    return files.FrameFiles(
        image=str(image),
        filename=image.stem,
        sequence_id=image.stem,
        frame_id="",
        label=str(label) if label else None,
    )
