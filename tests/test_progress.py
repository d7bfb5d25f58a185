"""Where there is no terminal, progress is plain lines, and not too many."""

from naive_student_tf.progress import Progress


def test_the_end_is_always_a_line(capsys):
    progress = Progress(total=4, name="train", unit="steps")
    progress.advance(2, loss="0.5")
    progress.advance(2, loss="0.4")
    progress.close()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("train: 4/4 steps, ")
    assert line.endswith(" steps/s, 0 s left, loss 0.4")


def test_a_line_is_printed_when_enough_seconds_have_passed(capsys):
    progress = Progress(total=4, name="train", unit="steps", wait_s=0.0)
    progress.advance(1)
    assert capsys.readouterr().out.startswith("train: 1/4 steps")


def test_steps_of_an_earlier_start_do_not_count_for_the_rate(capsys):
    progress = Progress(total=10, name="train", unit="steps", start=8)
    progress._began -= 2  # seconds ago
    progress.advance(2)
    assert "10/10 steps, 1.0 steps/s" in capsys.readouterr().out
