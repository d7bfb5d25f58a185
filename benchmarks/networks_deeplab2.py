"""The same measurements' other side: wide_resnet41 of google-research/deeplab2.

It is imported from a copy outside of this project, whose protos are compiled:

    python -m grpc_tools.protoc -I. --python_out=. deeplab2/*.proto
"""

import pathlib
import sys

import tensorflow as tf

CONFIG = "deeplab2/configs/cityscapes/panoptic_deeplab/wide_resnet41_os16.textproto"


def build(folder, targets, *, synchronized=True):
    """Builds its network as its trainer does.

    Args:
        folder: str, where the package `deeplab2` is.
        targets: dict as benchmarks/networks.py draws it.
        synchronized: bool, its batch norm; the config leaves it at True.

    Returns:
        forward() -> dict of full-size maps, step() -> loss; neither traced yet.
    """
    sys.path.insert(0, folder)
    from deeplab2 import common, config_pb2
    from deeplab2.data import dataset
    from deeplab2.model import deeplab
    from deeplab2.model.loss import loss_builder
    from google.protobuf import text_format

    image = targets["image"]
    text = (pathlib.Path(folder) / CONFIG).read_text()
    config = text_format.Parse(text, config_pb2.ExperimentOptions())
    config.train_dataset_options.crop_size[:] = image.shape[1:3]
    config.trainer_options.solver_options.use_sync_batchnorm = synchronized
    facts = dataset.CITYSCAPES_PANOPTIC_INFORMATION
    model = deeplab.DeepLab(config, facts)
    model(tf.keras.Input(image.shape[1:], batch_size=1), training=True)
    loss = loss_builder.DeepLabFamilyLoss(
        config.trainer_options.loss_options,
        config.model_options,
        num_classes=facts.num_classes,
        ignore_label=facts.ignore_label,
        ignore_depth=None,
        thing_class_ids=tuple(facts.class_has_instances_list),
    )
    labels = {
        common.GT_SEMANTIC_KEY: targets["category"],
        common.SEMANTIC_LOSS_WEIGHT_KEY: targets["semantic_weight"],
        common.GT_INSTANCE_CENTER_KEY: targets["center_heatmap"][..., 0],
        common.CENTER_LOSS_WEIGHT_KEY: targets["center_weight"][..., 0],
        common.GT_INSTANCE_REGRESSION_KEY: targets["offset"],
        common.REGRESSION_LOSS_WEIGHT_KEY: targets["offset_weight"][..., 0],
    }
    optimizer = tf.keras.optimizers.Adam(1e-4)
    optimizer.build(model.trainable_variables)

    def forward():
        found = model._decoder(model._encoder(image / 127.5 - 1.0))
        return model._resize_predictions(found, *image.shape[1:3])

    def step():
        with tf.GradientTape() as tape:
            losses = loss(labels, model(image, training=True))
            total = tf.reduce_mean(losses[common.TOTAL_LOSS])
        variables = model.trainable_variables
        gradients = tape.gradient(total, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return total

    return forward, step
