"""A network that keeps less for its gradient and computes more.

Chen et al., Training Deep Nets with Sublinear Memory Cost (arXiv:1604.06174): in
training, of every block only what goes in and out is kept; what lies inside is
computed again when its gradient is due. Costs one more forward pass: a third more
arithmetic. gin_configs/memory/rematerialize.gin switches it on.
"""

import functools
import re

import tensorflow as tf

from naive_student_tf.compat import keras

# A block of a backbone, a part of a branch, or a layer of its own; by layer name.
BLOCK = re.compile(r"(semantic|instance)/[^/]+|[^/]+/(unit\d+|pool)|[^/]+")


class Rematerialized(keras.Model):
    """A functional model, built as `keras.Model(inputs, outputs)`.

    Layers, weights, names and checkpoints are those of the plain model, and so are
    its outputs, gradients and moving averages.
    """

    def __init__(self, inputs, outputs, **settings):
        super().__init__(inputs, outputs, **settings)
        # Inside a partial Keras does not see the blocks: they are no layers of it.
        self._train = functools.partial(_run, _split(self), inputs, outputs)

    def call(self, inputs, training=None, mask=None):
        if training:
            return self._train(inputs)
        return super().call(inputs, training=training, mask=mask)


def _run(blocks, model_input, model_outputs, image):
    """Computes the outputs of all blocks; each knows its tensors in the plain model."""
    values = {id(model_input): image}
    for inputs, outputs, block in blocks:
        found = _rematerialized(block)(*(values[id(tensor)] for tensor in inputs))
        values |= zip(map(id, outputs), tf.nest.flatten(found), strict=True)
    return tf.nest.map_structure(lambda tensor: values[id(tensor)], model_outputs)


def _rematerialized(block):
    """The block as a function that keeps nothing of what lies inside."""
    passes = []

    def run(*inputs):
        # The second pass is that of the gradient: it must not average once more.
        moving = block.non_trainable_weights if passes else []
        before = [variable.read_value() for variable in moving]
        passes.append(None)
        outputs = block(list(inputs), training=True)
        for variable, value in zip(moving, before, strict=True):
            variable.assign(value)
        return outputs

    return run if len(block.layers) == 2 else tf.recompute_grad(run)


def _split(model):
    """list of (inputs, outputs, keras.Model), in an order in which they can run."""
    members = {}
    for layer in model.layers[1:]:  # without the input
        members.setdefault(BLOCK.match(layer.name)[0], []).append(layer)
    made, needed = {}, {}
    for name, layers in members.items():
        made[name] = {id(layer.output): layer.output for layer in layers}
        tensors = [t for layer in layers for t in tf.nest.flatten(layer.input)]
        needed[name] = {id(t): t for t in tensors if id(t) not in made[name]}
    wanted = {key for tensors in needed.values() for key in tensors}
    wanted |= {id(tensor) for tensor in tf.nest.flatten(model.output)}
    blocks = []
    for name in _ordered(made, needed, id(model.input)):
        inputs = list(needed[name].values())
        outputs = [t for key, t in made[name].items() if key in wanted]
        blocks.append((inputs, outputs, keras.Model(inputs, outputs)))
    return blocks


def _ordered(made, needed, first):
    """Names of blocks, each after those that make what it needs."""
    known, left, order = {first}, list(made), []
    while left:
        ready = [name for name in left if needed[name].keys() <= known]
        if not ready:
            raise ValueError(
                f"The blocks {left} need each other: they cannot be split."
            )
        order += ready
        known |= {key for name in ready for key in made[name]}
        left = [name for name in left if name not in ready]
    return order
