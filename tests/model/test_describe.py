"""The stage table is that of the network, and its parts add up to the whole."""

import functools
import itertools
import json

import gin
import pytest

from naive_student_tf import config
from naive_student_tf.model import describe
from naive_student_tf.model.classifier import classifier
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab
from naive_student_tf.model.wide_resnet import wide_resnet38, wide_resnet41

NARROW = functools.partial(wide_resnet41, width=4)
JOB = "gin_configs/jobs/describe.gin"


@pytest.fixture(scope="module")
def panoptic():
    model = panoptic_deeplab(
        backbone=functools.partial(NARROW, multi_grid=(1, 2, 4)), num_classes=19
    )
    return describe.description(model, height=1025, width=2049, name="narrow")


@pytest.fixture(scope="module")
def classification():
    model = classifier(backbone=NARROW, num_classes=10)
    return describe.description(model, height=224, width=224, name="narrow")


def stages(found, prefix):
    return [stage for stage in found["stages"] if stage["name"].startswith(prefix)]


def of(found, prefix, key):
    return [stage[key] for stage in stages(found, prefix)]


@pytest.mark.parametrize("fixture", ["panoptic", "classification"])
def test_the_stages_add_up_to_the_totals(fixture, request):
    found = request.getfixturevalue(fixture)
    assert sum(of(found, "", "params")) == found["trainable_params"]
    assert sum(of(found, "", "macs")) == found["conv_macs"]


def test_a_dense_layer_and_a_convolution_count_as_by_hand(classification):
    (dense,) = stages(classification, "logits")
    assert (dense["params"], dense["macs"]) == (128 * 10 + 10, 128 * 10)
    assert dense["convolutions"] == ["dense 10"]
    conv = stages(classification, "conv1")[0]
    assert conv["params"] == 3 * 3 * 3 * 4 + 2 * 4
    assert conv["macs"] == 112 * 112 * 3 * 3 * 3 * 4


def test_units_of_the_same_convolutions_are_counted(classification):
    counts = [set(of(classification, f"b{i}/unit", "repeats")) for i in range(2, 7)]
    assert counts == [{3}, {3}, {6}, {3}, {3}]
    wr_38 = classifier(
        backbone=functools.partial(wide_resnet38, width=4), num_classes=2
    )
    found = describe.description(wr_38, height=224, width=224, name="wr_38")
    assert of(found, "b6/unit", "repeats") == [1, 1]  # B6 and B7


def test_each_stage_strides_in_its_last_block(classification):
    assert of(classification, "b4/", "stride") == [1, 1, 1, 1, 1, 2]
    assert of(classification, "b4/", "size") == [[28, 28]] * 5 + [[14, 14]]
    assert of(classification, "b2/", "stride") == [1, 1, 1, 2]


def test_the_blocks_are_those_of_table_11_at_a_sixteenth_of_its_width(classification):
    narrow = [["1x1 32", "3x3 64", "1x1 128"]] * 3
    assert of(classification, "b6/", "convolutions") == narrow
    assert of(classification, "b6/", "channels") == [128] * 3
    assert of(classification, "b5/unit1", "convolutions") == [["3x3 64", "3x3 64"]]


def test_multi_grid_is_in_the_rates(panoptic, classification):
    assert of(panoptic, "b6/", "rates") == [[1, 2], [1, 4], [1, 8]]
    assert of(classification, "b6/", "rates") == [[1]] * 3
    assert of(panoptic, "semantic/aspp", "rates") == [[1, 6, 12, 18]]


def test_the_branches_come_one_after_the_other(panoptic):
    parts = [name.partition("/")[0] for name in of(panoptic, "", "name")]
    runs = [part for part, _ in itertools.groupby(parts)]
    assert len(runs) == len(set(parts))


def test_the_profilers_total_is_given_where_it_was_checked(panoptic, classification):
    assert panoptic["paper_profiler_total"] > panoptic["conv_macs_space_to_batch"]
    assert classification["paper_profiler_total"] is None
    assert "profiler" not in describe.table(classification)
    found = panoptic | {"paper_profiler_total": 3246399600000}
    assert "The paper prints the last as 3246.40 B." in describe.table(found)


def test_the_text_has_a_line_per_stage_and_the_totals(classification):
    lines = describe.table(classification).splitlines()
    names = [line.split(" ")[0] for line in lines[1 : lines.index("")]]
    assert names == of(classification, "", "name")
    assert f"{classification['conv_macs']:,}  multiply-adds" in lines[-2]


def test_the_job_writes_what_it_prints(tmp_path, capsys):
    output = tmp_path / "small.json"
    config.load(
        [JOB, "gin_configs/models/small.gin"],
        [
            f"OUTPUT = '{output}'",
            "describe.describe.height = 65",
            "describe.describe.width = 129",
            "describe.describe.name = 'small'",
        ],
    )
    config.run()
    found = json.loads(output.read_text())
    assert describe.table(found) in capsys.readouterr().out
    assert found["name"] == "small" and found["input_shape"] == [1, 65, 129, 3]
    assert (found["trainable_params"], found["conv_macs"]) == (369382, 35494624)


@pytest.mark.parametrize("job", ["describe", "train", "evaluate", "pseudo_label"])
@pytest.mark.parametrize("network", ["wide_resnet_38", "wide_resnet_41"])
def test_a_wide_network_has_plain_convolutions_in_every_job(job, network):
    """These jobs include a network of their own, and what it binds stays bound."""
    config.load([f"gin_configs/jobs/{job}.gin", f"gin_configs/models/{network}.gin"])
    conv = gin.query_parameter("panoptic_deeplab.panoptic_deeplab.conv")
    assert conv.configurable.wrapped.__name__ == "conv_bn_relu"
