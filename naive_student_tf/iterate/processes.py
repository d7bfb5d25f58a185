"""A stage that is running: its process, its log, its output on our console."""

import os
import pathlib
import re
import subprocess
import threading
import time

from naive_student_tf import processes


class Running:
    """Starts the process of a stage.

    What it prints goes to `<stage>/log.txt` and, line by line, to `console`.
    """

    def __init__(self, stage, work_dir, console, *, fingerprint):
        self.stage = stage
        self.log = pathlib.Path(work_dir, stage.name, "log.txt")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._began = time.monotonic()
        self.seconds = 0.0
        parent = os.getpid()
        self._console = console
        console.start(stage.name)
        self._process = subprocess.Popen(
            stage.command(work_dir, fingerprint),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            # Two stages may share a GPU: neither takes all of its memory.
            env={"TF_FORCE_GPU_ALLOW_GROWTH": "true", **os.environ},
            preexec_fn=lambda: processes.die_with_parent(parent),
        )
        self._reader = threading.Thread(target=self._copy_output, daemon=True)
        self._reader.start()

    @property
    def exit_code(self):
        return self._process.returncode

    def finished(self):
        """Whether the process has ended; then its output is complete."""
        if self._process.poll() is None:
            return False
        self._reader.join()
        self.seconds = time.monotonic() - self._began
        return True

    def stop(self):
        """Ends the process, politely first."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self):
        """The error that ends the log, or its last line."""
        log = self.log.read_text().strip()
        errors = list(re.finditer(r"^\w+Error: ", log, re.M))
        start = errors[-1].start() if errors else log.rfind("\n") + 1
        return log[start:] or "it printed nothing"

    def _copy_output(self):
        with self.log.open("a") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                self._console.line(self.stage.name, line.rstrip())
