"""What TensorBoard reads back is what training wrote."""

import tensorflow as tf

from tests.train.tiny_training import train


def scalars(directory):
    """{tag: {step: value}} of the event files of a directory."""
    found = {}
    for path in sorted(directory.glob("events*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                number = float(tf.make_ndarray(value.tensor))
                found.setdefault(value.tag, {})[event.step] = number
    return found


def test_every_step_has_its_losses_and_every_loop_its_rate_and_speed(tmp_path):
    train(tmp_path, steps=4, steps_per_loop=2, save_every=2)
    read = scalars(tmp_path / "train")
    assert set(read) == {
        "losses/train_total_loss",
        "losses/train_squared_error",
        "learning_rate",
        "speed/images_per_s",
    }
    total, part = read["losses/train_total_loss"], read["losses/train_squared_error"]
    assert list(total) == [0, 1, 2, 3]
    assert all(abs(total[step] - 2 * part[step]) < 1e-5 for step in total)
    assert read["learning_rate"].keys() == {2, 4}
    assert abs(read["learning_rate"][2] - 0.01 * 0.5**0.9) < 1e-7
    assert min(read["speed/images_per_s"].values()) > 0
