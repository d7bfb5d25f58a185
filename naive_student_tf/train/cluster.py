"""What the processes of one run agree on, where MultiWorkerMirrored has several.

Everywhere else, on a TPU slice of many hosts too, one process drives all devices.
"""

import tensorflow as tf

_LARGE = 2**26  # bytes: of ours, all but those of the demo are larger


def num_processes(strategy):
    """Processes that run this program together."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    cluster = strategy.cluster_resolver.cluster_spec().as_dict()
    return max(1, sum(map(len, cluster.values())))


def is_remote(strategy):
    """Whether servers feed the devices, which should not need Python of ours: those of
    a TPU with an address, of one host or several. They would ask this process for
    every record, and those of other machines cannot."""
    if not is_tpu(strategy):
        return False
    return strategy.cluster_resolver.master() not in ("", "local")


def is_tpu(strategy):
    return isinstance(strategy, tf.distribute.TPUStrategy)


def is_chief(strategy):
    """Whether this process writes checkpoints and logs."""
    if num_processes(strategy) == 1:
        return True
    resolver = strategy.cluster_resolver
    first = "chief" if "chief" in resolver.cluster_spec().as_dict() else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def saving(strategy, model):
    """How checkpoint.Checkpoints has to save: a dict of its arguments.

    Averages of batch norm are brought together while they are saved, by all
    processes at the same time; and a small model is written sooner than copied.
    """
    sizes = (v.shape.num_elements() * v.dtype.size for v in model.variables)
    is_large = sum(sizes) > _LARGE
    return {
        "background": is_large and num_processes(strategy) == 1,
        "writes": is_chief(strategy),
    }


def agreed(strategy, is_set):
    """A function -> bool tensor, whether `is_set` holds in any of the processes."""
    if num_processes(strategy) == 1:
        return is_set

    def anywhere():
        here = strategy.run(lambda: tf.cast(is_set(), tf.float32))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, here, axis=None) > 0

    return anywhere


def check_agreement(strategy, start, work_dir):
    """Raises ValueError unless all processes have restored the same step."""
    if num_processes(strategy) == 1:
        return
    mean = strategy.reduce(
        tf.distribute.ReduceOp.MEAN,
        strategy.run(lambda: tf.constant(start, tf.float64)),
        axis=None,
    )
    if float(mean) != start:
        raise ValueError(
            f"{work_dir}: this process starts at step {start}, all of them on the mean "
            f"at {float(mean)}. They need one WORK_DIR that all of them see."
        )
