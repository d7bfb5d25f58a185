"""The obvious way to compute crops and targets: loops over pixels and instances."""

import math

import numpy as np

BORDER = 1e-3  # pixels; positions come as float32


def slow_crop(image, label, window, *, crop_size, pad, void):
    """float64 [h, w, 3] bilinear image and int [h, w] nearest label, pixel by pixel."""
    rows = np.linspace(window[0], window[2], crop_size[0])
    cols = np.linspace(window[1], window[3], crop_size[1])
    out_image = np.full((*crop_size, 3), pad, np.float64)
    out_label = np.full(crop_size, void)
    height, width = label.shape
    for i, y in enumerate(rows):
        for j, x in enumerate(cols):
            if _inside(y, height) and _inside(x, width):
                out_image[i, j] = _bilinear(image, y, x)
                nearest_y = min(math.floor(y + 0.5), height - 1)
                nearest_x = min(math.floor(x + 0.5), width - 1)
                out_label[i, j] = label[max(nearest_y, 0), max(nearest_x, 0)]
    return out_image, out_label


def slow_targets(packed, space, *, sigma, small_area, small_weight):
    """dict of float64 [H, W] or [H, W, 2] targets of one packed label."""
    height, width = packed.shape
    wanted = {
        "category": np.full((height, width), space.ignore_label),
        "semantic_weight": np.zeros((height, width)),
        "center_heatmap": np.zeros((height, width)),
        "center_weight": np.zeros((height, width)),
        "offset": np.zeros((height, width, 2)),
        "offset_weight": np.zeros((height, width)),
    }
    for value in np.unique(packed):
        mask = packed == value
        category, instance = value // space.label_divisor, value % space.label_divisor
        if category == space.ignore_label:
            continue
        wanted["category"][mask] = category
        wanted["semantic_weight"][mask] = 1
        is_thing = category in space.thing_classes
        if is_thing and instance == 0:
            continue  # a crowd has no center
        wanted["center_weight"][mask] = 1
        if is_thing:
            _add_instance(wanted, mask, sigma, small_area, small_weight)
    return wanted


def _add_instance(wanted, mask, sigma, small_area, small_weight):
    if mask.sum() < small_area:
        wanted["semantic_weight"][mask] = small_weight
    pixels = np.argwhere(mask)
    center = np.round(pixels.mean(0))
    for y, x in pixels:
        wanted["offset"][y, x] = center - (y, x)
    wanted["offset_weight"][mask] = 1
    heatmap = wanted["center_heatmap"]
    for y, x in np.ndindex(*mask.shape):
        dy, dx = y - center[0], x - center[1]
        if max(abs(dy), abs(dx)) <= 3 * sigma + 1:
            bump = math.exp(-(dy**2 + dx**2) / (2 * sigma**2))
            heatmap[y, x] = max(heatmap[y, x], bump)


def _inside(position, length):
    return -BORDER < position < length - 1 + BORDER


def _bilinear(image, y, x):
    height, width = image.shape[:2]
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = math.floor(y), math.floor(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    above = image[top, left] * (1 - (x - left)) + image[top, right] * (x - left)
    below = image[bottom, left] * (1 - (x - left)) + image[bottom, right] * (x - left)
    return above * (1 - (y - top)) + below * (y - top)
