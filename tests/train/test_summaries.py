"""What TensorBoard reads back is what training wrote."""

import numpy as np
import tensorflow as tf

from naive_student_tf.train.summaries import SummaryWriter
from tests.train.tiny_training import Images, train


def events(directory):
    """{tag: {step: value}} of the event files of a directory."""
    found = {}
    for path in sorted(directory.glob("events*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                array = tf.make_ndarray(value.tensor)
                found.setdefault(value.tag, {})[event.step] = array
    return found


def test_every_step_has_its_losses_and_every_loop_its_rate_and_speed(tmp_path):
    train(tmp_path, steps=4, steps_per_loop=2, save_every=2)
    read = events(tmp_path / "train")
    assert set(read) == {
        "losses/train_total_loss",
        "losses/train_squared_error",
        "learning_rate",
        "speed/images_per_s",
        "speed/step_time_s",
        "speed/input_wait_share",
        "memory/host_peak_gib",
    }
    total, part = read["losses/train_total_loss"], read["losses/train_squared_error"]
    assert list(total) == [0, 1, 2, 3]
    assert all(abs(total[step] - 2 * part[step]) < 1e-5 for step in total)
    assert read["learning_rate"].keys() == {2, 4}
    assert abs(read["learning_rate"][2] - 0.01 * 0.5**0.9) < 1e-7
    seconds, images = read["speed/step_time_s"], read["speed/images_per_s"]
    assert all(abs(images[step] * seconds[step] - 8) < 1e-3 for step in (2, 4))
    assert all(0 <= share <= 1 for share in read["speed/input_wait_share"].values())


def test_what_tells_of_the_data_does_not_stand_among_the_losses(tmp_path):
    writer = SummaryWriter(str(tmp_path))
    losses = {"total_loss": [2.0, 1.0], "valid_pixel_share": [0.25, 0.75]}
    writer.write_scalars(7, losses, learning_rate=0.5)
    read = events(tmp_path)
    assert set(read) == {
        "losses/train_total_loss",
        "data/valid_pixel_share",
        "learning_rate",
    }
    assert read["data/valid_pixel_share"] == {5: 0.25, 6: 0.75}


def test_the_share_of_waiting_for_input_is_seen(tmp_path):
    slow = Images(slow_from_step=2)
    train(tmp_path, data=slow, steps=4, steps_per_loop=2, save_every=2)
    share = events(tmp_path / "train")["speed/input_wait_share"]
    assert share[4] > 0.5


def test_every_checkpoint_shows_the_first_example_as_the_model_sees_it(tmp_path):
    seen = []

    def draw(wanted, outputs):
        seen.append((wanted["image"], outputs["value"]))
        return np.full((2, 3, 3), len(seen), np.uint8)

    train(tmp_path, steps=4, steps_per_loop=2, save_every=2, pictures=draw)
    read = events(tmp_path / "train")["train/example"]
    assert list(read) == [2, 4]
    width, height, png = read[4]
    assert (width, height) == (b"3", b"2")
    np.testing.assert_array_equal(tf.io.decode_png(png), np.full((2, 3, 3), 2))
    first = Images().open(seed=1)._example(tf.constant(0, tf.int64))["image"]
    for image, value in seen:
        np.testing.assert_array_equal(image[0], first)
        assert value.shape == (1, 5, 7, 1)
    assert (seen[0][1] != seen[1][1]).any()
