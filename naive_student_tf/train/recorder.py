"""Checks, logs and shows what the device does, while it goes on."""

import concurrent.futures
import time

import numpy as np

from naive_student_tf import store
from naive_student_tf.progress import Progress
from naive_student_tf.train.summaries import SummaryWriter, memory


class Recorder:
    """Takes over what a device loop returns, in a thread of its own.

    It is at most one loop behind; what goes wrong there is raised by the next call.
    """

    def __init__(self, work_dir, *, reader, learning_rate, batch_size, start, steps):
        """Args:
        work_dir: str; None: nothing is shown or written, only checked.
        reader: opened training data; it names the images of a step that fails.
        learning_rate: function, step -> float.
        batch_size: int, over all replicas.
        start, steps: int, updates done before and in all.
        """
        self._reader, self._learning_rate = reader, learning_rate
        self._batch_size = batch_size
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self._pending = self._log = None
        self._ended = time.monotonic()
        if work_dir is not None:
            self._log = SummaryWriter(store.join(work_dir, "train"))
            name = store.basename(work_dir)
            self._progress = Progress(total=steps, start=start, name=name, unit="steps")

    def loop(self, first_step, history, *, began):
        """A device loop that began at step `first_step`; returns at once.

        Args:
            first_step: int.
            history: zero-argument builder of a step.History.
            began: float, the monotonic time.
        """
        self._start(self._record, first_step, history, began)

    def picture(self, step, draw):
        """Args: step: int; draw: zero-argument function -> uint8 [H, W, 3]."""
        if self._log is not None:
            self._start(lambda: self._log.write_picture(step, draw()))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.wait()
        finally:
            self._thread.shutdown()
            if self._log is not None:
                self._progress.close()

    def wait(self):
        """Waits for what is under way.

        Raises:
            FloatingPointError: a loss or a weight is not finite.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _start(self, function, *arguments):
        self.wait()
        self._pending = self._thread.submit(function, *arguments)

    def _record(self, first_step, history, began):
        history = history()
        check_finite(history, first_step, self._reader)
        if self._log is None:
            return
        now = time.monotonic()
        seconds, self._ended = now - max(began, self._ended), now
        losses, count = history.losses, len(history.wait_s)
        images_per_s = count * self._batch_size / seconds
        facts = {
            "speed/images_per_s": images_per_s,
            "speed/step_time_s": seconds / count,
            "speed/input_wait_share": min(history.wait_s.sum() / seconds, 1.0),
            **memory(),
        }
        end = first_step + count
        self._log.write_scalars(
            end, losses, learning_rate=self._learning_rate(end), **facts
        )
        self._progress.advance(
            count,
            loss=f"{losses['total_loss'].mean():.3f}",
            **{"images/s": f"{images_per_s:.0f}"},
        )


def check_finite(history, first_step, reader):
    """Stops a run that has met a NaN or an infinity; nothing was saved since.

    A loss may be finite where its gradient is not. Then the weights are not, which
    shows in the loss of the next step, or at the end of the device loop.

    Args:
        history: step.History.
        first_step: int, its first.
        reader: opened training data, with `filenames(step)`.

    Raises:
        FloatingPointError: it names the step, or the two that may be to blame, and
            their images.
    """
    finite = np.isfinite(history.losses["total_loss"])
    if finite.all() and not history.broken:
        return
    index = len(finite) - 1 if finite.all() else int(np.argmin(finite))
    step = first_step + index
    if finite.all():
        what = f"after step {step} the variable {history.broken[0]} is not finite"
        cause = f"A step from {first_step} on did that"
        suspects = [step]
    else:
        values = {name: float(value[index]) for name, value in history.losses.items()}
        what = f"the loss of step {step} is not finite: {values}"
        cause = f"It, or the gradient of step {step - 1}, did that"
        suspects = [step - 1, step] if index else [step]
    if index:  # at the first step of a loop all was finite before
        what += f". {cause}; with steps_per_loop = 1 the same command would tell which"
    names = [name for suspect in suspects for name in reader.filenames(suspect)]
    raise FloatingPointError(
        f"{what}. The images of step {' and '.join(map(str, suspects))}: "
        f"{', '.join(names)}. The checkpoint before it is kept; lower learning_rate, "
        f"bind clip_norm, or look at those images."
    )
