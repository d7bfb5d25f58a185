"""A strategy that writes down what it is asked to run, and runs nothing.

The trainer builds its model and optimizer under it as on a slice of that many cores:
batch norm synchronises, gradients are summed over the replicas. Whatever it hands to
`strategy.run` is one program of the device; the recorder keeps it as XLA will see it,
of one replica, with the sums over replicas inside.
"""

import contextlib
import dataclasses
import math
import typing

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops
from tensorflow.python.distribute import one_device_strategy
from tensorflow.python.platform import device_context


@dataclasses.dataclass(frozen=True)
class Program:
    """What a device runs in one go.

    Attributes:
        name: str, of the Python function.
        function: concrete function of flat tensors; it captures its variables.
        variables: tuple of these; they live as long as the program.
        runs: int, how often a step runs it: once per part of an update.
    """

    name: str
    function: typing.Any
    variables: tuple
    runs: int = 1

    @property
    def batch_size(self):
        """First size of the first input; None without inputs."""
        inputs, _ = self.function.structured_input_signature
        return inputs[0].shape[0] if inputs and inputs[0].shape.rank else None

    @property
    def changes_variables(self):
        operations = self.function.graph.get_operations()
        return any(operation.type.startswith("Assign") for operation in operations)

    @property
    def variable_bytes(self):
        """dict of a variable's reference -> int."""
        return {
            variable.ref(): variable.dtype.size * math.prod(variable.shape)
            for variable in self.variables
        }


class Recorder(tf.distribute.Strategy):
    """Replica 0 of `num_replicas`; `programs` is what it was asked to run."""

    def __init__(self, num_replicas):
        super().__init__(_Extended(self, "CPU:0", num_replicas))
        self.programs = []

    def run(self, fn, args=(), kwargs=None, options=None):
        """Records `fn` and returns what it returns, as tensors of the graph."""
        given = (args, kwargs or {})

        def replica(*flat):
            with self.extended.on_device(), as_on_tpu():
                args, kwargs = tf.nest.pack_sequence_as(given, flat)
                return tf.distribute.Strategy.run(self, fn, args, kwargs)

        program = tf.function(replica, jit_compile=True)
        flat = tf.nest.flatten(given)
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in flat]
        traced = program.get_concrete_function(*specs)
        name = fn.__name__.removeprefix("tf__")  # what autograph puts before it
        name = "step" if name == "<lambda>" else name
        self.programs.append(Program(name, traced, traced.graph.variables))
        return program(*flat)


@contextlib.contextmanager
def as_on_tpu():
    """TensorFlow traces as inside TPUStrategy: an atrous convolution stays one.

    Elsewhere it becomes SpaceToBatchND, a convolution and BatchToSpaceND.
    """
    before = device_context.enclosing_tpu_context
    device_context.enclosing_tpu_context = lambda: True
    try:
        yield
    finally:
        device_context.enclosing_tpu_context = before


class _Extended(one_device_strategy.OneDeviceExtended):
    def __init__(self, strategy, device, num_replicas):
        super().__init__(strategy, device)
        self._num_replicas, self._on_device = num_replicas, False

    @property
    def _num_replicas_in_sync(self):
        return self._num_replicas

    @contextlib.contextmanager
    def on_device(self):
        """Within it reductions are those of the device."""
        self._on_device = True
        try:
            yield
        finally:
            self._on_device = False

    def _distribute_datasets_from_function(self, dataset_fn, options):
        del options
        context = tf.distribute.InputContext(
            num_replicas_in_sync=self._num_replicas_in_sync
        )
        return dataset_fn(context)

    def _reduce_to(self, reduce_op, value, destinations, options):
        del destinations, options
        if not self._on_device or self._num_replicas == 1:
            return value
        total = gen_xla_ops.xla_all_reduce(
            value,
            [list(range(self._num_replicas))],
            reduce_op="Add",
            mode="CrossReplica",
        )
        is_mean = reduce_op == tf.distribute.ReduceOp.MEAN
        return total / self._num_replicas if is_mean else total
