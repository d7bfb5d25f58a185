"""A grid of inference settings ends in one table, finished rows stay."""

import json

from naive_student_tf.evaluate import sweep
from tests import tiny_shards

GRID = {
    "single_scale": {"scales": (1.0,), "flip": False},
    "flip_multi_scale": {"scales": (0.5, 2.0), "flip": True},
}


def run(tmp_path, *, checkpoint="run/ckpt-7", grid=GRID):
    """Runs the job; returns the networks that it built."""
    if not (tmp_path / "shards").exists():
        tiny_shards.write(tmp_path / "shards", [tiny_shards.frame(n) for n in (0, 1)])
    built = []

    def build(*, scales, flip):
        oracle = tiny_shards.Oracle(checkpoint)
        oracle.scales, oracle.flip = scales, flip
        built.append(oracle)
        return oracle

    sweep.sweep(
        grid=grid,
        data_dir=str(tmp_path / "shards"),
        work_dir=str(tmp_path / "sweep"),
        inference=build,
        output=str(tmp_path / "sweep.json"),
    )
    return built


def test_every_row_is_evaluated_and_stands_in_the_table(tmp_path, capsys):
    run(tmp_path)
    lines = (tmp_path / "sweep" / "table.md").read_text().splitlines()
    assert lines[0] == "| inference | flip | scales | pixels | PQ | AP | mIoU |"
    assert lines[2] == "| single_scale | no | 1 | 1.0x | 100.0 | 100.0 | 100.0 |"
    assert lines[3] == (
        "| flip_multi_scale | yes | 0.5, 2 | 8.5x | 100.0 | 100.0 | 100.0 |"
    )
    assert lines[3] in capsys.readouterr().out
    rows = json.loads((tmp_path / "sweep.json").read_text())
    assert [row["name"] for row in rows] == list(GRID)
    assert rows[1]["checkpoint"] == "run/ckpt-7" and rows[1]["seconds_per_image"] > 0


def test_finished_rows_are_not_run_again_but_those_of_another_checkpoint_are(tmp_path):
    first = run(tmp_path, grid=dict(list(GRID.items())[:1]))
    again = run(tmp_path)
    other = run(tmp_path, checkpoint="run/ckpt-8")
    assert [[oracle.calls for oracle in of] for of in (first, again, other)] == [
        [1],
        [0, 1],
        [1, 1],
    ]
