"""Do the ego-vehicle regions of a drive agree? Measured while building shards.

The camera is fixed to the car, so one drive should have one region (on Cityscapes:
81,534 pixels in every frame of aachen). A drive that has several is reported by
name: its pseudo-labels would be masked unevenly.
"""

import collections
import hashlib

import numpy as np

EGO_VEHICLE = 1  # in void regions, see data/example.py
_PER_TASK = 64


def tasks(frames):
    """Lists of region files to measure, each file once."""
    paths = list(dict.fromkeys(f.void_regions for f in frames if f.void_regions))
    return [paths[i : i + _PER_TASK] for i in range(0, len(paths), _PER_TASK)]


def measure(source, paths):
    """Returns a list of (path, ego pixels, digest of the mask)."""
    found = []
    for path in paths:
        mask = source.read_void_regions(path) == EGO_VEHICLE
        digest = hashlib.sha256(repr(mask.shape).encode() + np.packbits(mask).tobytes())
        found.append((path, int(mask.sum()), digest.hexdigest()))
    return found


def summarize(frames, measured):
    """Counts masks per drive.

    Args:
        frames: list of FrameFiles of the split.
        measured: list of what `measure` returned.

    Returns:
        dict of drive -> dict(frames, without: frames without a known region, masks:
        how many different ones, pixels: [least, most], odd: names of up to five
        frames whose mask is not the drive's most frequent one).
    """
    known = {path: row for rows in measured for path, *row in rows}
    drives = collections.defaultdict(list)
    for frame in frames:
        drives[frame.drive or frame.sequence_id].append(frame)
    summary = {}
    for drive, of_drive in drives.items():
        masked = [f for f in of_drive if f.void_regions]
        counts = collections.Counter(known[f.void_regions][1] for f in masked)
        usual = max(counts, key=counts.get, default=None)
        odd = [f.filename for f in masked if known[f.void_regions][1] != usual]
        pixels = [known[f.void_regions][0] for f in masked]
        summary[drive] = {
            "frames": len(of_drive),
            "without": len(of_drive) - len(masked),
            "masks": len(counts),
            "pixels": [min(pixels), max(pixels)] if pixels else None,
            "odd": odd[:5],
        }
    return summary


def report(name, summary):
    """Prints the counts, and the drives whose masks differ."""
    total = sum(drive["frames"] for drive in summary.values())
    without = sum(drive["without"] for drive in summary.values())
    if without == total:
        print(f"{name}: no frame has a known ego-vehicle region", flush=True)
        return
    uneven = {key: drive for key, drive in summary.items() if drive["masks"] > 1}
    lines = [
        f"{name}: ego-vehicle regions for {total - without} of {total} frames, "
        f"{len(summary)} drives; {len(uneven)} of them with more than one mask",
        *(
            f"  {key}: {drive['masks']} masks of {drive['pixels'][0]} to "
            f"{drive['pixels'][1]} pixels, unlike the others: {', '.join(drive['odd'])}"
            for key, drive in list(uneven.items())[:10]
        ),
    ]
    print("\n".join(lines), flush=True)
