"""Training examples of ImageNet are a function of seed and step; none is lost."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
import tiny_imagenet

from naive_student_tf.data import imagenet, tfds_records

SETTINGS = {"num_classes": 1000, "global_batch_size": 4, "image_size": 16}
STEPS_PER_EPOCH = tiny_imagenet.NUM_TRAIN // 4


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tiny_imagenet.prepare(tmp_path_factory.mktemp("tfds"))


def reader(data_dir, *, seed=0, **changes):
    settings = {**SETTINGS, **changes}
    return imagenet.TrainingData(data_dir=data_dir, **settings).open(seed=seed)


def batches(reader, start, end, **settings):
    dataset = reader.dataset(start_step=start, num_steps=end, **settings)
    return [{name: value.numpy() for name, value in b.items()} for b in dataset]


def same(first, second):
    return all((first[name] == second[name]).all() for name in first)


def records(data_dir, split="train"):
    directory = tfds_records.find_directory(data_dir, "imagenet2012", version="5.*")
    return tfds_records.Records(directory, split)


def by_tfds(data_dir):
    builder = tfds.builder_from_directory(f"{data_dir}/imagenet2012/5.1.0")
    decoders = {"image": tfds.decode.SkipDecoding()}
    return {
        example["file_name"].numpy(): (example["label"].numpy(), example["image"])
        for example in builder.as_dataset(split="train", decoders=decoders)
    }


@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
def test_records_by_number_are_those_that_tfds_reads(data_dir, tmp_path, file_format):
    found = records(tiny_imagenet.prepare(tmp_path, file_format=file_format))
    assert len(found) == tiny_imagenet.NUM_TRAIN
    wanted = by_tfds(data_dir)
    for index in reversed(range(len(found))):
        parsed = imagenet.parse(found[index], found.features)
        label, image = wanted.pop(parsed["file_name"].numpy())
        assert parsed["label"].numpy() == label
        assert parsed["image"].numpy() == image.numpy()
    assert not wanted


def test_every_epoch_shows_every_image_once_in_an_order_of_its_own(data_dir):
    opened = reader(data_dir)

    def epoch(number):
        steps = range(number * STEPS_PER_EPOCH, (number + 1) * STEPS_PER_EPOCH)
        return [name for step in steps for name in opened.filenames(step)]

    assert len(set(epoch(0))) == tiny_imagenet.NUM_TRAIN
    assert sorted(epoch(0)) == sorted(epoch(1))
    assert epoch(0) != epoch(1)
    assert epoch(0) != [
        name for step in range(3) for name in reader(data_dir, seed=1).filenames(step)
    ]


def test_a_run_that_goes_on_at_step_2_sees_the_same_batches(data_dir):
    whole, rest = batches(reader(data_dir), 0, 5), batches(reader(data_dir), 2, 5)
    assert len(rest) == 3
    assert all(same(a, b) for a, b in zip(whole[2:], rest, strict=True))
    assert not same(whole[0], whole[STEPS_PER_EPOCH])


def test_hosts_share_a_batch(data_dir):
    opened = reader(data_dir)
    (whole,) = batches(opened, 0, 1)
    parts = [
        batches(opened, 0, 1, host=host, num_hosts=2, num_replicas=2)[0]
        for host in (0, 1)
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in whole}
    assert same(whole, joined)


def test_a_batch_that_does_not_divide_by_the_replicas_is_refused(data_dir):
    with pytest.raises(ValueError, match=r"global_batch_size 4 .* 3 replicas"):
        reader(data_dir).dataset(start_step=0, num_steps=1, num_replicas=3)


def test_labels_belong_to_the_images(data_dir):
    for batch in batches(reader(data_dir, area=(1.0, 1.0)), 0, STEPS_PER_EPOCH):
        brightest = batch["image"].astype(int).sum((1, 2)).argmax(-1)
        assert (brightest == batch["label"]).all()


def test_flipping_puts_the_dark_half_left(data_dir):
    whole = {"area": (1.0, 1.0), "aspect": (0.1, 10.0)}
    for flip, bright in [(0.0, np.s_[:, :, :8]), (1.0, np.s_[:, :, 8:])]:
        (batch,) = batches(reader(data_dir, flip=flip, **whole), 0, 1)
        image = batch["image"].astype(int)
        assert image[bright].sum() > 0.9 * image.sum()


def test_crops_differ_between_images_of_one_look(data_dir):
    (batch,) = batches(reader(data_dir, global_batch_size=12), 0, 1)
    reds = batch["image"][batch["label"] == 0]
    assert len({image.tobytes() for image in reds}) > 1


def test_targets_are_numbers_of_the_images_range(data_dir):
    (batch,) = batches(reader(data_dir), 0, 1)
    wanted = imagenet.classification_targets(batch)
    assert wanted["image"].dtype == tf.float32
    assert (wanted["image"].numpy() == batch["image"]).all()


def test_evaluation_sees_every_image_once_and_fills_its_last_batch(data_dir):
    data = imagenet.EvaluationData(data_dir=data_dir, num_classes=1000, image_size=8)
    count, dataset = data.open(batch_size=2)
    labels = np.concatenate([batch["label"] for batch in dataset])
    assert (count, len(labels)) == (5, 6)
    truth = [65, 970, 230, 809, 516]  # TFDS's first five validation labels
    assert sorted(labels[:5]) == sorted(truth) and labels[5] == -1


def test_evaluation_looks_at_the_middle(data_dir):
    data = imagenet.EvaluationData(data_dir, num_classes=1000, image_size=8)
    _, dataset = data.open(batch_size=5)
    image = next(iter(dataset))["image"].numpy().astype(int).max(-1)
    # 28 x 28 of 48 x 32 pixels, from column 10: bright up to column 23, then dark.
    assert image[:, :, :4].min() > 200
    assert image[:, :, 4:].max() < 50


def test_another_number_of_classes_is_refused(data_dir):
    with pytest.raises(ValueError, match=r"has 1000 classes, .* for 19"):
        reader(data_dir, num_classes=19)


def test_a_directory_without_imagenet_says_how_to_prepare_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="tfds build imagenet2012"):
        reader(str(tmp_path))


def test_a_split_that_was_not_prepared_is_named(data_dir):
    with pytest.raises(ValueError, match=r"no split 'test', only \['train', 'val"):
        records(data_dir, "test")


def test_a_file_that_is_cut_off_is_named(tmp_path):
    data_dir = tiny_imagenet.prepare(tmp_path, num_shards=1)
    (path,) = tmp_path.glob("imagenet2012/*/*train*")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"tfrecord-00000-of-00001 should hold 12"):
        records(data_dir)[0]


class CutOff:
    """Records whose JPEGs end after a few bytes."""

    def __init__(self, records):
        self._records, self.features = records, records.features

    def __getitem__(self, number):
        example = tf.train.Example.FromString(self._records[number])
        value = example.features.feature["image"].bytes_list.value
        value[0] = value[0][:60]
        return example.SerializeToString()


def test_a_check_after_an_error_names_the_broken_image(data_dir):
    opened = reader(data_dir)
    opened.check(0, 1)
    opened._records = CutOff(opened._records)
    with pytest.raises(tf.errors.InvalidArgumentError):
        batches(opened, 0, 1)
    with pytest.raises(ValueError, match=rf"\.JPEG of {data_dir}: "):
        opened.check(0, 1)


def test_the_newest_version_is_found(tmp_path):
    for version in ("5.0.0", "5.10.0", "5.9.0", "6.0.0"):
        folder = tmp_path / "imagenet2012" / version
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").touch()
    found = tfds_records.find_directory(str(tmp_path), "imagenet2012", version="5.*")
    assert found.endswith("5.10.0")
    assert tfds_records.find_directory(found, "imagenet2012", version="5.*") == found
