"""python -m naive_student_tf.main --gin_file gin_configs/demo.gin

Loads the config and runs the one job it binds. A wrong config or wrong input ends
in one line that says so and exit code 1; --traceback shows where.
"""

import re
import sys
import time

import tensorflow as tf
from absl import app, flags, logging

from naive_student_tf import config, run_directory

_GIN_FILE = flags.DEFINE_multi_string("gin_file", None, "Config files, in order.")
_GIN_PARAM = flags.DEFINE_multi_string("gin_param", [], "Overrides, applied last.")
_STAGE = flags.DEFINE_string(
    "stage", None, "Fingerprint that marks WORK_DIR as done; iterate.py gives it."
)
_TRACEBACK = flags.DEFINE_bool("traceback", False, "Show where an error came from.")
flags.mark_flag_as_required("gin_file")

_EXPECTED = (
    ValueError,
    OSError,
    FloatingPointError,
    RuntimeError,
    tf.errors.OpError,
)


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}")
    logging.set_verbosity(logging.WARNING)  # TensorFlow notes each saved checkpoint
    try:
        run(_GIN_FILE.value, _GIN_PARAM.value, stage=_STAGE.value)
    except KeyboardInterrupt:
        sys.exit("Stopped. The same command goes on from here.")
    except _EXPECTED as error:
        if _TRACEBACK.value:
            raise
        message = re.sub(r"\n  In call to configurable .*", "", str(error))  # by gin
        sys.exit(f"{type(error).__name__}: {message}")


def run(gin_files, gin_params, *, stage=None):
    """Runs one job in its directory.

    Args:
        gin_files, gin_params: lists of str, see config.load.
        stage: str, the fingerprint to mark the directory with when all is done, which
            one of NUM_WORKERS cannot know.
    """
    began = time.monotonic()
    config.load(gin_files, gin_params)
    work_dir = config.macro("WORK_DIR")
    lock = None
    if work_dir:
        lock = run_directory.claim(
            work_dir,
            config.parsed(),
            operative=config.operative,
            shared=config.shares_work_dir(),
            may_differ=config.may_differ(),
        )
    config.run()
    if work_dir:
        run_directory.finish(work_dir, config.operative())
        if stage and (config.macro("NUM_WORKERS") or 1) == 1:
            run_directory.mark(work_dir, stage, seconds=time.monotonic() - began)
    del lock


if __name__ == "__main__":
    app.run(main)
