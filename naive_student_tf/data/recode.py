"""Frames resized or re-encoded on their way into the shards. Off by default.

A JPEG of quality 95 decodes in a sixth of a PNG's time and takes a fifth of its
bytes (6.3 and 36 CPU-ms, 0.42 and 2.18 MB for a frame of Cityscapes, with 4:2:0
chroma subsampling; without it, as here, somewhat more). But it moves pixels: a build
says how far (PSNR, in its manifest), and the effect on scores is not run. Labels and
regions are never compressed with loss.
"""

import dataclasses
import io

import numpy as np
from PIL import Image

from naive_student_tf.data import example


@dataclasses.dataclass(frozen=True)
class Recode:
    """Callable: Frame -> Frame.

    Attributes:
        longer_side: int, pixels; images are resized to it, up or down, bilinear with
            antialiasing, labels by the nearest pixel. None: the size stays.
        jpeg_quality: int in 1..100, without chroma subsampling: signs and lights are
            small and coloured. None: PNG, lossless; an image that keeps its size
            then keeps its bytes, and so does one that is a JPEG already.
    """

    longer_side: int | None = None
    jpeg_quality: int | None = None

    def __post_init__(self):
        quality, side = self.jpeg_quality, self.longer_side
        if quality is not None and not 1 <= quality <= 100:
            raise ValueError(f"jpeg_quality is {quality}; give 1..100 or None.")
        if side is not None and side < 1:
            raise ValueError(f"longer_side is {side} pixels; give a positive number.")

    def lossless(self):
        """The same without JPEG."""
        return dataclasses.replace(self, jpeg_quality=None)

    def __call__(self, frame):
        size = self._size(frame)
        resized = size != (frame.height, frame.width)
        to_jpeg = self.jpeg_quality is not None and frame.image_format != "jpeg"
        if not resized and not to_jpeg:
            return frame
        image = Image.fromarray(example.pixels(frame))
        if resized:
            image = image.resize(size[::-1], Image.Resampling.BILINEAR)
        data, image_format = self._encoded(image)
        return dataclasses.replace(
            frame,
            image=data,
            image_format=image_format,
            height=size[0],
            width=size[1],
            panoptic=_nearest(frame.panoptic, size),
            void_regions=_nearest(frame.void_regions, size),
        )

    def psnr_db(self, frame):
        """Peak signal-to-noise ratio that the JPEG leaves, in dB; inf: no change."""
        before = example.pixels(self.lossless()(frame)).astype(np.float64)
        error = np.mean((before - example.pixels(self(frame))) ** 2)
        return 10 * np.log10(255**2 / error) if error else np.inf

    def _size(self, frame):
        """(height, width) after resizing."""
        if self.longer_side is None:
            return frame.height, frame.width
        scale = self.longer_side / max(frame.height, frame.width)
        return max(1, round(frame.height * scale)), max(1, round(frame.width * scale))

    def _encoded(self, image):
        buffer = io.BytesIO()
        if self.jpeg_quality is None:
            image.save(buffer, "PNG")
            return buffer.getvalue(), "png"
        image.save(buffer, "JPEG", quality=self.jpeg_quality, subsampling=0)
        return buffer.getvalue(), "jpeg"


def _nearest(array, size):
    """[H, W] -> [h, w]; each pixel takes what lies at its center."""
    if array is None or array.shape == size:
        return array
    rows, cols = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64)
        for old, new in zip(array.shape, size, strict=True)
    )
    return array[rows[:, None], cols]
