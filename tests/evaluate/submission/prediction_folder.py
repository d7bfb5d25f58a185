"""Writes ground truth and predictions as the folders that the jobs read."""

from tests.evaluate import official_files, wrong_predictions


def write_truths(root, truths):
    for number, truth in enumerate(truths):
        official_files.write_ground_truth(root, number, truth)


def write_predictions(root, panoptic_maps):
    """Writes packed maps as semantic, instance and panoptic predictions."""
    for number, packed in enumerate(panoptic_maps):
        official_files.write_semantic(root, number, packed // 256)
        official_files.write_instances(root, number, masks_of(packed, seed=number))
    official_files.write_panoptic(root, panoptic_maps)


def masks_of(packed, *, seed):
    """(mask, category, score) of every instance of things."""
    instance_map, categories, scores = wrong_predictions.instances_of(packed, seed=seed)
    pairs = zip(categories, scores, strict=True)
    return [(instance_map == k, *pair) for k, pair in enumerate(pairs, 1)]


def small_case(root, *, wrong="shifted by 2"):
    """Four small scenes and a prediction; returns the two folders."""
    truths = wrong_predictions.scenes()
    write_truths(root / "data", truths)
    predict = wrong_predictions.PREDICTIONS[wrong]
    write_predictions(root / "predictions", [predict(t).astype(int) for t in truths])
    return root / "data", root / "predictions"
