"""Our tables against those of cityscapesscripts, the official source."""

import numpy as np
from cityscapesscripts.helpers import labels as official

from naive_student_tf.labels import camvid, cityscapes
from naive_student_tf.labels.cityscapes import CITYSCAPES

EVALUATED = sorted(
    (label for label in official.labels if not label.ignoreInEval),
    key=lambda label: label.trainId,
)


def test_categories_are_the_train_ids_of_the_official_table():
    assert [label.trainId for label in EVALUATED] == list(range(19))
    assert CITYSCAPES.class_names == tuple(label.name for label in EVALUATED)
    assert CITYSCAPES.label_ids == tuple(label.id for label in EVALUATED)
    assert CITYSCAPES.colors == tuple(label.color for label in EVALUATED)


def test_things_are_the_official_classes_with_instances():
    things = [label.trainId for label in EVALUATED if label.hasInstances]
    assert CITYSCAPES.thing_classes == tuple(things)


def test_the_table_sends_every_label_id_to_its_train_id_and_the_rest_to_void():
    table = cityscapes.label_id_to_category()
    assert table.dtype == np.uint8 and table.shape == (256,)
    for label in official.labels:
        if label.id >= 0:
            expected = 255 if label.ignoreInEval else label.trainId
            assert table[label.id] == expected, label.name
    assert (table[34:] == 255).all()


def test_named_ids_are_those_of_the_official_table():
    ids = official.name2label
    assert ids["ego vehicle"].id == cityscapes.EGO_VEHICLE
    assert ids["rectification border"].id == cityscapes.RECTIFICATION_BORDER
    assert ids["out of roi"].id == cityscapes.OUT_OF_ROI
    assert ids["license plate"].id % 256 == cityscapes.LICENCE_PLATE
    assert max(label.id for label in official.labels) == cityscapes.MAX_LABEL_ID


def test_exactly_the_ids_from_24_on_have_instances():
    with_instances = {
        label.id for label in official.labels if label.hasInstances and label.id >= 0
    }
    expected = range(cityscapes.MIN_INSTANCE_ID, cityscapes.MAX_LABEL_ID + 1)
    assert with_instances == set(expected)


def test_descriptors_as_functions_are_the_descriptors():
    assert cityscapes.cityscapes() is CITYSCAPES
    assert camvid.camvid() is camvid.CAMVID


def test_camvid_has_11_classes_without_instances_and_void_after_them():
    assert camvid.CAMVID.num_classes == 11
    assert camvid.CAMVID.thing_classes == ()
    assert camvid.VOID_LABEL_ID == 11
    assert camvid.CAMVID.label_ids == tuple(range(11))
    assert len(set(camvid.CAMVID.colors)) == 11
