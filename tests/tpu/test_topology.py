"""Names of slices: what is read from them, and what is refused."""

import pytest

from naive_student_tf.tpu import topology


@pytest.mark.parametrize(
    ("name", "cores"),
    [
        ("v2:2x2", 8),
        ("v3:4x4", 32),  # the paper's machine
        ("v4:2x2x1", 4),
        ("v5e:2x2", 4),
        ("v5p:2x2x1", 4),
        ("v6e:2x4", 8),
    ],
)
def test_a_slice_has_this_many_cores(name, cores):
    assert topology.parse(name).num_cores == cores


def test_only_v4_needs_to_be_told_that_its_chips_are_one_core():
    options = {name: dict(core.options) for name, core in topology.CORES.items()}
    assert options.pop("v4") == {"chip_config_name": "megacore"}
    assert not any(options.values())


@pytest.mark.parametrize(
    "name", ["v5litepod-8", "v5e", "v5e:", "v9:2x2", "v5e:2*2", ""]
)
def test_another_name_is_refused_with_examples_of_names(name):
    with pytest.raises(ValueError, match=r"expected one of v2, v3.*such as v2:2x2"):
        topology.parse(name)


@pytest.mark.parametrize(
    ("name", "like"), [("v4:2x2", "v4:2x2x1"), ("v3:2x2x1", "v3:4x4")]
)
def test_a_slice_of_the_wrong_dimensions_is_refused_with_a_right_one(name, like):
    with pytest.raises(ValueError, match=like):
        topology.parse(name)


def test_a_slice_without_chips_is_refused():
    with pytest.raises(ValueError, match="'v5e:0x2'"):
        topology.parse("v5e:0x2")
