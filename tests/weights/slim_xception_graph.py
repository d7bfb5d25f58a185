"""TF-Slim's xception_71, from facts: its variables by hand, its graph in plain ops.

Sources: tensorflow/models, research/deeplab/core/xception.py, and the names that
its released checkpoints hold. Nothing here comes from the package under test. All
widths are an eighth of the original's.
"""

import numpy as np
import tensorflow as tf

# scope, channels of the three separable convolutions, shortcut, stride, input
MODULES = [
    ("entry_flow/block1/unit_1", (16, 16, 16), "conv", 2, 8),
    ("entry_flow/block2/unit_1", (32, 32, 32), "conv", 1, 16),
    ("entry_flow/block3/unit_1", (32, 32, 32), "conv", 2, 32),
    ("entry_flow/block4/unit_1", (91, 91, 91), "conv", 1, 32),
    ("entry_flow/block5/unit_1", (91, 91, 91), "conv", 2, 91),
    *(
        (f"middle_flow/block1/unit_{unit}", (91, 91, 91), "sum", 1, 91)
        for unit in range(1, 17)
    ),
    ("exit_flow/block1/unit_1", (91, 128, 128), "conv", 2, 91),
    ("exit_flow/block2/unit_1", (192, 192, 256), "none", 1, 128),
]
LEFT = {  # what a released checkpoint holds besides
    "global_step": np.int64(500),
    "xception_71/logits/weights": np.zeros([1, 1, 256, 1001], np.float32),
    "xception_71/logits/biases": np.zeros([1001], np.float32),
    "xception_71/entry_flow/conv1_1/weights/Momentum": np.zeros([3, 3, 3, 4], "f"),
    "xception_71/entry_flow/conv1_1/weights/ExponentialMovingAverage": np.zeros(
        [3, 3, 3, 4], np.float32
    ),
}


def variables():
    """dict of slim name -> float32 array, random."""
    random, values = np.random.default_rng(0), {}

    def conv(scope, shape, name="weights"):
        fan_in = np.prod(shape[:2]) if name != "weights" else np.prod(shape[:3])
        values[f"{scope}/{name}"] = random.normal(0, fan_in**-0.5, shape)
        channels = shape[2] if name != "weights" else shape[3]
        for part, low, high in [
            ("gamma", 0.8, 1.2),
            ("beta", -0.2, 0.2),
            ("moving_mean", -0.2, 0.2),
            ("moving_variance", 0.5, 1.5),
        ]:
            values[f"{scope}/BatchNorm/{part}"] = random.uniform(low, high, channels)

    conv("xception_71/entry_flow/conv1_1", [3, 3, 3, 4])
    conv("xception_71/entry_flow/conv1_2", [3, 3, 4, 8])
    for scope, filters, skip, _, channels in MODULES:
        root, before = f"xception_71/{scope}/xception_module", channels
        for i, after in enumerate(filters, start=1):
            separable = f"{root}/separable_conv{i}"
            conv(f"{separable}_depthwise", [3, 3, before, 1], "depthwise_weights")
            conv(f"{separable}_pointwise", [1, 1, before, after])
            before = after
        if skip == "conv":
            conv(f"{root}/shortcut", [1, 1, channels, filters[-1]])
    return {name: value.astype(np.float32) for name, value in values.items()}


def save(path, values):
    """Writes a checkpoint in the format of TF1's Saver."""
    tf.raw_ops.SaveV2(
        prefix=path,
        tensor_names=list(values),
        shape_and_slices=[""] * len(values),
        tensors=[tf.constant(value) for value in values.values()],
    )
    return path


def features(image, values):
    """The graph at output stride 16: dict of res2, res3, res5."""

    def norm(x, scope):
        bn = {k: values[f"{scope}/BatchNorm/{k}"] for k in ("gamma", "beta")}
        mean = values[f"{scope}/BatchNorm/moving_mean"]
        variance = values[f"{scope}/BatchNorm/moving_variance"]
        return (x - mean) / np.sqrt(variance + 1e-3) * bn["gamma"] + bn["beta"]

    def pad(x, stride):  # fixed_padding of a 3 x 3
        return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]) if stride > 1 else x

    def conv(x, scope, stride=1):
        kernel = values[f"{scope}/weights"]
        padding = "SAME"
        if stride > 1 and kernel.shape[0] > 1:
            x, padding = pad(x, stride), "VALID"
        return norm(tf.nn.conv2d(x, kernel, stride, padding), scope)

    def depthwise(x, scope, stride, rate):
        padding = "SAME" if stride == 1 else "VALID"
        strides = [1, stride, stride, 1]
        kernel = values[f"{scope}/depthwise_weights"]
        x = tf.nn.depthwise_conv2d(
            pad(x, stride), kernel, strides, padding, dilations=[rate, rate]
        )
        return norm(x, scope)

    x = tf.nn.relu(conv(image, "xception_71/entry_flow/conv1_1", 2))
    x = tf.nn.relu(conv(x, "xception_71/entry_flow/conv1_2"))
    taps, reached, rate = {}, 2, 1
    for scope, _, skip, stride, _ in MODULES:
        root = f"xception_71/{scope}/xception_module"
        here = stride if reached < 16 else 1
        inside = rate if reached == 16 else 1
        y = x
        for i in (1, 2, 3):
            separable = f"{root}/separable_conv{i}"
            step = here if i == 3 else 1
            y = y if skip == "none" else tf.nn.relu(y)
            y = depthwise(y, f"{separable}_depthwise", step, inside)
            y = tf.nn.relu(y) if skip == "none" else y
            y = conv(y, f"{separable}_pointwise")
            y = tf.nn.relu(y) if skip == "none" else y
            if i == 2:
                taps[scope] = y
        if skip == "conv":
            x = y + conv(x, f"{root}/shortcut", here)
        else:
            x = y + x if skip == "sum" else y
        rate *= stride if reached == 16 else 1
        reached = min(reached * stride, 16)
    return {
        "res2": taps["entry_flow/block3/unit_1"],
        "res3": taps["entry_flow/block5/unit_1"],
        "res5": x,
    }
