"""A recorded program as the HLO that XLA compiles."""

import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import compiler_ir


def to_hlo(program):
    """Lowers a program with TensorFlow's own bridge.

    The CPU build serves: with resizes written as matrix products and traced as on a
    TPU, a network lowers to what the TPU build makes of it, byte for byte.

    Args:
        program: `recorder.Program`.

    Returns:
        bytes, an HloModuleProto. Its arguments are the inputs, then the variables;
        its results the outputs, then the variables' new values.

    Raises:
        ValueError: the program has an operation that XLA does not have, or needs a
            number that only its run would know.
    """
    try:
        return compiler_ir.from_concrete_function(program.function)(
            stage="hlo_serialized"
        )
    except (tf.errors.OpError, ValueError) as error:
        reason = str(error).partition("\nThe op is created at")[0]
        raise ValueError(f"XLA cannot compile the step. {reason}") from error
