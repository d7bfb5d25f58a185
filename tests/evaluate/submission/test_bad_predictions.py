"""A prediction of the wrong form ends in an error that says what it is."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from naive_student_tf.evaluate import official
from naive_student_tf.evaluate.submission.score import evaluate_predictions
from tests.evaluate.official_files import image_name
from tests.evaluate.submission import prediction_folder

FIRST = image_name(0)


@pytest.fixture
def folders(tmp_path):
    """(Cityscapes root, predictions) that are as they should be."""
    return prediction_folder.small_case(tmp_path)


def score(data, predictions, **settings):
    evaluate_predictions(
        **{"data_dir": str(data), "split": "val", "num_workers": 1, **settings},
        predictions=str(predictions),
        output=str(predictions / "scores.json"),
    )
    return json.loads((predictions / "scores.json").read_text())


def refused(folders, *words):
    """Runs the job, which must fail with all words in its message."""
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        score(*folders)
    for word in words:
        assert re.search(word, str(caught.value)), str(caught.value)
    assert not (folders[1] / "scores.json").exists()


def change(path, function, mode=None):
    """Rewrites a PNG: function of its array."""
    array = np.array(Image.open(path))
    Image.fromarray(function(array), mode).save(path)


def change_json(path, function):
    document = json.loads(path.read_text())
    function(document["annotations"])
    path.write_text(json.dumps(document))


def test_good_predictions_have_the_keys_that_are_asked_for(folders):
    result = score(*folders)
    keys = "pq sq rq pq_things pq_stuff ap ap50 miou iou_category iiou"
    assert all(0 < result[key] < 100 for key in keys.split())
    assert set(result["per_class"]["car"]) >= {"iou", "iiou", "pq", "ap", "ap50"}
    assert result["images"] == 4


def test_two_processes_find_what_one_finds(folders):
    together = score(*folders, num_workers=2, images_per_task=1)
    assert together == score(*folders)


@pytest.mark.parametrize("kind", ["semantic", "instance", "panoptic"])
def test_each_of_the_three_may_be_missing(folders, kind):
    data, predictions = folders
    (predictions / kind).rename(predictions / "elsewhere")
    if kind == "panoptic":
        (predictions / "panoptic.json").unlink()
    result = score(data, predictions)
    nulls = {"semantic": "miou", "instance": "ap", "panoptic": "pq"}
    assert [result[nulls[k]] is None for k in nulls] == [k == kind for k in nulls]


def test_no_prediction_at_all(folders):
    for path in folders[1].iterdir():
        path.rename(path.with_name(f"my_{path.name}"))
    refused(folders, "none of semantic/, instance/, panoptic/")


def test_panoptic_pngs_without_their_json(folders):
    (folders[1] / "panoptic.json").unlink()
    refused(folders, "only one of panoptic/ and panoptic.json")


@pytest.mark.parametrize("place", ["", "panoptic"])
def test_panoptic_predictions_may_lie_as_the_official_tools_write_them(folders, place):
    data, predictions = folders
    before = score(data, predictions)
    (predictions / "panoptic").rename(predictions / "pngs")
    (predictions / place).mkdir(exist_ok=True)
    official_name = predictions / place / "cityscapes_panoptic_val"
    (predictions / "pngs").rename(official_name)
    (predictions / "panoptic.json").rename(official_name.with_suffix(".json"))
    assert score(data, predictions) == before


def test_two_panoptic_predictions(folders):
    (folders[1] / "cityscapes_panoptic_val").mkdir()
    (folders[1] / "cityscapes_panoptic_val.json").touch()
    refused(folders, "several panoptic predictions: .*panoptic.json, .*_val.json")


def test_labels_that_are_hidden_are_no_ground_truth(folders):
    """As in gtFine/test: nothing but ego vehicle, border, out of roi."""
    for path in folders[0].rglob("*_gtFine_*.png"):
        change(path, lambda ids: ids % 4)
    refused(folders, "labels of val have no pixel .* evaluated in 4 images.* SPLIT")


def test_a_part_of_the_real_ground_truth_is_scored_and_warned_of(folders, caplog):
    for folder in folders:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.suffix in (".json", ".txt"):
                path.write_text(path.read_text().replace("toytown", "munster"))
            path.rename(path.with_name(path.name.replace("toytown", "munster")))
    assert score(*folders)["images"] == 4
    assert "val_fine: 4 frames are here, Cityscapes has 500" in caplog.text


def test_no_ground_truth(folders):
    refused((folders[0] / "gtFine", folders[1]), "must be the root of Cityscapes")


@pytest.mark.parametrize("kind", ["semantic", "instance"])
def test_a_missing_image_which_the_official_tool_refuses_too(folders, kind, tmp_path):
    (path,) = (folders[1] / kind).glob(f"{FIRST}.*")
    path.unlink()
    refused(folders, f"1 of 4 images have no prediction.*{FIRST}")
    with pytest.raises(RuntimeError, match="no prediction for ground truth"):
        official.score(folders[0], [folders[1]], work_dir=tmp_path)


def test_a_missing_annotation_which_the_official_tool_refuses_too(folders, tmp_path):
    change_json(folders[1] / "panoptic.json", lambda images: images.pop(0))
    refused(folders, f"1 of 4 images have no prediction.*{FIRST}")
    with pytest.raises(RuntimeError, match="no prediction for the image"):
        official.score(folders[0], [folders[1]], work_dir=tmp_path)


@pytest.mark.parametrize("kind", ["semantic", "instance"])
def test_two_predictions_of_one_image(folders, kind):
    (path,) = (folders[1] / kind).glob(f"{FIRST}.*")
    path.with_stem(f"{FIRST}_old").write_bytes(path.read_bytes())
    refused(folders, "more than one prediction", FIRST, "2 files")


def test_two_annotations_of_one_image(folders):
    change_json(folders[1] / "panoptic.json", lambda images: images.append(images[0]))
    refused(folders, "more than one prediction", FIRST)


@pytest.mark.parametrize("kind", ["semantic", "panoptic", "instance/masks"])
def test_another_size(folders, kind):
    path = sorted((folders[1] / kind).glob(f"{FIRST}*.png"))[0]
    change(path, lambda array: array[:48, :96])
    refused(folders, path.name, "48x96 pixels.*image is 96x192", "Resize")


def test_train_ids_are_named_by_their_void(folders):
    path = folders[1] / "semantic" / f"{FIRST}.png"
    change(path, lambda ids: np.where(ids < 8, 255, ids % 19).astype(np.uint8))
    refused(folders, path.name, "holds trainIds .* where labelIds belong")


def test_train_ids_are_named_without_void(folders):
    for path in (folders[1] / "semantic").iterdir():
        change(path, lambda ids: (ids % 19).astype(np.uint8))
    refused(folders, "semantic holds trainIds .* where labelIds belong")


def test_ids_that_are_neither(folders):
    path = folders[1] / "semantic" / f"{FIRST}.png"
    change(path, lambda ids: ids + np.uint8(60))
    refused(folders, path.name, r"ids \[6", "labelIds are 0..33")


def test_train_ids_of_instances_are_named(folders):
    for path in (folders[1] / "instance").glob("*.txt"):
        text = re.sub(
            r" (\d\d) ", lambda m: f" {11 + int(m[1]) % 8} ", path.read_text()
        )
        path.write_text(text)
    refused(folders, "instance holds trainIds")


def test_train_ids_of_segments_are_named(folders):
    def spoil(images):
        for number, segment in enumerate(images[0]["segments_info"]):
            segment["category_id"] = number % 19

    change_json(folders[1] / "panoptic.json", spoil)
    refused(folders, FIRST, "category_id.* holds trainIds")


@pytest.mark.parametrize("kind", ["semantic", "instance/masks"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colors_where_numbers_belong(folders, kind, mode):
    path = sorted((folders[1] / kind).glob(f"{FIRST}*.png"))[0]
    Image.open(path).convert(mode).save(path)
    refused(folders, path.name, "color")


def test_palettes_count_as_in_the_official_tools(folders, tmp_path):
    """Of a semantic map the index; of a mask what is not black."""
    data, predictions = folders
    for path in (predictions / "semantic").iterdir():
        repaint(path, lambda ids: ids, [(i, 255 - i, 99) for i in range(256)])
    black_and_blue = [(0, 0, 0), (0, 0, 0), (0, 0, 200)]
    for path in (predictions / "instance" / "masks").iterdir():
        repaint(path, halve, black_and_blue)
    ours = score(data, predictions)
    (theirs,) = official.score(data, [predictions], work_dir=tmp_path)
    miou, ap = theirs["semantic"]["averageScoreClasses"], theirs["instance"]
    assert ours["miou"] == pytest.approx(100 * miou)
    assert ours["ap"] == pytest.approx(100 * ap["averages"]["allAp"])


def halve(mask):
    """Of a mask, index 2 in the odd rows and 1 in the others."""
    index = (mask > 0).astype(np.uint8)
    index[1::2] *= 2
    return index


def repaint(path, function, colors):
    """Rewrites a PNG as a palette: its index a function of the array."""
    image = Image.fromarray(function(np.array(Image.open(path)))).convert("P")
    image.putpalette([channel for color in colors for channel in color])
    image.save(path)


@pytest.mark.parametrize("mode", ["P", "L", "I;16"])
def test_numbers_where_colors_belong(folders, mode):
    path = folders[1] / "panoptic" / f"{FIRST}.png"
    gray = Image.open(path).convert("L")
    image = Image.fromarray(np.array(gray).astype(np.uint16))
    (image if mode == "I;16" else gray.convert(mode)).save(path)
    refused(folders, path.name, "expected a color PNG")


def test_a_cut_off_file(folders):
    path = folders[1] / "semantic" / f"{FIRST}.png"
    path.write_bytes(path.read_bytes()[:-40])
    refused(folders, path.name, "not a readable PNG")


def test_segments_that_only_one_side_has(folders):
    change_json(
        folders[1] / "panoptic.json", lambda images: images[0]["segments_info"].pop()
    )
    refused(folders, FIRST, "in the PNG only")


def test_a_segment_listed_twice_and_a_segment_of_void(folders):
    def twice(images):
        images[0]["segments_info"].append(images[0]["segments_info"][0])

    change_json(folders[1] / "panoptic.json", twice)
    refused(folders, FIRST, "1 ids twice")


def test_a_class_of_a_segment_that_is_not_evaluated(folders):
    def spoil(images):
        images[0]["segments_info"][0]["category_id"] = 29

    change_json(folders[1] / "panoptic.json", spoil)
    refused(folders, FIRST, r"category_ids \[29\] are not evaluated")


def test_a_json_of_another_kind(folders):
    (folders[1] / "panoptic.json").write_text('{"annotations": [{"image_id": "a"}]}')
    refused(folders, "not a panoptic JSON", "file_name")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("masks/a.png 26", "three parts"),
        ("masks/a.png car 0.5", "no numbers"),
        ("masks/a.png 26 nan", "confidence is nan"),
        ("masks/a.png 226 0.5", "226 is not a labelId"),
        ("/masks/a.png 26 0.5", "must be relative"),
        ("masks/a.png 26 0.5", "no mask 'masks/a.png'"),
        (f"../semantic/{FIRST}.png 26 0.5", "stay inside"),
    ],
)
def test_a_line_of_the_wrong_form(folders, line, words):
    path = folders[1] / "instance" / f"{FIRST}.txt"
    path.write_text(path.read_text() + line)
    refused(folders, path.name, "line 11", words)


def test_a_mask_listed_twice(folders):
    path = folders[1] / "instance" / f"{FIRST}.txt"
    path.write_text(path.read_text() + path.read_text().splitlines()[0])
    refused(folders, path.name, "twice")


def test_ground_truth_maps_that_disagree_count_as_in_the_official_tools(
    folders, tmp_path
):
    (path,) = folders[0].rglob(f"{FIRST}_gtFine_labelIds.png")
    before = score(*folders)
    change(path, lambda ids: np.where(ids == 26, 24, ids).astype(np.uint8))
    ours = score(*folders)
    (theirs,) = official.score(folders[0], [folders[1]], work_dir=tmp_path)
    averages = theirs["instance"]["averages"]
    assert ours["miou"] == pytest.approx(
        100 * theirs["semantic"]["averageScoreClasses"]
    )
    iiou = theirs["semantic"]["averageScoreInstClasses"]
    assert ours["iiou"] == pytest.approx(100 * iiou)
    assert ours["ap"] == pytest.approx(100 * averages["allAp"])
    assert ours["pq"] == pytest.approx(100 * theirs["panoptic"]["All"]["pq"])
    assert ours["miou"] < before["miou"] and ours["pq"] == before["pq"]


def test_ground_truth_of_another_data_set(folders):
    (path,) = folders[0].rglob(f"{FIRST}_gtFine_labelIds.png")
    change(path, lambda ids: ids + np.uint8(60))
    refused(folders, path.name, "labelIds are 0..33")
