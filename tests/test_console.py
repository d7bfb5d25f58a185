from naive_student_tf import console


def test_without_a_terminal_every_line_is_printed_with_its_stage(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    shown = console.Console(total=2, done=0)
    shown.start("teacher")
    shown.line("teacher", "teacher: 1/2 steps")
    shown.finish("teacher", 12.4)
    shown.close()
    assert capsys.readouterr().out.splitlines() == [
        "[teacher] starts",
        "[teacher] teacher: 1/2 steps",
        "teacher: done in 12 s",
    ]


def test_on_a_terminal_a_bar_stands_for_the_lines(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    shown = console.Console(total=2, done=1)
    shown.line("teacher", "teacher: 1/2 steps")
    shown.line("supervised", "weights from a checkpoint")
    shown.finish("teacher", 12.4)
    shown.close()
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["teacher: done in 12 s"]
    assert "1/2 stages" in printed.err
    assert "2/2 stages" in printed.err
    assert "teacher: 1/2 steps | supervised: weights from a checkpoint" in printed.err
