"""Which frames there are and where each lies: Cityscapes' names and folders.

A snippet is 30 frames, f-19 .. f+10 around its annotated frame f. In most cities
every snippet is a sequence of its own and f is 19; in every third one all snippets
lie in one long sequence (as in Cityscapes' bochum and hamburg), so f is arbitrary.
"""

import dataclasses
import pathlib

FRAMES_BEFORE, FRAMES_AFTER = 19, 10
FIRST_FRAME = FRAMES_BEFORE
_LONG_SEQUENCE_STEP = 47  # frames between annotated ones of a long sequence

_STEMS = (
    *("ahl", "birk", "dorn", "eich", "falk", "grau", "hohen", "ilm", "jung"),
    *("kalt", "lind", "mohn", "neu", "ost", "quell", "rot", "stein", "tann"),
    *("ulm", "vogel", "weiss", "zell", "brunn", "fuchs"),
)
_ENDINGS = {"train": "stadt", "train_extra": "dorf", "val": "burg", "test": "hausen"}
SPLITS = tuple(_ENDINGS)


@dataclasses.dataclass(frozen=True)
class Snippet:
    """An annotated frame, and the video around it if there is one.

    Attributes:
        split: str, one of SPLITS.
        city: int, number within the split; place: int, number within the city.
        sequence, frame: int, of the annotated frame, as in its file name.
        has_video: bool, 30 frames instead of one.
    """

    split: str
    city: int
    place: int
    sequence: int
    frame: int
    has_video: bool = False

    @property
    def steps(self):
        """Frames of the snippet, counted from the annotated one."""
        if self.has_video:
            return range(-FRAMES_BEFORE, FRAMES_AFTER + 1)
        return range(1)


def list_snippets(split, cities, per_city, videos=0):
    """Snippets of a split.

    Args:
        split: str, one of SPLITS.
        cities, per_city: int, how many cities, and snippets in each.
        videos: int, how many snippets are videos: the first of every city, then the
            second of every city, and so on.
    """
    is_long = split != "train_extra"
    return [
        Snippet(
            split=split,
            city=city,
            place=place,
            sequence=0 if is_long and city % 3 == 2 else place,
            frame=_frame_number(city, place, is_long=is_long),
            has_video=place * cities + city < videos,
        )
        for city in range(cities)
        for place in range(per_city)
    ]


def _frame_number(city, place, *, is_long):
    if is_long and city % 3 == 2:
        return FIRST_FRAME + _LONG_SEQUENCE_STEP * place + (7 * city) % 13
    return FIRST_FRAME


def city_name(split, city):
    """The name of city number `city` of a split; no two splits share one."""
    turn, stem = divmod(city, len(_STEMS))
    middle = f"-{_STEMS[turn - 1]}-" if turn else ""
    return f"{_STEMS[stem]}{middle}{_ENDINGS[split]}"


def frame_name(snippet, step):
    """`<city>_<sequence>_<frame>` of a frame, `step` after the annotated one."""
    city = city_name(snippet.split, snippet.city)
    return f"{city}_{snippet.sequence:06d}_{snippet.frame + step:06d}"


def frame_paths(root, snippet, step):
    """Where the files of one frame belong.

    Args:
        root: str or Path, of the data set.
        snippet: Snippet; step: int, frames after the annotated one.

    Returns:
        dict of what -> list of Path; what is image, labelIds, instanceIds, color,
        coarse_labelIds, coarse_instanceIds, coarse_color or regions. Labels of
        frames that have none in Cityscapes lie under toy_truth.
    """
    name = frame_name(snippet, step)
    annotated, split = step == 0, snippet.split

    def at(folder, subset, ending):
        city = city_name(split, snippet.city)
        return pathlib.Path(root, folder, subset, city, f"{name}_{ending}.png")

    def labels(folder, subset, kind, names=("labelIds", "instanceIds", "color")):
        return {what: [at(folder, subset, f"{kind}_{what}")] for what in names}

    images = [at("leftImg8bit", split, "leftImg8bit")] * annotated
    if snippet.has_video:
        images.append(at("leftImg8bit_sequence", split, "leftImg8bit"))
    files = {"image": images}
    if annotated and split in ("train", "val"):
        return files | labels("gtFine", split, "gtFine")
    subset = split if split in ("train_extra", "test") else f"{split}_sequence"
    files |= labels("toy_truth", subset, "gtFine", ("labelIds", "instanceIds"))
    if split == "train_extra":
        coarse = labels("gtCoarse", split, "gtCoarse")
        files |= {f"coarse_{what}": paths for what, paths in coarse.items()}
    if split == "test" and annotated:
        fixed = labels("gtFine", split, "gtFine")
        files |= {f"regions_{what}": paths for what, paths in fixed.items()}
    return files
