"""The validator names each mistake people make in a submission."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate.submission import submit, validate
from tests.evaluate.official_files import image_name
from tests.evaluate.submission import prediction_folder

NAMES = [image_name(number) for number in range(4)]
SIZE = (96, 192)
FIRST = NAMES[0]
TITLE = "cityscapes_panoptic_val"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The zips of a right submission of four images."""
    root = tmp_path_factory.mktemp("good")
    prediction_folder.small_case(root)
    return submit.pack(root / "predictions", split="val")


def spoil(good, kind, tmp_path, change):
    """A copy of a zip with `change(dict of entry to bytes)` applied to it."""
    with zipfile.ZipFile(good[kind]) as archive:
        content = {entry: archive.read(entry) for entry in archive.namelist()}
    change(content)
    path = tmp_path / f"{kind}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in content.items():
            archive.writestr(entry, data)
    return path


def mistakes(kind, path):
    return validate.find_mistakes(kind, path, names=NAMES, image_size=SIZE)


def redraw(content, entry, function, mode=None):
    """Replaces a PNG by a function of its array."""
    with open_image(content[entry]) as image:
        changed = Image.fromarray(function(np.array(image)))
    content[entry] = encode(changed.convert(mode) if mode else changed)


def open_image(data):
    import io

    return Image.open(io.BytesIO(data))


def encode(image):
    import io

    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def same(array):
    return array


def a_text(content):
    return f"{FIRST}.txt", content[f"{FIRST}.txt"].decode().splitlines()


def replace_word(content, position, word):
    entry, lines = a_text(content)
    parts = lines[0].split(" ")
    parts[position] = word
    content[entry] = "\n".join([" ".join(parts), *lines[1:]]).encode()


def edit_json(content, function):
    document = json.loads(content[f"{TITLE}.json"])
    function(document["annotations"])
    content[f"{TITLE}.json"] = json.dumps(document).encode()


def relabel(annotations):
    for number, segment in enumerate(annotations[0]["segments_info"]):
        segment["category_id"] = number % 19


PNG, MASK, PANOPTIC = f"{FIRST}.png", f"masks/{FIRST}_0.png", f"{TITLE}/{FIRST}.png"
SEMANTIC_MISTAKES = {
    "an image is missing": (lambda c: c.pop(PNG), f"{FIRST}: no *.png"),
    "an image is there twice": (
        lambda c: c.update({f"old/{PNG}": c[PNG]}),
        f"{FIRST}: 2 files",
    ),
    "an image of another split": (
        lambda c: c.update({f"a{PNG}": c[PNG]}),
        f"a{PNG}: not of an image of the split",
    ),
    "a name without the frame": (
        lambda c: c.update({"0.png": c.pop(PNG)}),
        "0.png: not of an image",
    ),
    "rubbish of a file manager": (
        lambda c: c.update({"__MACOSX/._x": b""}),
        "__MACOSX/._x: not of an image",
    ),
    "another size": (
        lambda c: redraw(c, PNG, lambda a: a[::2, ::2]),
        "48x96 pixels",
    ),
    "16 bits": (
        lambda c: redraw(c, PNG, lambda a: a.astype(np.uint16)),
        "16-bit PNG of one channel; expected an 8-bit PNG",
    ),
    "colors": (lambda c: redraw(c, PNG, same, "RGB"), "is a color PNG"),
    "trainIds with void": (
        lambda c: redraw(c, PNG, lambda a: np.where(a < 8, 255, a % 19).astype("u1")),
        "holds trainIds",
    ),
    "trainIds without void": (
        lambda c: [redraw(c, n, lambda a: (a % 19).astype("u1")) for n in list(c)],
        "the zip holds trainIds",
    ),
    "ids of nothing": (
        lambda c: redraw(c, PNG, lambda a: a + np.uint8(60)),
        "labelIds",
    ),
    "a path out of the zip": (
        lambda c: c.update({f"../{PNG}": c.pop(PNG)}),
        "leaves the archive",
    ),
    "a cut-off PNG": (lambda c: c.update({PNG: c[PNG][:-30]}), "not a readable PNG"),
}
INSTANCE_MISTAKES = {
    "no text file": (lambda c: c.pop(f"{FIRST}.txt"), f"{FIRST}: no *.txt"),
    "no mask": (lambda c: c.pop(MASK), f"the zip has no mask {MASK}"),
    "an unused mask": (
        lambda c: c.update({"masks/x.png": c[MASK]}),
        "masks/x.png: no text file lists it",
    ),
    "an empty mask": (lambda c: redraw(c, MASK, lambda a: 0 * a), "is empty"),
    "a mask of another size": (
        lambda c: redraw(c, MASK, lambda a: a[:50]),
        "50x192 pixels",
    ),
    "a colored mask": (lambda c: redraw(c, MASK, same, "RGB"), "is a color PNG"),
    "an absolute path": (
        lambda c: replace_word(c, 0, "/home/me/0.png"),
        "must be relative",
    ),
    "a path out of the zip": (
        lambda c: replace_word(c, 0, f"../{MASK}"),
        f"the zip has no mask ../{MASK}",
    ),
    "a class without instances": (
        lambda c: replace_word(c, 1, "7"),
        "labelId 7 has no",
    ),
    "a trainId": (lambda c: replace_word(c, 1, "13"), "labelId 13 has no instances"),
    "no confidence": (lambda c: replace_word(c, 2, ""), "no numbers"),
    "a comma": (lambda c: replace_word(c, 2, "0,5"), "no numbers"),
    "a mask listed twice": (
        lambda c: replace_word(c, 0, f"masks/{FIRST}_1.png"),
        "twice",
    ),
}
PANOPTIC_MISTAKES = {
    "no JSON": (lambda c: c.pop(f"{TITLE}.json"), "0 JSON files"),
    "no folder": (
        lambda c: [
            c.update({e.replace(TITLE, "png", 1): c.pop(e)}) for e in list(c)[:4]
        ],
        f"no folder {TITLE}/",
    ),
    "no annotation": (lambda c: edit_json(c, lambda a: a.pop(0)), "no prediction"),
    "two annotations": (
        lambda c: edit_json(c, lambda a: a.append(a[0])),
        "more than one prediction",
    ),
    "no PNG": (lambda c: c.pop(PANOPTIC), "not a readable PNG"),
    "a PNG too many": (
        lambda c: c.update({f"{TITLE}/x.png": b""}),
        f"{TITLE}/x.png: not of an image",
    ),
    "a gray PNG": (lambda c: redraw(c, PANOPTIC, lambda a: a[..., 0]), "a color PNG"),
    "another size": (lambda c: redraw(c, PANOPTIC, lambda a: a[:9]), "9x192 pixels"),
    "blue and red exchanged": (
        lambda c: redraw(c, PANOPTIC, lambda a: a[..., ::-1]),
        "in the PNG only",
    ),
    "trainIds": (lambda c: edit_json(c, relabel), "category_id) holds trainIds"),
    "a class that is not evaluated": (
        lambda c: edit_json(
            c, lambda a: a[0]["segments_info"][0].update(category_id=29)
        ),
        "[29] are not evaluated",
    ),
}


def test_a_right_submission_has_no_mistake(good):
    assert [mistakes(kind, path) for kind, path in good.items()] == [[], [], []]
    validate.check(good, names=NAMES, count=4, image_size=SIZE)


@pytest.mark.parametrize(("kind", "entry"), [("semantic", PNG), ("instance", MASK)])
def test_a_palette_is_no_mistake_the_official_tools_read_it(
    good, kind, entry, tmp_path
):
    path = spoil(good, kind, tmp_path, lambda c: redraw(c, entry, same, "P"))
    assert not mistakes(kind, path)


@pytest.mark.parametrize("name", SEMANTIC_MISTAKES)
def test_a_mistake_of_semantic_predictions(good, name, tmp_path):
    _found("semantic", SEMANTIC_MISTAKES[name], good, tmp_path)


@pytest.mark.parametrize("name", INSTANCE_MISTAKES)
def test_a_mistake_of_instance_predictions(good, name, tmp_path):
    _found("instance", INSTANCE_MISTAKES[name], good, tmp_path)


@pytest.mark.parametrize("name", PANOPTIC_MISTAKES)
def test_a_mistake_of_panoptic_predictions(good, name, tmp_path):
    _found("panoptic", PANOPTIC_MISTAKES[name], good, tmp_path)


def _found(kind, mistake, good, tmp_path):
    change, words = mistake
    found = mistakes(kind, spoil(good, kind, tmp_path, change))
    assert any(words in text for text in found), found


def test_another_file_than_a_zip(good, tmp_path):
    path = tmp_path / "semantic.zip"
    path.write_bytes(b"rar")
    assert "not a readable zip" in mistakes("semantic", path)[0]


def test_bytes_that_changed_on_the_way(good, tmp_path):
    data = bytearray(good["semantic"].read_bytes())
    data[200] ^= 255
    path = tmp_path / "semantic.zip"
    path.write_bytes(data)
    assert "broken inside the zip" in mistakes("semantic", path)[0]


def test_all_mistakes_are_listed_up_to_ten_of_a_zip(good, tmp_path):
    def many(content):
        content.update({f"{number}.png": b"" for number in range(13)})

    path = spoil(good, "semantic", tmp_path, many)
    with pytest.raises(ValueError, match=r"13 mistakes(.*\n){11}  \.\.\. 3 more"):
        validate.check({"semantic": path}, names=NAMES, count=4, image_size=SIZE)
