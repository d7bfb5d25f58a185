"""benchmarks/pseudo_label_kills.md: what counts as a result, and what does not."""

import json

from benchmarks import pseudo_label_kills as kills

FILES = {
    "video/a.tfrecord": b"1",
    "video/manifest.json": b"2",
    "operative_config.gin": b"3",
    "versions.json": b"4",
}


def rendered(**changes):
    return kills.table(kills.record([("labelling", 0)], FILES, {**FILES, **changes}))


def test_the_table_is_what_its_record_says():
    assert kills.TABLE.read_text() == kills.table(json.loads(kills.RECORD.read_text()))


def test_what_tells_of_a_process_is_compared_apart_from_the_results():
    text = rendered(**{"versions.json": b"5"})
    assert "2 files of results in the end" in text
    assert "all identical to the byte." in text
    told = [line for line in text.splitlines() if line.startswith(("| op", "| vers"))]
    assert [line.endswith("| not identical |") for line in told] == [False, True]


def test_a_result_that_differs_or_is_left_over_is_named():
    text = rendered(**{"video/manifest.json": b"5", "video/b.tmp": b""})
    assert "all identical to the byte." not in text
    assert "NOT identical:\n- video/b.tmp\n- video/manifest.json\n" in text
