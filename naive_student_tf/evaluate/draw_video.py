"""Job: what changes between iterations, as a video (paper, Figure 3 and Appendix A).

Each picture: image | labels of each iteration; below, enlarged, the window in which
they differ most over the whole snippet, so that it stands still.
"""

import bisect
import itertools

import numpy as np

from naive_student_tf import store
from naive_student_tf.data import example, shards
from naive_student_tf.evaluate import canvas, encode, panels, pictures, scenes
from naive_student_tf.labels import panoptic as panoptic_labels
from naive_student_tf.progress import Progress

CHANGED = (255, 60, 60)
BOX = (255, 255, 0)


def draw_video(
    *,
    directories,
    snippet,
    output,
    label_space,
    max_frames=30,
    frames_per_second=6.0,
    zoom=4,
):
    """Writes an animated WebP (or GIF, where Pillow has no WebP).

    Args:
        directories: tuple of str, pseudo-labelled shards of one split, one directory
            per iteration, first to last.
        snippet: str, the sequence id of the frames to show (Cityscapes: the name of
            the annotated frame), or None: the first snippet.
        output: str, the file to write; its ending follows the format.
        label_space: LabelSpace.
        max_frames: int.
        frames_per_second: float.
        zoom: int, how much the lower row is enlarged.
    """
    places = [_records(directory) for directory in directories]
    first = _find(places[0], snippet)
    frames = list(itertools.islice(_same_snippet(places, first), max_frames))
    name = frames[0][0].sequence_id
    maps = [[frame.panoptic for frame in versions] for versions in frames]
    window = changed_window(maps, label_space=label_space, zoom=zoom)
    progress = Progress(total=len(frames), name=f"draws {name}", unit="frames")
    drawn = []
    for versions, labels in zip(frames, maps, strict=True):
        image = example.pixels(versions[0])
        drawn.append(draw_frame(image, labels, window, label_space=label_space))
        progress.advance(1)
    progress.close()
    content, kind = encode.encode_animation(drawn, frames_per_second=frames_per_second)
    path = f"{output.rpartition('.')[0] or output}.{kind.rpartition('/')[2]}"
    store.write_bytes(path, content)
    print(f"{path}: {len(drawn)} frames of {name}, {len(content) / 1e6:.1f} MB")


def draw_frame(image, labels, window, *, label_space):
    """One picture of the video.

    Args:
        image: uint8 [H, W, 3].
        labels: list of integers [H, W], packed, one per iteration.
        window: (rows, columns), slices of what to enlarge.
        label_space: LabelSpace.

    Returns:
        uint8 [height, width, 3].
    """
    size = scenes.fit(image).shape[:2]
    changed = differences(labels[0], labels[-1], label_space=label_space)[window]
    above, below = _resized(image, size), _resized(image[window], size)
    marked = np.where(_resized(changed, size)[..., None], CHANGED, below)
    top = [("image", above)]
    bottom = [("enlarged; red: what changes", canvas.blend(below, marked, opacity=0.6))]
    for number, label in enumerate(labels, start=1):
        for cells, picture, part in (
            (top, above, label),
            (bottom, below, label[window]),
        ):
            drawn = pictures.draw_panoptic(
                picture, _resized(part, size), label_space=label_space
            )
            cells.append((f"iteration {number}", drawn))
    top = [(text, _boxed(picture, window, image.shape)) for text, picture in top]
    return panels.stack_panels([_draw(("", top)), _draw(("", bottom))])


def differences(first, last, *, label_space):
    """bool [H, W]: pixels with another class; void on one side counts too."""
    divisor = label_space.label_divisor
    one, other = (
        panoptic_labels.unpack(x, label_divisor=divisor)[0] for x in (first, last)
    )
    return one != other


def changed_window(maps, *, label_space, zoom):
    """The window, 1 / zoom of each side, with the most differing pixels.

    Args:
        maps: list over frames of lists over iterations of packed labels [H, W].
        label_space: LabelSpace.
        zoom: int.

    Returns:
        (rows, columns), slices.
    """
    changed = sum(
        differences(labels[0], labels[-1], label_space=label_space).astype(np.int64)
        for labels in maps
    )
    height, width = changed.shape
    sums = np.pad(changed.cumsum(0).cumsum(1), [(1, 0), (1, 0)])  # of all above left
    size = max(height // zoom, 1), max(width // zoom, 1)
    best, place = -1, (0, 0)
    for y in range(0, height - size[0] + 1, max(size[0] // 4, 1)):
        for x in range(0, width - size[1] + 1, max(size[1] // 4, 1)):
            bottom, right = y + size[0], x + size[1]
            inside = sums[bottom, right] - sums[y, right] - sums[bottom, x] + sums[y, x]
            if inside > best:
                best, place = inside, (y, x)
    return tuple(
        slice(start, start + side) for start, side in zip(place, size, strict=True)
    )


def _records(directory):
    """[(directory, ShardFile, index)] of all records of a split, in order."""
    parts, _ = shards.read_manifest(directory)
    return [(directory, part, index) for part in parts for index in range(part.count)]


def _find(places, snippet):
    """Position of the first frame of a snippet; records are sorted by their names."""
    if snippet is None:
        return 0
    last = bisect.bisect_left(places, snippet, key=_filename)
    if last == len(places) or _read(places[last]).sequence_id != snippet:
        raise ValueError(
            f"{places[0][0]} has no snippet {snippet!r}; its first is "
            f"{_read(places[0]).sequence_id!r}. Give the name of an annotated frame."
        )
    while last and _read(places[last - 1]).sequence_id == snippet:
        last -= 1
    return last


def _same_snippet(places, start):
    """Yields one list of Frames, of all iterations, per frame of the snippet."""
    first = _read(places[0][start])
    for position in range(start, len(places[0])):
        versions = [_read(records[position]) for records in places]
        if versions[0].sequence_id != first.sequence_id:
            return
        for version, records in zip(versions, places, strict=True):
            if version.filename != versions[0].filename or version.panoptic is None:
                raise ValueError(
                    f"{records[position][0]}: record {position} is {version.filename}, "
                    f"expected {versions[0].filename} with a label. Give labels of the "
                    f"same split."
                )
        yield versions


def _filename(place):
    return example.read_filename(shards.read_record(*place))


def _read(place):
    return example.read(shards.read_record(*place))


def _resized(array, size):
    """Nearest neighbours: [H, W, ...] -> [*size, ...]."""
    rows, columns = (
        np.arange(new) * old // new for new, old in zip(size, array.shape, strict=False)
    )
    return array[rows[:, None], columns]


def _boxed(picture, window, shape):
    """Draws the window's outline; shape: of the image that it is a window of."""
    picture = picture.copy()
    top, bottom, left, right = (
        min(edge * new // old, new - 1)
        for span, old, new in zip(window, shape, picture.shape, strict=False)
        for edge in (span.start, span.stop)
    )
    for rows, columns in (
        ([top, bottom], slice(left, right + 1)),
        (slice(top, bottom + 1), [left, right]),
    ):
        picture[rows, columns] = BOX
    return picture


def _draw(row):
    return scenes.draw_row(row, ink=scenes.SCREEN_INK, background=scenes.SCREEN)
