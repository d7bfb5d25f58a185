import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.data import example, pipeline, shards
from naive_student_tf.labels.camvid import CAMVID
from naive_student_tf.labels.cityscapes import CITYSCAPES

SIZE, CROP = (12, 20), (9, 17)
ROAD, CAR_1 = 0, 3329
CAR = 13


def frame(name, gray, *, labelled=True):
    """An even image with one car on a road."""
    label = np.full(SIZE, ROAD, np.uint16)
    label[3:9, 5:15] = CAR_1
    image = np.full((*SIZE, 3), gray, np.uint8)
    return example.Frame(
        image=tf.io.encode_png(image).numpy(),
        image_format="png",
        filename=name,
        height=SIZE[0],
        width=SIZE[1],
        panoptic=label if labelled else None,
    )


def write_directory(directory, frames, *, space=CITYSCAPES, labelled=None):
    """Two shards of frames, as build_shards leaves them."""
    parts = []
    for index, start in enumerate((0, 3)):
        part = frames[start : 3 if index == 0 else None]
        path = f"{directory}/{shards.shard_name('s', index, 2)}"
        shards.write_shard(path, [example.serialize(frame) for frame in part])
        parts.append(shards.describe_shard(path))
    shards.write_manifest(
        str(directory),
        parts,
        label_space=dataclasses.asdict(space),
        labelled=len(frames) if labelled is None else labelled,
    )
    return str(directory)


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """Five frames, gray 0..4."""
    frames = [frame(f"fine_{gray}", gray) for gray in range(5)]
    return write_directory(tmp_path_factory.mktemp("fine"), frames)


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory):
    """Eleven frames, gray 100..110."""
    frames = [frame(f"pseudo_{gray}", gray) for gray in range(100, 111)]
    return write_directory(tmp_path_factory.mktemp("pseudo"), frames)


def data_of(directories, **settings):
    defaults = dict(
        label_space=CITYSCAPES, crop_size=CROP, global_batch_size=4, max_segments=7
    )
    return pipeline.TrainingData(directories=directories, **{**defaults, **settings})


def batches_of(reader, *, start_step=0, num_steps=6, **hosts):
    dataset = reader.dataset(start_step=start_step, num_steps=num_steps, **hosts)
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset]


def assert_equal(batches, others):
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        assert set(batch) == set(other)
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name])


def grays(batches):
    """The gray of the image of every example; crops may be padded."""
    return [
        int(np.median(image[batch["segment"][row] != _void_row(batch["table"][row])]))
        for batch in batches
        for row, image in enumerate(batch["image"])
    ]


def _void_row(table):
    void = (table[:, 0] == CITYSCAPES.ignore_label) & (table[:, 2] > 0)
    return int(void.argmax()) if void.any() else -1


def test_batches_have_static_shapes_and_small_types(fine):
    dataset = data_of(fine).open(seed=0).dataset(start_step=0, num_steps=2)
    assert dataset.element_spec == {
        "image": tf.TensorSpec([4, *CROP, 3], tf.uint8),
        "segment": tf.TensorSpec([4, *CROP], tf.uint8),
        "table": tf.TensorSpec([4, 7, 5], tf.float32),
    }
    assert len(list(dataset)) == 2


def test_the_spec_of_a_batch_is_known_without_shards(fine):
    data = data_of(fine)
    dataset = data.open(seed=0).dataset(start_step=0, num_steps=2, num_replicas=2)
    assert data_of("nowhere").batch_spec(2) == dataset.element_spec


def test_labels_come_with_their_image(fine):
    data = data_of(fine, scales=(1.0,), flip=0.0, crop_size=SIZE)
    (batch,) = batches_of(data.open(seed=0), num_steps=1)
    for table, segment, image in zip(
        batch["table"], batch["segment"], batch["image"], strict=True
    ):
        assert table[0].tolist() == [CAR, 1, 60, 5.5, 9.5]
        assert table[1].tolist()[:3] == [0, 0, 180]
        assert (segment[3:9, 5:15] == 0).all() and (segment == 1).sum() == 180
        assert len(np.unique(image)) == 1


def test_a_run_stopped_at_any_step_goes_on_as_if_undisturbed(fine, pseudo):
    data = data_of({fine: 1, pseudo: 2})
    straight = batches_of(data.open(seed=5))
    for start in (1, 4):
        rest = batches_of(data.open(seed=5), start_step=start)
        assert_equal(rest, straight[start:])


@pytest.mark.parametrize("parts", [1, 2])
def test_two_hosts_together_see_what_one_host_sees_in_every_part(fine, pseudo, parts):
    reader = data_of({fine: 1, pseudo: 2}).open(seed=5)
    settings = {"num_replicas": 4 // parts, "accumulation": parts}
    straight = batches_of(reader, **settings)  # one example per batch
    halves = [batches_of(reader, host=host, num_hosts=2, **settings) for host in (0, 1)]
    assert [len(half) for half in halves] == [12, 12]
    turn = 2 // parts
    together = [
        batch
        for start in range(0, 12, turn)
        for half in halves
        for batch in half[start : start + turn]
    ]
    assert_equal(together, straight)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_host_without_our_python_makes_the_same_batches(fine, pseudo, parts):
    reader = data_of({fine: 1, pseudo: 2}).open(seed=5)
    settings = {
        "start_step": 2,
        "host": 1,
        "num_hosts": 2,
        "num_replicas": 4 // parts,
        "accumulation": parts,
    }
    remote = batches_of(reader, remote=True, **settings)
    assert_equal(remote, batches_of(reader, **settings))
    assert not calls_python(reader.dataset(num_steps=6, remote=True, **settings))
    assert calls_python(reader.dataset(num_steps=6, **settings))


def test_the_list_of_a_host_holds_its_share_alone(fine, pseudo, monkeypatch):
    reader, looked_up = data_of({fine: 1, pseudo: 2}).open(seed=5), []
    records = reader._order.records
    monkeypatch.setattr(reader, "_place", None)  # one by one: hours of examples
    monkeypatch.setattr(
        reader._order, "records", lambda p: looked_up.append(len(p)) or records(p)
    )
    for host in (0, 1):
        settings = {"host": host, "num_hosts": 2, "num_replicas": 2, "remote": True}
        reader.dataset(start_step=10, num_steps=110, **settings)
    assert looked_up == [200, 200]


def calls_python(dataset):
    graph = tf.raw_ops.DatasetToGraphV2(input_dataset=dataset._variant_tensor)
    return b"PyFunc" in graph.numpy()


def test_the_batch_is_cut_into_replicas_in_order(fine):
    reader = data_of(fine).open(seed=5)
    whole = batches_of(reader, num_steps=2)
    parts = batches_of(reader, num_steps=2, num_replicas=2)
    joined = [
        {name: np.concatenate([a[name], b[name]]) for name in a}
        for a, b in zip(parts[::2], parts[1::2], strict=True)
    ]
    assert_equal(joined, whole)


def test_names_of_a_step_are_those_of_its_batch(fine, pseudo):
    reader = data_of({fine: 1, pseudo: 1}).open(seed=2)
    for step, batch in enumerate(batches_of(reader)):
        names = [int(name.rpartition("_")[2]) for name in reader.filenames(step)]
        assert grays([batch]) == names


def test_directories_are_mixed_in_their_proportions_in_every_batch(fine, pseudo):
    reader = data_of({fine: 1, pseudo: 3}).open(seed=0)
    for batch in batches_of(reader):
        assert sum(gray < 50 for gray in grays([batch])) == 1


def test_every_frame_of_a_single_directory_is_seen_once_per_epoch(pseudo):
    reader = data_of(pseudo).open(seed=0)
    assert reader.num_records == 11
    names = [name for step in range(11) for name in reader.filenames(step)]
    for start in range(0, 44, 11):
        assert len(set(names[start : start + 11])) == 11


def test_the_seed_chooses_order_and_crops(fine):
    data = data_of(fine, global_batch_size=8)
    first, again, other = (
        batches_of(data.open(seed=seed), num_steps=1) for seed in (0, 0, 1)
    )
    assert_equal(first, again)
    assert (first[0]["segment"] != other[0]["segment"]).any()


def test_one_record_is_cropped_differently_in_every_epoch(tmp_path):
    same = [frame("same", 50)] * 4
    data = data_of(write_directory(tmp_path, same), global_batch_size=8)
    (batch,) = batches_of(data.open(seed=0), num_steps=1)
    assert len({segment.tobytes() for segment in batch["segment"]}) > 4


def test_an_unlabelled_frame_among_labelled_ones_is_all_void(tmp_path):
    frames = [frame("bare", 9, labelled=False)] * 4
    directory = write_directory(tmp_path, frames, labelled=1)
    data = data_of(directory, allow_unlabelled=True)
    (batch,) = batches_of(data.open(seed=0), num_steps=1)
    assert (batch["segment"] == 0).all()
    assert (batch["table"][:, 0, 0] == CITYSCAPES.ignore_label).all()


def test_labels_of_other_classes_are_refused(tmp_path):
    directory = write_directory(tmp_path, [frame("a", 1)] * 4, space=CAMVID)
    match = f"{directory} holds labels of 11 classes .sky, .* for cityscapes with 19"
    with pytest.raises(ValueError, match=match):
        data_of(directory).open(seed=0)


def test_a_directory_without_any_label_is_refused(tmp_path):
    frames = [frame("a", 1, labelled=False)] * 4
    directory = write_directory(tmp_path, frames, labelled=0)
    for allowed in (True, False):
        with pytest.raises(
            ValueError, match=f"{directory}: 0 of 4 frames are labelled"
        ):
            data_of(directory, allow_unlabelled=allowed).open(seed=0)


def test_unlabelled_frames_among_labelled_ones_are_refused_unless_allowed(tmp_path):
    """The raw train_sequence has a label on one frame of thirty."""
    frames = [frame("a", 1), *(frame("b", 2, labelled=False) for _ in range(3))]
    raw = write_directory(tmp_path / "train_sequence", frames, labelled=1)
    match = f"{raw}: 1 of 4 frames.*<the WORK_DIR of that>/train_sequence.*allow_unlab"
    with pytest.raises(ValueError, match=match):
        data_of(raw).open(seed=0)
    assert data_of(raw, allow_unlabelled=True).open(seed=0).num_records == 4


def test_a_directory_without_manifest_is_refused(fine, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/manifest.json does not"):
        data_of({fine: 1, str(tmp_path): 1}).open(seed=0)


def test_a_proportion_of_zero_is_refused(fine, pseudo):
    with pytest.raises(ValueError, match=r"proportions \[1, 0\] must be positive"):
        data_of({fine: 1, pseudo: 0}).open(seed=0)


def test_a_wrong_bit_in_a_record_stops_the_dataset_and_names_the_record(tmp_path):
    directory = write_directory(tmp_path, [frame(f"f{n}", n) for n in range(4)])
    path = next(tmp_path.glob("*00000-of*"))
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    reader = data_of(directory).open(seed=0)
    match = f"{path}: record 0 at byte 0 is cut off or damaged"
    with pytest.raises(tf.errors.OpError, match=match):
        batches_of(reader)
    with pytest.raises(ValueError, match=match):
        reader.check(0, 6)


BROKEN = {
    "image is cut off": {"image": frame("a", 1).image[:60]},
    "image is none": {"image": b"GIF"},
    "label of another size": {"panoptic": np.zeros((12, 21), np.uint16)},
    "unknown category": {"panoptic": np.full(SIZE, 19 * 256, np.uint16)},
    "too many segments": {
        "panoptic": np.arange(3329, 3569, dtype=np.uint16).reshape(SIZE)
    },
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_record_that_cannot_be_trained_on_is_named(tmp_path, what):
    frames = [frame(f"f{n}", n) for n in range(4)]
    frames[2] = dataclasses.replace(frames[2], **BROKEN[what])
    reader = data_of(write_directory(tmp_path, frames), crop_size=SIZE).open(seed=0)
    with pytest.raises(tf.errors.InvalidArgumentError):
        batches_of(reader, num_steps=1)
    with pytest.raises(ValueError, match=r"00000-of-00002.tfrecord: record 2 cannot"):
        reader.check(0, 1)


def test_steps_whose_records_are_whole_pass_the_check(fine):
    data_of(fine).open(seed=0).check(0, 2)


def test_a_batch_that_replicas_cannot_share_is_refused(fine):
    reader = data_of(fine).open(seed=0)
    with pytest.raises(ValueError, match="global_batch_size 4 does not divide by 3"):
        reader.dataset(start_step=0, num_steps=1, num_replicas=3)
    with pytest.raises(ValueError, match="4 replicas do not divide by 3 hosts"):
        reader.dataset(start_step=0, num_steps=1, num_replicas=4, num_hosts=3)


def test_frames_of_a_shard_are_read_in_order(pseudo):
    parts, _ = shards.read_manifest(pseudo)
    names = [f.filename for part in parts for f in pipeline.read_frames(pseudo, part)]
    assert names == [f"pseudo_{gray}" for gray in range(100, 111)]


def test_a_record_that_is_not_ours_is_named_by_its_shard(tmp_path):
    shards.write_shard(f"{tmp_path}/x.tfrecord", [b"no example"])
    part = shards.describe_shard(f"{tmp_path}/x.tfrecord")
    with pytest.raises(
        ValueError, match=r"x\.tfrecord: record 0 is not a record of ours"
    ):
        list(pipeline.read_frames(str(tmp_path), part))


def test_the_default_scales_are_half_to_double_in_tenths(fine):
    scales = data_of(fine).scales
    assert scales[0] == 0.5 and scales[-1] == 2.0 and len(scales) == 16
    np.testing.assert_allclose(np.diff(scales), 0.1)
