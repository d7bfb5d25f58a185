"""Xception-71 of tensorflow/models (research/deeplab), a TF-Slim checkpoint.

The same network, layer by layer, batch norm with epsilon 1e-3 and images scaled to
-1..1, so the imported backbone computes what theirs does. Kernels have the same
layout. Its names are facts of core/xception.py; what a checkpoint holds besides
(logits, Momentum, ExponentialMovingAverage, global_step) is left.
"""

from naive_student_tf.weights.release import Release

_ROOT = "xception_71"
_STEM = {"conv1": "entry_flow/conv1_1", "conv2": "entry_flow/conv1_2"}
_FLOWS = {
    "entry": "entry_flow/block{}/unit_1",
    "middle": "middle_flow/block1/unit_{}",
    "exit": "exit_flow/block{}/unit_1",
}


def xception_71():
    """The Release: any scope `xception_71` of a TF-Slim checkpoint."""
    return Release(
        title="TF-Slim xception_71",
        key=key,
        note="Same network: outputs are those of the original backbone.",
    )


def key(name):
    """ "entry3/sep2/depthwise/bn/gamma" -> "xception_71/entry_flow/block3/unit_1/
    xception_module/separable_conv2_depthwise/BatchNorm/gamma"."""
    layer, _, variable = name.rpartition("/")
    convolution = layer.removesuffix("/bn")
    if convolution != layer:
        variable = f"BatchNorm/{variable}"
    else:
        variable = variable.replace("kernel", "weights")  # and depthwise_kernel
    return f"{_ROOT}/{_scope(convolution)}/{variable}"


def _scope(convolution):
    """ "exit1/shortcut" -> "exit_flow/block1/unit_1/xception_module/shortcut"."""
    module, *rest = convolution.split("/")
    if not rest:
        return _STEM[module]
    flow = module.rstrip("0123456789")
    unit = _FLOWS[flow].format(module.removeprefix(flow))
    inner = rest[0].replace("sep", "separable_conv")
    if rest[0] != "shortcut":
        inner += "_depthwise" if rest[1:] else "_pointwise"
    return f"{unit}/xception_module/{inner}"
