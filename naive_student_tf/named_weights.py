"""Weights by name: what of a checkpoint fits a model, and what does not.

The name of a variable is that of its layer and its own, "b4/unit1/conv1/kernel".
All layers of the networks are named, so the name of a backbone's variable is the
same in a classifier and in a segmentation network, for any number of classes. A
checkpoint of tf.train.Checkpoint keeps the names beside its own numbering.
"""

import dataclasses

import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"  # of the keys of tf.train.Checkpoint


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Which variables of a model a checkpoint has.

    Attributes:
        loaded: dict of name -> key in the checkpoint.
        mismatched: dict of name -> (shape there, shape here), lists of int.
        missing: dict of name -> shape here.
        unused: dict of name in the checkpoint -> shape there.
    """

    loaded: dict
    mismatched: dict
    missing: dict
    unused: dict

    @property
    def coverage(self):
        """Share of the model's variables that are loaded, 0..1."""
        wanted = len(self.loaded) + len(self.mismatched) + len(self.missing)
        return len(self.loaded) / max(wanted, 1)

    @property
    def is_whole(self):
        """Whether both have as many variables; Keras may have named some otherwise."""
        return len(self.missing) == len(self.unused)

    def table(self, *, rows=5):
        """The comparison as text, at most `rows` names of each kind (None: all)."""
        keys = {name: key.removesuffix(_SUFFIX) for name, key in self.loaded.items()}
        kinds = [
            ("loaded", keys, "<- {0}"),
            ("mismatched", self.mismatched, "{0[0]} there, {0[1]} here"),
            ("missing there", self.missing, "{0}"),
            ("not used here", self.unused, "{0}"),
        ]
        lines = []
        for kind, names, line in kinds:
            lines.append(f"  {kind}: {len(names)} variables")
            for name in sorted(names)[:rows]:
                lines.append(f"    {name} {line.format(names[name])}")
            if rows is not None and len(names) > rows:
                lines.append(f"    ... and {len(names) - rows} more")
        lines.append(f"  coverage: {self.coverage:.4f} of the model's variables")
        return "\n".join(lines)


def of_model(model):
    """dict of name -> variable.

    Raises:
        ValueError: two variables have one name.
    """
    named = {}
    for variable in model.variables:
        name = variable.name.removesuffix(":0")
        if name in named:
            raise ValueError(
                f"Two variables of {model.name} are named {name!r}. Give their layers "
                f"names of their own."
            )
        named[name] = variable
    return named


def of_checkpoint(path):
    """dict of name -> key, of the model in a checkpoint of ours.

    Raises:
        ValueError: it holds no model that was saved as `model`.
    """
    nodes = _object_graph(tf.train.load_checkpoint(path))
    tops = [child for root in nodes[:1] for child in root.children]
    roots = [child.node_id for child in tops if child.local_name == "model"]
    if not roots:
        raise ValueError(
            f"{path} holds no model that this package saved. Published weights are "
            f"imported first, with gin_configs/jobs/convert.gin."
        )
    names, seen, todo = {}, set(), roots
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            for value in nodes[node].attributes:
                names[value.full_name] = value.checkpoint_key
            todo += [child.node_id for child in nodes[node].children]
    return names


def compare(model, path, keys):
    """Compares a model with a checkpoint; loads nothing.

    Args:
        model: Keras model.
        path: str, a checkpoint.
        keys: dict of variable name -> key in the checkpoint. Names that the model
            lacks come out as unused.

    Returns:
        Comparison.
    """
    shapes = tf.train.load_checkpoint(path).get_variable_to_shape_map()
    return compare_shapes(shapes_of(model), shapes, keys)


def shapes_of(model):
    """dict of name -> shape, list of int, of a model's variables."""
    return {name: of.shape.as_list() for name, of in of_model(model).items()}


def compare_shapes(wanted, shapes, keys):
    """What `compare` finds.

    Args:
        wanted: dict of name -> shape, of a model.
        shapes: dict of key -> shape, of a checkpoint.
        keys: as in `compare`.
    """
    loaded, mismatched, missing = {}, {}, {}
    for name, here in wanted.items():
        there = shapes.get(keys.get(name))
        if there is None:
            missing[name] = here
        elif there != here:
            mismatched[name] = (there, here)
        else:
            loaded[name] = keys[name]
    unused = {
        name: shapes[key]
        for name, key in keys.items()
        if key in shapes and name not in loaded and name not in mismatched
    }
    return Comparison(loaded, mismatched, missing, unused)


def load(model, path, comparison, *, min_coverage):
    """Loads what fits.

    Args:
        model, path: as in `compare`.
        comparison: Comparison of the two.
        min_coverage: float in 0..1, the share of the model's variables to be found.

    Raises:
        ValueError: less is found; the model is as it was.
    """
    if comparison.coverage < min_coverage:
        raise ValueError(
            f"{path} covers {comparison.coverage:.4f} of the variables of "
            f"{model.name}, {min_coverage} are asked for:\n{comparison.table()}"
        )
    reader, variables = tf.train.load_checkpoint(path), of_model(model)
    for name, key in comparison.loaded.items():
        variables[name].assign(reader.get_tensor(key))


def _object_graph(reader):
    """The nodes of a checkpoint's object graph; a TF1 checkpoint has none."""
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    if reader.has_tensor(_GRAPH):
        graph.ParseFromString(reader.get_tensor(_GRAPH))
    return graph.nodes
