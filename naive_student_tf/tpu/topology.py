"""Names of TPU slices, and what one core of each generation has.

A core is what TensorFlow sees as one replica: half a chip of v2 and v3, the whole
chip of v4 (megacore), v5e, v5p and v6e.
"""

import dataclasses
import math
import re

GIB = 2**30


@dataclasses.dataclass(frozen=True)
class Core:
    """One core.

    Attributes:
        flops_per_s: float, bfloat16 peak that Google publishes.
        bytes_per_s: float, of HBM, published.
        clock_hz: float, worked back from the peak and the size of the matrix units;
            an assumption, used for the estimate of a full compile only.
        hbm_bytes: int, what the compiler (libtpu 0.0.42.1) allows a program, as it
            says itself where one does not fit.
        dimensions: int, of the names of its slices: "2x2" or "2x2x1".
        cores_per_chip: int.
        options: tuple of pairs, what libtpu wants to know besides the name.
    """

    flops_per_s: float
    bytes_per_s: float
    clock_hz: float
    hbm_bytes: int
    dimensions: int
    cores_per_chip: int = 1
    options: tuple = ()


MEGACORE = (("chip_config_name", "megacore"),)  # else two cores of half the size
CORES = {
    "v2": Core(22.5e12, 350e9, 0.70e9, int(7.48 * GIB), 2, cores_per_chip=2),
    "v3": Core(61.5e12, 450e9, 0.94e9, int(15.48 * GIB), 2, cores_per_chip=2),
    "v4": Core(275e12, 1228e9, 1.05e9, int(30.75 * GIB), 3, options=MEGACORE),
    "v5e": Core(197e12, 819e9, 1.50e9, int(15.75 * GIB), 2),
    "v5p": Core(459e12, 2765e9, 1.75e9, int(95.73 * GIB), 3),
    "v6e": Core(918e12, 1640e9, 1.75e9, int(31.24 * GIB), 2),
}
EXAMPLES = ("v2:2x2", "v3:4x4", "v4:2x2x1", "v5e:2x2", "v5p:2x2x1", "v6e:2x2")


@dataclasses.dataclass(frozen=True)
class Topology:
    """A slice: its name, its generation, and how many cores it has."""

    name: str
    core: Core
    num_cores: int


def parse(name):
    """Reads a name such as "v5e:2x2" (two by two chips).

    Raises:
        ValueError: it is not one.
    """
    match = re.fullmatch(r"(v\w+):(\d+(?:x\d+)*)", name)
    core = CORES.get(match[1]) if match else None
    if core is None:
        raise ValueError(
            f"TOPOLOGY is {name!r}: expected one of {', '.join(CORES)}, a colon and "
            f"the chips of the slice, such as {', '.join(EXAMPLES)}."
        )
    sides = [int(side) for side in match[2].split("x")]
    if len(sides) != core.dimensions or 0 in sides:
        raise ValueError(
            f"TOPOLOGY is {name!r}: slices of {match[1]} have {core.dimensions} "
            f"dimensions, such as "
            f"{next(e for e in EXAMPLES if e.startswith(match[1] + ':'))}."
        )
    return Topology(name, core, math.prod(sides) * core.cores_per_chip)
