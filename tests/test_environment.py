"""What the package tells TensorFlow before it is imported."""

import json
import os
import subprocess
import sys

import pytest

BLOCKS, CACHE = "GCS_READ_CACHE_BLOCK_SIZE_MB", "GCS_READ_CACHE_MAX_SIZE_MB"
SHOW = (
    "import json, os, sys, naive_student_tf; "
    "assert 'tensorflow' not in sys.modules; print(json.dumps(dict(os.environ)))"
)
LOGGED = {"TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_VMODULE": "gcs_file_system=1"}


def python(code, **changes):
    own = {name: text for name, text in os.environ.items() if name[:4] != "GCS_"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**own, **changes},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("given", [{}, {BLOCKS: "16", CACHE: "32"}])
def test_a_bucket_is_read_in_blocks_of_a_frame_unless_the_user_says_otherwise(given):
    found = json.loads(python(SHOW, **given).stdout)
    assert (found[BLOCKS], found[CACHE]) == tuple(
        {BLOCKS: "4", CACHE: "0", **given}.values()
    )


def test_tensorflow_takes_the_blocks_from_the_environment():
    log = python("import naive_student_tf, tensorflow", **LOGGED).stderr
    assert "GCS cache max size = 0 ; block size = 4194304 ;" in log
