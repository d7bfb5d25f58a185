import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import example

VOID = 65280
IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
PANOPTIC = np.array([[0, 2816, 3329], [3583, 65280, 65281]], np.uint16)
REGIONS = np.array([[3, 3, 3], [1, 0, 2]], np.uint8)
UNLABELLED = example.Frame(
    image=tf.io.encode_png(IMAGE).numpy(),
    image_format="png",
    filename="aachen_000000_000019",
    height=2,
    width=3,
    sequence_id="aachen_000000_000019",
    frame_id="000019",
)
LABELLED = dataclasses.replace(UNLABELLED, panoptic=PANOPTIC, void_regions=REGIONS)
PSEUDO = dataclasses.replace(
    LABELLED, pseudo={"iteration": 0, "teacher": "ckpt-7 abc", "ego_masked": 1}
)
FRAMES = {"unlabelled": UNLABELLED, "labelled": LABELLED, "pseudo": PSEUDO}


def fields(frame):
    """The frame as a dict of plain values."""
    values = dataclasses.asdict(frame)
    for name in ("panoptic", "void_regions"):
        if values[name] is not None:
            values[name] = (str(values[name].dtype), values[name].tolist())
    return values


@pytest.mark.parametrize("kind", FRAMES)
def test_what_is_written_is_read(kind):
    frame = FRAMES[kind]
    assert fields(example.read(example.serialize(frame))) == fields(frame)


@pytest.mark.parametrize("kind", FRAMES)
def test_equal_frames_have_equal_bytes(kind):
    frame = FRAMES[kind]
    names = [field.name for field in dataclasses.fields(frame)]
    copied = example.Frame(**{name: getattr(frame, name) for name in names[::-1]})
    assert example.serialize(frame) == example.serialize(copied)


def test_every_written_feature_is_in_the_schema_and_nothing_else_is():
    written = tf.train.Example.FromString(example.serialize(PSEUDO))
    assert set(written.features.feature) == set(example.FEATURES)


def test_an_absent_label_takes_no_bytes():
    written = tf.train.Example.FromString(example.serialize(UNLABELLED))
    assert not [name for name in written.features.feature if "class" in name]
    assert not [name for name in written.features.feature if "pseudo" in name]


def test_the_filename_is_read_alone():
    assert example.read_filename(example.serialize(PSEUDO)) == "aachen_000000_000019"


def test_a_label_decodes_to_its_packed_values():
    parsed = example.parse(example.serialize(LABELLED))
    decoded = example.decode_panoptic(parsed, void=VOID)
    assert decoded.dtype == tf.uint16
    np.testing.assert_array_equal(decoded, PANOPTIC)


def test_a_missing_label_decodes_to_void_of_the_images_size():
    parsed = example.parse(example.serialize(UNLABELLED))
    decoded = example.decode_panoptic(parsed, void=VOID)
    assert decoded.dtype == tf.uint16
    np.testing.assert_array_equal(decoded, np.full((2, 3), VOID))


def test_labelled_and_unlabelled_frames_pass_through_one_graph():
    records = [example.serialize(frame) for frame in FRAMES.values()]
    dataset = tf.data.Dataset.from_tensor_slices(records).map(
        lambda record: example.decode_panoptic(example.parse(record), void=VOID)
    )
    sums = [int(label.numpy().sum()) for label in dataset]
    labelled = int(PANOPTIC.astype(np.int64).sum())
    assert sums == [6 * VOID, labelled, labelled]


def test_pixels_are_those_of_the_image_file():
    np.testing.assert_array_equal(example.pixels(LABELLED), IMAGE)


def test_a_grey_image_becomes_three_equal_channels():
    grey = tf.io.encode_png(IMAGE[..., :1]).numpy()
    decoded = example.pixels(dataclasses.replace(LABELLED, image=grey))
    np.testing.assert_array_equal(decoded, np.repeat(IMAGE[..., :1], 3, axis=2))


def test_an_image_that_does_not_decode_is_named():
    broken = dataclasses.replace(LABELLED, image=LABELLED.image[:-20])
    with pytest.raises(ValueError, match="aachen_000000_000019 does not decode"):
        example.pixels(broken)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_label_png_is_lossless(kind):
    values = np.array([[0, 1, 127], [128, 254, np.iinfo(kind).max]], kind)
    decoded = example.decode_png(example.encode_png(values))
    assert decoded.dtype == kind
    np.testing.assert_array_equal(decoded, values)


def test_a_label_of_32_bits_is_refused():
    with pytest.raises(ValueError, match="uint8 or uint16, got int32"):
        example.serialize(dataclasses.replace(LABELLED, panoptic=PANOPTIC.astype("i4")))
