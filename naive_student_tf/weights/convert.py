"""Job: a published checkpoint becomes a checkpoint of our backbone.

Training starts from it by `init_from`, like from any run.
"""

import tensorflow as tf

from naive_student_tf import checkpoint, lineage, named_weights, store
from naive_student_tf.compat import keras

TABLE = "variables.txt"
_FOREIGN = {
    ".params": "an MXNet file (ademxapp)",
    ".pth": "a PyTorch file (inplace_abn, NVIDIA)",
    ".pth.tar": "a PyTorch file (inplace_abn, NVIDIA)",
    ".pt": "a PyTorch file",
}


def convert(*, source, release, trained_on, backbone, work_dir, min_coverage=1.0):
    """Writes `work_dir/checkpoints` and the table of variables beside it.

    Args:
        source: str, a checkpoint, without its .index, or its directory.
        release: `Release`, what `source` is.
        trained_on: tuple of str, the splits its weights have seen, ("imagenet",); for
            the guard against a student that saw val (lineage.py).
        backbone: function, image -> dict of taps, such as `xception.xception71`.
        work_dir: str.
        min_coverage: float, share of the backbone's variables to be found there.

    Raises:
        ValueError: fewer are found, no importer can read the file, or nothing is said
            to have trained it.
    """
    _refuse_pre_activation(source)
    if isinstance(trained_on, str) or not trained_on:
        raise ValueError(
            f"TRAINED_ON is {trained_on!r}; give the splits that {source} was trained "
            f"on, ('imagenet',) or ('imagenet', 'train_fine')."
        )
    path = checkpoint.find(source)
    model = _build(backbone)
    comparison = named_weights.compare(model, path, _keys(model, path, release))
    print(f"{release.title}: {path}\n{comparison.table(rows=10)}\n{release.note}")
    named_weights.load(model, path, comparison, min_coverage=min_coverage)
    store.write_text(
        store.join(work_dir, TABLE),
        f"{release.title}: {path}\n{comparison.table(rows=None)}\n{release.note}\n",
    )
    origin = {
        "source": release.title,
        "data": [{"directory": path, "split": split} for split in trained_on],
    }
    lineage.write(work_dir, origin)
    saved = checkpoint.save_model(model, work_dir, lineage=lineage.variable(origin))
    print(f"written to {saved}", flush=True)


def _build(backbone):
    image = keras.Input((None, None, 3), name="image")
    return keras.Model(image, backbone(image), name="backbone")


def _keys(model, path, release):
    """Our names -> their keys; what is left there stands under its own name."""
    keys = {name: release.key(name) for name in named_weights.of_model(model)}
    there = tf.train.load_checkpoint(path).get_variable_to_shape_map()
    return keys | {key: key for key in set(there) - set(keys.values())}


def _refuse_pre_activation(source):
    for suffix, what in _FOREIGN.items():
        if source.endswith(suffix):
            raise ValueError(
                f"{source} is {what}. The WR-38 releases in that format are "
                f"pre-activation networks: batch norm stands before each convolution "
                f"and none on the shortcuts, so their weights do not fit the paper's "
                f"layout with equal outputs. Train WR-38 with "
                f"gin_configs/jobs/pretrain.gin instead."
            )
