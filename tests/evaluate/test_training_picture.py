"""The picture of a training example has all its parts, and shows what is wrong."""

import numpy as np

from naive_student_tf.evaluate import pictures
from naive_student_tf.evaluate.training_picture import TrainingPicture
from naive_student_tf.labels.cityscapes import CITYSCAPES

HEIGHT, WIDTH = 4, 400
ROAD, CAR = 0, 13


def example(*, instances=True):
    """Road, a car on the right half, void in the first column; all of it predicted."""
    category = np.full((1, HEIGHT, WIDTH), ROAD)
    category[..., 200:] = CAR
    category[..., 0] = CITYSCAPES.ignore_label
    car = (category == CAR)[..., None].astype(np.float32)
    targets = {
        "image": np.full((1, HEIGHT, WIDTH, 3), 90.0, np.float32),
        "category": category,
        "center_heatmap": car,
        "center_weight": (category != CITYSCAPES.ignore_label)[..., None] * 1.0,
        "offset": np.concatenate([car * 0, car * 3], -1),
        "offset_weight": car,
    }
    logits = np.eye(19, dtype=np.float32)[np.where(category == CAR, CAR, ROAD)]
    outputs = {"logits": logits}
    if instances:
        outputs |= {name: targets[name] for name in ("center_heatmap", "offset")}
    return targets, outputs


def holds(picture, color):
    return bool((picture == np.array(color, np.uint8)).all(-1).any())


def test_a_right_prediction_has_no_error_and_a_wrong_one_has():
    draw = TrainingPicture(CITYSCAPES)
    targets, outputs = example()
    assert not holds(draw(targets, outputs), pictures.WRONG)
    outputs["logits"] = outputs["logits"] * 0
    assert holds(draw(targets, outputs), pictures.WRONG)


def test_a_network_with_instances_gets_two_more_rows():
    draw = TrainingPicture(CITYSCAPES)
    with_instances, without = draw(*example()), draw(*example(instances=False))
    assert len(with_instances) > 2 * len(without)
    assert with_instances.shape[1:] == without.shape[1:]
    assert holds(with_instances, (255, 0, 0))  # an offset to the right, full length
    assert not holds(without, (255, 0, 0))
