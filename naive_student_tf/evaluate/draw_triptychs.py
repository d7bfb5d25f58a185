"""Job: image | ground truth | predictions of several evaluations, as small files.

For a page of results: it keeps the pictures beside a list of them, pictures.json.
"""

from naive_student_tf import store
from naive_student_tf.data import pipeline, shards
from naive_student_tf.evaluate import encode, examples, scenes

LIST = "pictures.json"


def draw_triptychs(*, data_dir, evaluations, label_space, output, about, count=2):
    """Writes `output/<frame>.png` for frames that every evaluation kept.

    Args:
        data_dir: str, the labelled shards that were evaluated.
        evaluations: dict, caption -> WORK_DIR of an evaluation; the first is the left.
        label_space: LabelSpace.
        output: str, a directory.
        about: str, what the captions begin with: the data and the run, or "".
        count: int, pictures at most, the first frames in the order of the shards.

    Raises:
        ValueError: the evaluations kept no frame in common.
    """
    parts, _ = shards.read_manifest(data_dir)
    frames = (frame for part in parts for frame in pipeline.read_frames(data_dir, part))
    listed = []
    for frame in frames:
        kept = {
            caption: examples.read_panoptic(frame, work_dir=work_dir)
            for caption, work_dir in evaluations.items()
        }
        if len(listed) < count and all(
            panoptic is not None for panoptic in kept.values()
        ):
            row = scenes.compared_row(frame, kept, label_space=label_space)
            file = f"{frame.filename}.png"
            picture = encode.encode_png(scenes.draw_row(row))
            store.write_bytes(store.join(output, file), picture)
            panels = " | ".join(panel for panel, _ in row[1])
            caption = f"{about}: {panels}" if about else panels
            listed.append({"file": file, "caption": caption})
    if not listed:
        raise ValueError(
            f"{sorted(evaluations.values())} kept no frame of {data_dir} in common. "
            f"Evaluate all of them on the same shards."
        )
    store.write_json(store.join(output, LIST), listed)
