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
    assert changed(ignore_label=60, label_divisor=1000).void == 60_000


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
        return changed(class_names=names, colors=names, label_ids=range(count))

    assert with_classes(255).num_classes == 255
    with pytest.raises(ValueError, match="256 classes reach the ignore label 255"):
        with_classes(256)


def test_ids_and_colors_have_defaults():
    space = LabelSpace(name="n", class_names="abcd", thing_classes=())
    assert space.label_ids == (0, 1, 2, 3)
    assert len(set(space.colors)) == 4
    assert all(0 <= part <= 255 for color in space.colors for part in color)


def test_made_up_colors_of_124_classes_differ():
    names = [str(number) for number in range(124)]
    space = LabelSpace(name="n", class_names=names, thing_classes=())
    assert len(set(space.colors)) == 124


def test_a_label_id_stands_for_one_class():
    with pytest.raises(ValueError, match=r"two: label ids \(4, 4\) repeat"):
        changed(label_ids=(4, 4))


@pytest.mark.parametrize(
    "ignore_label, label_divisor", [(255, 257), (256, 256), (65, 1000), (255, 1000)]
)
def test_a_label_that_takes_more_than_16_bits_is_refused(ignore_label, label_divisor):
    with pytest.raises(ValueError, match="more than the 16 bits of a stored label"):
        changed(ignore_label=ignore_label, label_divisor=label_divisor)


def test_the_largest_label_of_16_bits_is_the_last_instance_of_void():
    assert TWO.void + TWO.label_divisor - 1 == 65535
