"""Seeds of one setting are averaged, those of another are not."""

from naive_student_tf.tables import measured


def line(seed, pq, setting=None, *, row="net", data="toy"):
    found = {"row": row, "metrics": {"pq": pq}, "seed": seed, "data": data}
    return found | ({"setting": setting} if setting else {})


def over_seeds(lines):
    return measured.over_seeds(measured.current(lines), "net", "pq")


def test_the_newest_value_of_each_seed_counts():
    assert over_seeds([line(0, 20.0), line(1, 21.0), line(0, 22.0)]) == [22.0, 21.0]


def test_seeds_of_an_older_setting_do_not_count():
    old = [line(seed, 20.0, "a") for seed in range(3)]
    assert over_seeds([*old, line(0, 40.0, "b")]) == [40.0]
    assert over_seeds([line(0, 20.0), line(1, 40.0, "b")]) == [40.0]


def test_other_rows_and_other_data_keep_theirs():
    others = [line(0, 1.0, "a", row="other"), line(0, 2.0, "a", data="city")]
    lines = [*others, line(0, 20.0, "a"), line(0, 40.0, "b")]
    assert measured.current(lines) == [*others, lines[-1]]


def test_seeds_that_a_new_setting_leaves_out_are_named():
    old = [line(seed, 20.0) for seed in range(3)]
    new = line(1, 40.0, "b")
    assert measured.left_out([*old, new], new) == [0, 2]
    assert measured.left_out([*old, line(3, 20.0)], line(3, 20.0)) == []
    assert measured.left_out([line(0, 1.0, data="city"), new], new) == []
