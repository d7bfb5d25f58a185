"""Job: the stage table of a network and its size, counted without running it.

The paper's Tables 7, 8 and 11 print parameters and M-Adds; complexity.py says what
the paper's M-Adds are and why true arithmetic is less.
"""

import collections
import math
import re

from naive_student_tf import store
from naive_student_tf.compat import keras
from naive_student_tf.model.complexity import WEIGHTED, complexity, layer_shapes

PROFILED = (1025, 2049)  # pixels, the input of the paper's totals
# A stage is a residual block, a pooling, a part of a branch, or a layer of its own.
_STAGE = re.compile(r"(semantic|instance)/[^/]+|[^/]+/(unit\d+|pool)|[^/]+")
_WHY = (
    "The paper prints the last as {:.2f} B. Its profiler pads the grid of an atrous "
    "convolution\nand counts weight decay, initializers, batch norm and pooling; a "
    "modern counter shows\nthe plain multiply-adds."
)
_COLUMNS = {
    "name": "stage",
    "size": "output",
    "channels": "channels",
    "stride": "stride",
    "rates": "rate",
    "params": "params",
    "macs": "MACs",
    "convolutions": "convolutions",
}
_NUMBERS = {"channels", "stride", "params", "macs"}


def describe(*, model, height, width, output, name=None):
    """Prints the stage table and writes it with the totals as JSON.

    Args:
        model: zero-argument builder of a Keras model of one image [B, H, W, 3].
        height: int, of the input, in pixels.
        width: int, of the input, in pixels.
        output: str, the JSON file.
        name: str, what the JSON calls the network; None: the name of the model.
    """
    model = model()
    found = description(model, height=height, width=width, name=name or model.name)
    store.write_json(output, found)
    print(table(found), flush=True)


def description(model, *, height, width, name):
    """Counts a network.

    Args:
        model: keras.Model of one image [B, H, W, 3].
        height: int, of the input, in pixels.
        width: int, of the input, in pixels.
        name: str.

    Returns:
        dict, ready for JSON. Multiply-adds are those of one image:
            name: str.
            input_shape: [1, height, width, 3].
            trainable_params, total_params: int.
            conv_macs: int, of convolutions and dense layers, true arithmetic.
            conv_macs_space_to_batch: int, atrous convolutions on the grids that
                space-to-batch pads to a multiple of the rate.
            paper_profiler_total: int, by the rule of the paper's profiler; None
                unless the input is 1025 x 2049, where that rule was checked.
            stages: list of dict, see `stages`.
    """
    size = complexity(model, height=height, width=width)
    profiled = (height, width) == PROFILED
    return {
        "name": name,
        "input_shape": [1, height, width, 3],
        "trainable_params": size.trainable,
        "total_params": size.parameters,
        "conv_macs": size.macs,
        "conv_macs_space_to_batch": size.space_to_batch_macs,
        "paper_profiler_total": round(size.profiler_macs) if profiled else None,
        "stages": stages(model, height=height, width=width),
    }


def stages(model, *, height, width):
    """What each stage of a network puts out, costs and is made of.

    Returns:
        list of dict, in the order of the network:
            name: str, first part of the names of its layers.
            size: [height, width] of its output, in pixels.
            channels: int, of its output.
            stride: int, of the stage alone.
            rates: list of int, the atrous rates of its convolutions.
            params: int, trainable.
            macs: int, true arithmetic.
            convolutions: list of str such as "3x3 512", without shortcuts.
            repeats: int, how many units of its part are made of the same
                convolutions, itself included: B6 of WR-41 has 3.
    """
    grouped, parts = {}, {}
    for layer, _, shape in layer_shapes(model, height=height, width=width):
        name = _STAGE.match(layer.name)[0]
        grouped.setdefault(name, []).append((layer, shape))
        parts.setdefault(name.partition("/")[0], len(parts))
    # Keras interleaves the two branches, layer by layer.
    names = sorted(grouped, key=lambda name: parts[name.partition("/")[0]])
    return _with_repeats([_stage(name, grouped[name]) for name in names])


def table(found):
    """A `description` as aligned text."""
    rows = [list(_COLUMNS.values())]
    rows += [_cells(stage) for stage in found["stages"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([*lines, "", *_totals(found)])


def _stage(name, members):
    layers = [layer for layer, _ in members]
    *size, channels = members[-1][1]
    own = [layer for layer in layers if isinstance(layer, WEIGHTED)]
    main = [layer for layer in own if not layer.name.endswith("/shortcut")]
    return {
        "name": name,
        "size": size or [1, 1],  # of a vector
        "channels": channels,
        "stride": max(getattr(layer, "strides", (1,))[0] for layer in layers),
        "rates": sorted({getattr(layer, "dilation_rate", (1,))[0] for layer in own}),
        "params": sum(
            math.prod(weight.shape)
            for layer in layers
            for weight in layer.trainable_weights
        ),
        "macs": sum(
            math.prod(shape[:-1]) * math.prod(layer.weights[0].shape)
            for layer, shape in members
            if isinstance(layer, WEIGHTED)
        ),
        "convolutions": [_convolution(layer) for layer in main],
    }


def _with_repeats(found):
    def kind(stage):
        part, _, unit = stage["name"].partition("/")
        return part, unit.startswith("unit"), tuple(stage["convolutions"])

    kinds = collections.Counter(map(kind, found))
    return [stage | {"repeats": kinds[kind(stage)]} for stage in found]


def _convolution(layer):
    if isinstance(layer, keras.layers.Dense):
        return f"dense {layer.units}"
    kernel = "x".join(map(str, layer.kernel_size))
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return f"{kernel} depthwise"
    return f"{kernel} {layer.filters}"


def _line(row, widths):
    """Numbers to the right, text to the left."""
    columns = zip(_COLUMNS, row, widths, strict=True)
    cells = [c.rjust(w) if key in _NUMBERS else c.ljust(w) for key, c, w in columns]
    return "  ".join(cells).rstrip()


def _cells(stage):
    size = "x".join(map(str, stage["size"]))
    lists = {key: ", ".join(map(str, stage[key])) for key in ("rates", "convolutions")}
    numbers = {key: f"{stage[key]:,}" for key in ("params", "macs")}
    shown = {**stage, "size": size, **lists, **numbers}
    return [str(shown[key]) for key in _COLUMNS]


def _totals(found):
    height, width = found["input_shape"][1:3]
    yield f"{found['name']}, input {height} x {width}"
    for key, text in (
        ("trainable_params", "trainable parameters"),
        ("total_params", "all parameters"),
        ("conv_macs", "multiply-adds"),
        ("conv_macs_space_to_batch", "multiply-adds, padded for space-to-batch"),
        ("paper_profiler_total", "multiply-adds as the paper's profiler counts"),
    ):
        if found[key] is not None:
            yield f"{found[key]:>19,}  {text}"
    if found["paper_profiler_total"] is not None:
        yield _WHY.format(found["paper_profiler_total"] / 1e9)
