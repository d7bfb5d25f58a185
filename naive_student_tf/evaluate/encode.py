"""Encodes pictures as files in memory: PNG, and animated WebP (or GIF)."""

import base64
import io

from PIL import Image, features

WEBP_QUALITY = 85


def encode_png(picture):
    """uint8 [H, W, 3] -> bytes of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def encode_animation(frames, *, frames_per_second):
    """Encodes an endless animation.

    Args:
        frames: sequence of uint8 [H, W, 3], all of one size.
        frames_per_second: float.

    Returns:
        (bytes, media type): animated WebP, or GIF where Pillow lacks WebP.

    Raises:
        ValueError: no frames, or frames of several sizes.
    """
    sizes = {frame.shape for frame in frames}
    if len(sizes) != 1:
        raise ValueError(
            f"{len(frames)} frames came in sizes {sorted(sizes)}; expected one size."
        )
    if features.check("webp"):
        options = {"format": "WEBP", "quality": WEBP_QUALITY, "method": 4}
        return _save_frames(frames, frames_per_second, options), "image/webp"
    return _save_frames(frames, frames_per_second, {"format": "GIF"}), "image/gif"


def data_uri(content, *, media_type):
    """Bytes as an address that needs no server (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _save_frames(frames, frames_per_second, options):
    first, *others = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    first.save(
        buffer,
        save_all=True,
        append_images=others,
        duration=round(1000 / frames_per_second),
        loop=0,
        **options,
    )
    return buffer.getvalue()
