"""Fractions and listed parts of finished shards."""

import dataclasses
import itertools

import pytest

from naive_student_tf.data import pipeline, select, shards
from naive_student_tf.data.select import Fraction, Listed
from naive_student_tf.labels.cityscapes import CITYSCAPES
from tests import tiny_shards

NAMES = [f"aachen_000000_{number:06d}" for number in range(8)]


@pytest.fixture
def source(tmp_path):
    """Eight frames in three shards; the last two without label, five without ego."""
    frames = [
        tiny_shards.frame(number, labelled=number < 6, ego=number < 3)
        for number in range(8)
    ]
    tiny_shards.write(tmp_path / "shards" / "train", frames)
    return tmp_path


def choose(source, chosen, target="part"):
    select.select(
        data_dir=str(source / "shards"),
        splits=("train",),
        work_dir=str(source / target),
        choose=chosen,
    )
    return source / target / "train"


def names_in(directory):
    return [frame.filename for frame in tiny_shards.read(directory)]


def listed(source, text):
    (source / "list.txt").write_text(text)
    return Listed(str(source / "list.txt"))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_smaller_fraction_is_part_of_a_larger_one(seed):
    names = [f"frame {number}" for number in range(100)]
    parts = [Fraction(f, seed)(names) for f in (0.01, 0.2, 0.25, 0.5, 1)]
    assert [len(part) for part in parts] == [1, 20, 25, 50, 100]
    for small, large in itertools.pairwise(parts):
        assert small < large


@pytest.mark.parametrize(
    "fraction, count", [(0.01, 1), (0.14, 1), (0.16, 2), (0.26, 3), (0.99, 10)]
)
def test_a_fraction_is_rounded_and_never_nothing(fraction, count):
    assert len(Fraction(fraction)("abcdefghij")) == count


def test_another_seed_chooses_others_and_the_order_of_names_does_not_matter():
    names = [f"frame {number}" for number in range(50)]
    assert Fraction(0.5, 0)(names) == Fraction(0.5, 0)(names[::-1])
    assert Fraction(0.5, 0)(names) != Fraction(0.5, 1)(names)


def test_a_fraction_is_the_same_in_a_larger_data_set_as_far_as_it_reaches():
    """So the labelled frames stay labelled when frames are added."""
    names = [f"frame {number}" for number in range(50)]
    more = Fraction(0.5, 0)([*names, "new"])
    assert len(Fraction(0.5, 0)(names) - more) <= 1


@pytest.mark.parametrize("fraction", [0, -0.1, 1.01])
def test_a_fraction_outside_0_to_1_is_refused(fraction):
    with pytest.raises(ValueError, match="give one in"):
        Fraction(fraction)(["a"])


def test_chosen_records_are_read_from_where_they_are(source):
    directory = choose(source, Fraction(0.5, 3))
    expected = [name for name in NAMES if name in Fraction(0.5, 3)(NAMES)]
    assert names_in(directory) == expected and len(expected) == 4
    assert [path.name for path in directory.iterdir()] == ["manifest.json"]
    whole = {
        frame.filename: frame for frame in tiny_shards.read(source / "shards/train")
    }
    for frame in tiny_shards.read(directory):
        assert frame.image == whole[frame.filename].image


def test_the_manifest_tells_what_was_chosen_of_what(source):
    choose(source, Fraction(0.5, 3))
    parts, facts = shards.read_manifest(str(source / "part" / "train"))
    assert {(part.folder, len(part.file)) for part in parts} == {
        ("../../shards/train", len("toy-00000-of-00003.tfrecord"))
    }
    assert facts["selected"] == {"of": 8, "fraction": 0.5, "seed": 3}
    assert facts["count"] == 4 == sum(part.count for part in parts)
    assert facts["names"] == names_in(source / "part" / "train")
    assert facts["split"] == "toy"


def test_labels_and_regions_are_counted_among_the_chosen(source):
    directory = choose(source, listed(source, "\n".join(NAMES[2:7])))
    _, facts = shards.read_manifest(str(directory))
    assert (facts["labelled"], facts["with_void_regions"]) == (4, 1)
    directory = choose(source, listed(source, NAMES[7]), "other")
    _, facts = shards.read_manifest(str(directory))
    assert (facts["labelled"], facts["with_void_regions"]) == (0, 0)


def test_a_part_of_a_part_points_at_the_same_files(source):
    choose(source, listed(source, "\n".join(NAMES[1:6])))
    select.select(
        data_dir=str(source / "part"),
        splits=("train",),
        work_dir=str(source / "deep" / "er"),
        choose=listed(source, "\n".join([NAMES[5], NAMES[2]])),
    )
    assert names_in(source / "deep" / "er" / "train") == [NAMES[2], NAMES[5]]


def test_a_part_is_trained_on_like_any_shards(source):
    directory = choose(source, listed(source, "\n".join(NAMES[:2])))
    data = pipeline.TrainingData(
        label_space=CITYSCAPES,
        directories=str(directory),
        crop_size=(9, 9),
        global_batch_size=1,
    )
    reader = data.open(seed=0)
    assert reader.num_records == 2
    assert sorted(n for step in (0, 1) for n in reader.filenames(step)) == NAMES[:2]


def test_the_usual_split_files_are_read(source):
    text = (
        f"leftImg8bit/train/aachen/{NAMES[0]}_leftImg8bit.png "
        f"gtFine/train/aachen/{NAMES[0]}_gtFine_labelIds.png\n"
        f"train/aachen/{NAMES[3]}_leftImg8bit.png\n"
        f"\n{NAMES[5]}\r\n"
    )
    assert listed(source, text)(NAMES) == {NAMES[0], NAMES[3], NAMES[5]}


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "0 lines"),
        ("bonn_000000_000019\n" + NAMES[0], "1 of which are not .* is bonn_000000"),
        (f"{NAMES[0]}\n{NAMES[0]}\n", "2 lines, 1 different"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(source, text, said):
    with pytest.raises(ValueError, match=rf"list\.txt: .*{said}"):
        listed(source, text)(NAMES)


def test_shards_of_an_older_version_are_refused(source):
    directory = source / "shards" / "train"
    parts, facts = shards.read_manifest(str(directory))
    for key in ("names", "count"):
        facts.pop(key)
    shards.write_manifest(str(directory), parts, **facts)
    with pytest.raises(ValueError, match=f"{directory}: .*older version"):
        choose(source, Fraction(0.5))


def test_a_part_whose_files_are_gone_is_named(source):
    directory = choose(source, Fraction(1.0))
    (source / "shards").rename(source / "moved")
    with pytest.raises(ValueError, match=r"shards/train/toy-00000.* has 0 bytes"):
        shards.read_manifest(str(directory))


@pytest.mark.parametrize(
    "directory, expected",
    [
        ("gs://bucket/a/part", "gs://bucket/a/shards/x"),
        ("/a/part", "/a/shards/x"),
        ("a/part", "a/shards/x"),
        ("part", "shards/x"),
    ],
)
def test_files_of_another_directory_are_found_by_name_alone(directory, expected):
    shard = shards.ShardFile("x", 0, 0, "", (), "../shards")
    assert shards.path_of(directory, shard) == expected


def test_a_selected_split_can_be_copied_as_plain_data():
    assert dataclasses.asdict(Fraction(0.4, 2)) == {"fraction": 0.4, "seed": 2}
