"""CamVid on disk: {train,val,test}/<drive>_<frame>.{png,jpg} and <split>annot/*.png.

Every frame is labelled. To make a semi-supervised task of it, `train_labelled`
keeps every k-th frame of each drive with its label, and `train_video` is all
training frames without their labels.
"""

import dataclasses
import itertools
import pathlib

import numpy as np

from naive_student_tf.data import files
from naive_student_tf.labels import camvid as facts
from naive_student_tf.labels import panoptic

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclasses.dataclass(frozen=True)
class CamVid:
    """One split of CamVid.

    Attributes:
        data_dir: str, the root that holds train, trainannot, ...
        split: str: train, val, test (all frames, labelled), train_labelled,
            train_video.
        keep_every: int, the k of train_labelled.
    """

    data_dir: str
    split: str
    keep_every: int = 10
    label_space = facts.CAMVID

    def list_frames(self):
        """Returns the FrameFiles of the split, sorted by drive and frame.

        Raises:
            FileNotFoundError: no such directory, no images, or no label for one.
            ValueError: an unknown split.
        """
        folder, _, part = self.split.partition("_")
        if folder not in ("train", "val", "test") or part not in _PARTS:
            raise ValueError(
                f"Unknown split {self.split!r}; known: train, val, test, "
                f"train_labelled, train_video."
            )
        images = _images(pathlib.Path(self.data_dir), folder)
        frames = [self._frame(path, labelled=part != "video") for path in images]
        if part != "labelled":
            return frames
        drives = itertools.groupby(frames, key=lambda frame: frame.sequence_id)
        return [
            frame
            for _, of_drive in drives
            for frame in itertools.islice(of_drive, 0, None, self.keep_every)
        ]

    def read_frame(self, frame):
        return files.read_frame(self, frame)

    def read_panoptic(self, path):
        """Class-index PNG -> uint16 [H, W] packed label, instance 0 everywhere."""
        ids = files.read_ids(path)
        if ids.max() > facts.VOID_LABEL_ID:
            raise ValueError(
                f"{path}: id {ids.max()} is not CamVid's; expected class indices "
                f"0..10 and {facts.VOID_LABEL_ID} for void."
            )
        void = facts.CAMVID.ignore_label
        category = np.where(ids == facts.VOID_LABEL_ID, void, ids).astype(np.uint16)
        return panoptic.pack(category, 0, label_divisor=facts.CAMVID.label_divisor)

    def read_void_regions(self, path):
        raise ValueError(f"{path}: CamVid has no annotated fixed regions.")

    def _frame(self, path, *, labelled):
        drive, _, number = path.stem.rpartition("_")
        label = path.parent.with_name(f"{path.parent.name}annot") / f"{path.stem}.png"
        if labelled and not label.is_file():
            raise FileNotFoundError(
                f"{path} has no label {label}. Every CamVid frame has one."
            )
        return files.FrameFiles(
            image=str(path),
            filename=path.stem,
            sequence_id=drive,
            frame_id=number,
            label=str(label) if labelled else None,
        )


_PARTS = ("", "labelled", "video")


def _images(root, folder):
    if not root.is_dir():
        raise FileNotFoundError(
            f"DATA_DIR {str(root)!r} does not exist. It must hold the folders train, "
            f"trainannot, val, valannot, test, testannot of CamVid."
        )
    paths = sorted(
        path for path in (root / folder).glob("*") if path.suffix in IMAGE_SUFFIXES
    )
    if not paths:
        raise FileNotFoundError(
            f"{root / folder} holds no images ({', '.join(IMAGE_SUFFIXES)})."
        )
    return paths
