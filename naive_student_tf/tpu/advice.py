"""What to change in the config of a step that does not fit."""

from naive_student_tf.tpu import topology

_BFLOAT16 = "panoptic_deeplab.panoptic_deeplab.precision = 'mixed_bfloat16'"
_REMATERIALIZE = "--gin_file gin_configs/memory/rematerialize.gin"


def advice(found):
    """Sentences, the cheapest change first.

    Args:
        found: dict of `report.program`, of a program that does not fit.
    """
    lines = []
    shapes = [buffer["shape"] for buffer in found["largest_buffers"]]
    if shapes and shapes[0].startswith("f32"):  # the loss is so in any case
        lines.append(f"half the bytes per value: {_BFLOAT16}")
    if found["batch_size"] and found["batch_size"] > 1:
        lines.append(
            f"fewer examples at a time than {found['batch_size']} per core; "
            f"loop.train.accumulation keeps the global batch"
        )
    if any("gradient_tape" in buffer["op"] for buffer in found["largest_buffers"]):
        lines.append(
            f"forget what is between blocks and compute it again: {_REMATERIALIZE} "
            f"(a third more computation)"
        )
    roomy = [
        name
        for name, core in topology.CORES.items()
        if core.hbm_bytes >= found["hbm_peak_bytes"]
    ]
    lines.append(
        f"cores with more memory: {', '.join(roomy)}"
        if roomy
        else "no core of any slice has so much memory"
    )
    return lines
