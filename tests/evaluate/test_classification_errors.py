"""Top-1 and top-5 by hand, ties and filled batches included."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from naive_student_tf.evaluate import classification

ROOT = pathlib.Path(__file__).parents[2]


def ranks(logits, label):
    return classification.rank_of_label(
        tf.constant(logits, tf.float32), tf.constant(label)
    ).numpy()


def test_the_rank_is_how_many_classes_come_first():
    logits = [[3, 1, 2, 0]] * 4
    np.testing.assert_array_equal(ranks(logits, [0, 1, 2, 3]), [0, 2, 1, 3])


def test_of_equal_logits_the_lower_class_comes_first():
    np.testing.assert_array_equal(ranks([[1, 1, 1, 1]] * 3, [0, 1, 3]), [0, 1, 3])


class Data:
    """Seven classes; the images are their own logits."""

    def __init__(self, logits, labels):
        self.batch = {"image": tf.constant(logits, tf.float32), "label": labels}

    def batches(self):
        yield {**self.batch, "label": tf.constant(self.batch["label"])}


def errors(logits, labels, count):
    def model(image, training):
        del training
        return {"logits": image}

    batches = Data(logits, labels).batches()
    return classification._errors(model, batches, count)


def test_errors_are_percent_of_the_images_and_filling_does_not_count():
    best_first = [7, 6, 5, 4, 3, 2, 1]
    found = errors([best_first] * 5, [0, 1, 4, 5, -1], count=4)
    assert found == {"top1_error": 75.0, "top5_error": 25.0}


def test_errors_have_the_names_that_table_7_gives_them():
    paper = json.loads((ROOT / "experiments/table_07/paper.json").read_text())
    trained = {key for key, of in paper["numbers"].items() if "count" not in of}
    assert set(errors([[1.0, 0.0]], [0], count=1)) == trained


def test_logits_that_are_not_finite_stop_the_evaluation():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        errors([[float("nan")] * 7], [0], count=1)
