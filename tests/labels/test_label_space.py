import dataclasses

import pytest

from naive_student_tf.labels.label_space import LabelSpace

TWO = LabelSpace(
    name="two",
    class_names=["ground", "dog"],
    thing_classes=[1],
    colors=[(0, 0, 0), (9, 9, 9)],
    label_ids=[4, 7],
)


def changed(**fields):
    return dataclasses.replace(TWO, **fields)


def test_void_is_the_ignore_label_times_the_divisor():
    assert TWO.num_classes == 2
    assert TWO.void == 65280
    assert changed(ignore_label=200, label_divisor=1000).void == 200_000


def test_lists_become_tuples_so_that_the_descriptor_is_hashable():
    assert TWO.class_names == ("ground", "dog") and TWO.label_ids == (4, 7)
    assert hash(TWO) == hash(changed())


@pytest.mark.parametrize("field", ["colors", "label_ids"])
def test_one_color_and_one_id_per_class_is_demanded(field):
    with pytest.raises(ValueError, match=r"two: 2 class names.* 3 "):
        changed(**{field: [*getattr(TWO, field), 5]})


@pytest.mark.parametrize("thing", [-1, 2])
def test_a_thing_outside_the_classes_is_refused(thing):
    with pytest.raises(ValueError, match=rf"thing classes \({thing},\) are not all in"):
        changed(thing_classes=[thing])


def test_classes_may_fill_the_range_below_the_ignore_label_but_not_reach_it():
    def with_classes(count):
        names = [str(number) for number in range(count)]
        return changed(class_names=names, colors=names, label_ids=names)

    assert with_classes(255).num_classes == 255
    with pytest.raises(ValueError, match="256 classes reach the ignore label 255"):
        with_classes(256)
