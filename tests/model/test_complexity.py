"""Parameters and multiply-adds, to the last digit, of every model there is.

The rounded numbers are printed in the paper. The integers come from a calculator
that shares no code with the models; those of the small models, which nobody has
printed, from the models themselves.
"""

import pathlib

import gin
import pytest
import tensorflow as tf

from naive_student_tf import config
from naive_student_tf.compat import keras
from naive_student_tf.model import wide_resnet
from naive_student_tf.model.classifier import classifier
from naive_student_tf.model.complexity import complexity
from naive_student_tf.model.panoptic_deeplab import panoptic_deeplab

MODELS = pathlib.Path(__file__).parents[2] / "gin_configs" / "models"
REGISTRY = sorted(path.stem for path in MODELS.glob("*.gin"))

# Trainable parameters, all parameters, multiply-adds, the same padded for
# space-to-batch; 19 classes, and 1025 x 2049 but for the small ones (65 x 129).
PINNED = {
    "small": (369382, 371862, 35494624, 35646688),
    "small_teacher": (225890, 228026, 22837812, 22951860),
    "wide_resnet_38": (173751638, 173824118, 3415538975264, 3492334060064),
    "wide_resnet_41": (147269974, 147337334, 3202324415008, 3245032391200),
    "xception_71": (46717806, 46925390, 546022803064, 546156398200),
}
# Billions, as printed.
PROFILER = {
    "wide_resnet_38": 3493.80,
    "wide_resnet_41": 3246.40,
    "xception_71": 547.49,
}
WITHOUT_MULTI_GRID = {
    wide_resnet.wide_resnet38: (3415538975264, 3484859810336, 3486.32),
    wide_resnet.wide_resnet41: (3202324415008, 3237444895264, 3238.81),
}
BACKBONE = {  # trainable, all, plain and padded multiply-adds; last layer
    wide_resnet.wide_resnet38: (
        (105087040, 105150912, 2268546664128, 2273147291328),
        "b6/unit2/relu",
    ),
    wide_resnet.wide_resnet41: (
        (109014080, 109072832, 2301517825728, 2304278202048),
        "b6/unit3/relu",
    ),
}
XCEPTION_BACKBONE = (40289736, "exit2/sep3/relu")
IMAGENET = {
    wide_resnet.wide_resnet38: (109184040, 109247912, 45985382400),
    wide_resnet.wide_resnet41: (111063080, 111121832, 49297358848),
}


@pytest.fixture(scope="module", autouse=True)
def weights_are_zeros():
    """Random numbers for 174 million weights would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            keras.initializers.HeNormal,
            "__call__",
            lambda self, shape, dtype=None, **_: tf.zeros(shape, dtype),
        )
        yield


@pytest.fixture(scope="module", params=REGISTRY)
def name_and_model(request):
    config.load([str(MODELS / f"{request.param}.gin")], ["NUM_CLASSES = 19"])
    return request.param, gin.get_configurable(panoptic_deeplab)()


@pytest.fixture(scope="module", params=WITHOUT_MULTI_GRID)
def without_multi_grid(request):
    backbone = request.param
    return backbone, panoptic_deeplab(backbone=backbone, num_classes=19)


def count(model, name="", *, height=1025, width=2049):
    if name.startswith("small"):
        height, width = 65, 129
    return complexity(model, height=height, width=width)


def integers(size):
    return (size.trainable, size.parameters, size.macs, size.space_to_batch_macs)


def test_a_dense_layer_and_two_convolutions_count_as_by_hand():
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(image)
    x = keras.layers.DepthwiseConv2D(
        3, dilation_rate=4, padding="same", use_bias=False
    )(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(2)(x))
    size = count(model, height=9, width=17)  # 5 x 9 behind the stride; padded: 8 x 12
    assert size.trainable == size.parameters == 3 * 3 * 3 * 4 + 3 * 3 * 4 + 4 * 2 + 2
    assert size.macs == 45 * 108 + 45 * 36 + 8
    assert size.space_to_batch_macs == 45 * 108 + 96 * 36 + 8


def test_every_model_of_the_gin_files_has_a_pinned_count():
    assert set(REGISTRY) == set(PINNED)


def test_the_size_of_a_model_is_exact(name_and_model):
    name, model = name_and_model
    assert integers(count(model, name)) == PINNED[name]


def test_the_profilers_total_is_the_printed_one(name_and_model):
    name, model = name_and_model
    if name in PROFILER:
        assert round(count(model).profiler_macs / 1e9, 2) == PROFILER[name]


def test_without_multi_grid_only_the_padding_shrinks(without_multi_grid):
    backbone, model = without_multi_grid
    size = count(model)
    billions = round(size.profiler_macs / 1e9, 2)
    found = (size.macs, size.space_to_batch_macs, billions)
    assert found == WITHOUT_MULTI_GRID[backbone]


def test_the_size_of_a_wide_backbone_is_exact(without_multi_grid):
    backbone, model = without_multi_grid
    expected, last = BACKBONE[backbone]
    alone = keras.Model(model.input, model.get_layer(last).output)
    assert integers(count(alone)) == expected


def test_the_size_of_the_xception_backbone_is_exact(name_and_model):
    name, model = name_and_model
    if name == "xception_71":
        expected, last = XCEPTION_BACKBONE
        alone = keras.Model(model.input, model.get_layer(last).output)
        assert count(alone).trainable == expected


@pytest.mark.parametrize("backbone", IMAGENET)
def test_the_size_of_an_imagenet_classifier_is_exact(backbone):
    size = count(classifier(backbone=backbone), height=224, width=224)
    assert (size.trainable, size.parameters, size.macs) == IMAGENET[backbone]
    assert size.space_to_batch_macs == size.macs
