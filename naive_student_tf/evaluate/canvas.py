"""What every picture needs: enlarge, mix and check arrays; NumPy only."""

import numpy as np


def enlarge(array, *, factor):
    """Repeats pixels: [H, W, ...] -> [factor * H, factor * W, ...], for labels too."""
    if factor < 1:
        raise ValueError(f"Enlarged by {factor}; expected an integer of 1 or more.")
    return np.repeat(np.repeat(array, factor, axis=0), factor, axis=1)


def blend(below, above, *, opacity):
    """Mixes colors, broadcast to uint8 [H, W, 3]: 0 shows `below`, 1 `above`."""
    below, above = np.asarray(below, np.float32), np.asarray(above, np.float32)
    return to_uint8(below + (above - below) * opacity)


def to_uint8(values):
    """Rounds and clips floats of 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def check_image(image):
    """Returns `image` as an array; raises ValueError unless it is uint8 [H, W, 3]."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] != 3:
        raise ValueError(
            f"An image came as {image.dtype} {list(image.shape)}; expected uint8 "
            "[H, W, 3]. Undo the normalisation and the batch dimension first."
        )
    return image


def check_map(label_map, reference):
    """Returns `label_map` as an array; raises ValueError unless it has the height and
    width of `reference`."""
    label_map = np.asarray(label_map)
    if label_map.shape != reference.shape[:2]:
        raise ValueError(
            f"A map of {list(label_map.shape)} came with a picture of "
            f"{list(reference.shape[:2])}; expected equal sizes. Resize one of them."
        )
    return label_map
