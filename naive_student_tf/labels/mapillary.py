"""Facts of Mapillary Vistas (Neuhold et al., ICCV 2017), read from its own config.

The data set brings its class table as JSON: `labels`, a list whose positions are the
ids in the label files, of {name, readable, color, instances, evaluate}. Classes that
are not evaluated (v1.2: the last of 66) are void.
"""

import functools
import json

import tensorflow as tf

from naive_student_tf.labels.label_space import LabelSpace

_FIELDS = {"readable", "color", "instances", "evaluate"}
INSTANCE_DIVISOR = 256  # `instances` PNG: label * 256 + instance


def mapillary(*, config):
    """The descriptor of one release.

    Args:
        config: str, path of config_v1.2.json, config_v2.0.json or config.json.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file of another form; it is named.
    """
    labels = _read_labels(config)
    used = [i for i, label in enumerate(labels) if label["evaluate"]]
    return LabelSpace(
        name="mapillary_vistas",
        class_names=[labels[i]["readable"] for i in used],
        thing_classes=[k for k, i in enumerate(used) if labels[i]["instances"]],
        colors=[tuple(labels[i]["color"]) for i in used],
        label_ids=used,
    )


def num_labels(*, config):
    """How many ids the label files may hold, void ones included."""
    return len(_read_labels(config))


@functools.lru_cache
def _read_labels(config):
    if not tf.io.gfile.exists(config):
        raise FileNotFoundError(
            f"No class table {config!r}. It lies in the root of Mapillary Vistas as "
            f"config_v1.2.json, config_v2.0.json or, in older releases, config.json."
        )
    with tf.io.gfile.GFile(config) as file:
        text = file.read()
    try:
        labels = json.loads(text)["labels"]
        missing = [label for label in labels if not label.keys() >= _FIELDS]
        if missing or not labels:
            raise ValueError(f"an entry is {missing[:1]}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{config}: not a class table of Mapillary Vistas ({error}); expected "
            f"labels[] with {sorted(_FIELDS)}."
        ) from error
    return labels
