"""Which files belong together, of data that is not a known data set.

Relative paths in a binding are relative to `data_dir`; "{split}" stands for the split.
"""

import csv
import dataclasses
import pathlib
import re

from absl import logging

from naive_student_tf.data.files import FrameFiles

_SUFFIXES = (".png", ".jpg", ".jpeg")
COLUMNS = ("image", "label", "sequence", "frame", "void_regions")


@dataclasses.dataclass(frozen=True)
class Folders:
    """Callable: split -> FrameFiles of images in folders, sorted by path.

    Attributes:
        data_dir: str.
        images: str, a pattern; `**/` goes down folders.
        labels: str, path of an image's label; "{name}" is the image's path without
            suffix, from where the pattern's wildcards begin. None: unlabelled.
        name: str, regular expression of a whole name with groups `sequence` and
            `frame`; None: every image is a sequence of its own.
        void_regions: str, path of its fixed regions, like `labels`, or None.
        require_labels: bool; False takes an image without label as unlabelled and
            counts it.
    """

    data_dir: str
    images: str = "{split}/*"
    labels: str | None = None
    name: str | None = None
    void_regions: str | None = None
    require_labels: bool = True

    def __call__(self, split):
        """Raises FileNotFoundError: no images, or one without label; ValueError: a
        name that does not match."""
        root = pathlib.Path(self.data_dir)
        pattern = self.images.replace("{split}", split)
        base = root / re.match(r"([^*?\[]*/)?", pattern)[0]
        images = sorted(p for p in root.glob(pattern) if p.suffix.lower() in _SUFFIXES)
        if not images:
            raise FileNotFoundError(
                f"{root / pattern} matches no image ({', '.join(_SUFFIXES)})."
            )
        frames = [self._frame(image, base, split) for image in images]
        bare = [frame.image for frame in frames if not frame.label]
        if self.labels and bare and self.require_labels:
            raise FileNotFoundError(
                f"{len(bare)} of {len(frames)} images of {split!r} have no label "
                f"{self.labels}, the first is {bare[0]}. Bind require_labels = False "
                f"if they are meant to be unlabelled."
            )
        if self.labels and bare:
            logging.warning("%s: %d images have no label.", split, len(bare))
        return frames

    def _frame(self, image, base, split):
        name = image.relative_to(base).with_suffix("").as_posix()
        match = re.fullmatch(self.name, name) if self.name else None
        if self.name and not match:
            raise ValueError(
                f"{image}: the name {name!r} does not match {self.name!r}."
            )
        return FrameFiles(
            image=str(image),
            filename=name.replace("/", "_"),
            sequence_id=match["sequence"] if match else name,
            frame_id=match["frame"] if match else "",
            label=self._beside(self.labels, split, name),
            void_regions=self._beside(self.void_regions, split, name),
        )

    def _beside(self, template, split, name):
        if template is None:
            return None
        path = template.replace("{split}", split).replace("{name}", name)
        path = pathlib.Path(self.data_dir, path)
        return str(path) if path.is_file() else None


@dataclasses.dataclass(frozen=True)
class Table:
    """Callable: split -> FrameFiles of the lines of a CSV file, in their order.

    The first line names the columns: image, and as far as you have them label,
    sequence, frame, void_regions. An empty cell is one you do not have. Paths are
    relative to `data_dir`.

    Attributes:
        data_dir: str.
        csv: str, path of the file.
    """

    data_dir: str
    csv: str = "{split}.csv"

    def __call__(self, split):
        """Raises FileNotFoundError: a file that is not there; ValueError: other
        columns, or an empty image; with the number of the line."""
        path = pathlib.Path(self.data_dir, self.csv.replace("{split}", split))
        if not path.is_file():
            raise FileNotFoundError(f"There is no table {path} for split {split!r}.")
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True, strict=True)
            columns = reader.fieldnames or []
            if "image" not in columns or not set(columns) <= set(COLUMNS):
                raise ValueError(
                    f"{path}: the columns are {columns}; expected image and, "
                    f"optionally, {', '.join(COLUMNS[1:])}."
                )
            frames = [
                self._frame(row, f"{path}, line {reader.line_num}") for row in reader
            ]
        if not frames:
            raise ValueError(f"{path} lists no frames.")
        return frames

    def _frame(self, row, where):
        if None in row or None in row.values() or not row["image"]:
            raise ValueError(f"{where}: {dict(row)} does not fill the columns.")
        name = pathlib.PurePath(row["image"]).with_suffix("").as_posix()
        paths = {
            column: self._existing(row.get(column), column, where)
            for column in ("image", "label", "void_regions")
        }
        return FrameFiles(
            filename=name.strip("/").replace("/", "_"),
            sequence_id=row.get("sequence") or name,
            frame_id=row.get("frame") or "",
            **paths,
        )

    def _existing(self, cell, column, where):
        if not cell:
            return None
        path = pathlib.Path(self.data_dir, cell)
        if not path.is_file():
            raise FileNotFoundError(f"{where}: the {column} {path} does not exist.")
        return str(path)
