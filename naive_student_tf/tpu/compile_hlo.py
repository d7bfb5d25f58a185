"""Asks libtpu's compiler about a program; needs no TPU.

Runs as a script, in the environment of requirements-tpu-dry-run.txt, which has jax and
libtpu but neither TensorFlow nor this package: their pins exclude each other.

    python compile_hlo.py compile REQUEST.json      prints what the compiler found
    python compile_hlo.py cost AFTER_OPTIMIZATIONS.txt

A request has `hlo` (path of a serialized HloModuleProto), `topology`, `chip` (options
of the topology) and `num_replicas`. With XLA_FLAGS=--xla_dump_to the compiler also
leaves its reports; it writes them before it generates code, so whoever needs only the
memory may end this process then. The names of jaxlib that start with an underscore
are private: hence the exact pin.
"""

import json
import os
import pathlib
import re
import sys
import time

os.environ.update(
    JAX_PLATFORMS="cpu",
    TPU_SKIP_MDS_QUERY="1",  # there is no metadata server to ask
    TPU_WORKER_HOSTNAMES="localhost",
    ALLOW_MULTIPLE_LIBTPU_LOAD="1",  # it locks a file, even across a kill -9
)

import jax
import numpy as np
from jax._src import compiler
from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir
from jax.experimental import topologies
from jaxlib import _hlo, _jax


def compile_request(request):
    """Compiles to the end: dict of flops, bytes, memory, cycles per op."""
    devices = topologies.get_topology_desc(
        platform="tpu", topology_name=request["topology"], **request["chip"]
    ).devices
    devices = devices[: request["num_replicas"]]
    hlo = pathlib.Path(request["hlo"]).read_bytes()
    began = time.monotonic()
    with mlir.make_ir_context():
        module = to_stablehlo(hlo, num_replicas=len(devices))
        executable = devices[0].client.compile(
            module,
            executable_devices=_jax.DeviceList(tuple(devices)),
            compile_options=_options(devices),
        )
    seconds = time.monotonic() - began
    text = executable.hlo_modules()[0].to_string()
    memory = executable.get_compiled_memory_stats()
    return {
        **cost(_hlo.hlo_module_from_text(text)),
        "compile_seconds": seconds,
        "argument_bytes": memory.argument_size_in_bytes,
        "temporary_bytes": memory.temp_size_in_bytes,
        "cycles": cycles_by_op(text),
    }


def to_stablehlo(hlo, *, num_replicas):
    """A serialized HLO module as an MLIR module that updates its variables in place.

    Args:
        hlo: bytes, an HloModuleProto as TensorFlow writes it.
        num_replicas: int.
    """
    module = ir.Module.parse(_jax.mlir.hlo_to_stablehlo(hlo))
    functions = {ir.StringAttr(op.name).value: op for op in module.body.operations}
    main = functions["main"]
    int32 = ir.IntegerType.get_signless(32)
    # Which result is which argument lives in an attribute that the compiler ignores;
    # the one it heeds is on the arguments.
    alias = _aliases(module)
    main.attributes["arg_attrs"] = ir.ArrayAttr.get(
        [
            ir.DictAttr.get(
                {"tf.aliasing_output": ir.IntegerAttr.get(int32, alias[index])}
                if index in alias
                else {}
            )
            for index in range(len(main.type.inputs))
        ]
    )
    module.operation.attributes["mhlo.num_replicas"] = ir.IntegerAttr.get(
        int32, num_replicas
    )
    # TensorFlow copies each new value of a variable; StableHLO has no such operation.
    for op in list(main.regions[0].blocks[0].operations):
        if op.operation.name == "mhlo.copy":
            op.operation.results[0].replace_all_uses_with(op.operation.operands[0])
            op.operation.erase()
    return module


def cost(module):
    """What the compiler's own analysis counts in an optimized module, of one core."""
    client = jax.devices("cpu")[0].client
    found = _jax.hlo_module_cost_analysis(client, module)
    return {
        "flops": found["flops"],
        "bytes_accessed": found["bytes accessed"],
        "all_reduces": len(re.findall(r" all-reduce(?:-start)?\(", module.to_string())),
    }


def cycles_by_op(text):
    """list of (name that TensorFlow gave, estimated cycles), of the whole program."""
    entry = text[text.index("\nENTRY ") :]
    lines = (line for line in entry.splitlines() if '"estimated_cycles"' in line)
    found = []
    for line in lines:
        name = re.search(r'op_name="([^"]*)"', line)
        cycles = int(re.search(r'"estimated_cycles":"(\d+)"', line)[1])
        found.append((name[1] if name else line.split(" = ")[0].strip(), cycles))
    return found


def _aliases(module):
    """dict of argument index -> result index of the variables."""
    attribute = module.operation.attributes["mhlo.input_output_alias"]
    pairs = re.findall(
        r"parameter_number = (\d+) : i64\}, output_index = array<i64: (\d+)>",
        str(attribute),
    )
    return {int(argument): int(result) for argument, result in pairs}


def _options(devices):
    options = compiler.get_compile_options(
        num_replicas=len(devices),
        num_partitions=1,
        device_assignment=np.array([[device.id] for device in devices]),
    )
    options.executable_build_options.use_spmd_partitioning = False
    options.executable_build_options.use_shardy_partitioner = False
    return options


def main(verb, path):
    text = pathlib.Path(path).read_text()
    if verb == "compile":
        return compile_request(json.loads(text))
    return cost(_hlo.hlo_module_from_text(text))


if __name__ == "__main__":
    print("ANSWER " + json.dumps(main(*sys.argv[1:])), flush=True)
