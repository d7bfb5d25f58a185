"""A run begun on one TensorFlow ends on the other as if nothing had happened."""

import pathlib
import subprocess

import numpy as np
import pytest
import tensorflow as tf

from tests.train.tiny_training import Images, train, values

pytestmark = pytest.mark.tfa

ROOT = pathlib.Path(__file__).parents[2]
HERE = ROOT / (".venv-tfa" if tf.__version__.startswith("2.15") else ".venv")
OTHER = ROOT / (".venv" if HERE.name == ".venv-tfa" else ".venv-tfa")
PYTHON = OTHER / "bin" / "python"

TRAIN = """
import sys
sys.path.insert(0, '.')
from tests.train.tiny_training import Images, train
missing = int(sys.argv[2])
try:
    train(sys.argv[1], data=Images(missing_step=missing if missing >= 0 else None))
except Exception as error:
    assert missing >= 0, error
"""


def train_in_the_other_lane(work_dir, missing_step=-1):
    command = [PYTHON, "-c", TRAIN, str(work_dir), str(missing_step)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return values(work_dir)


def assert_close(first, second):
    """Equal up to the rounding of other kernels."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_allclose(value, second[name], rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not PYTHON.exists(), reason=f"there is no {OTHER.name} here")
def test_a_run_may_change_lanes_in_the_middle(tmp_path):
    alone = train(tmp_path / "alone")
    with pytest.raises(tf.errors.InvalidArgumentError):  # dies after step 4 of 6
        train(tmp_path / "from_here", data=Images(missing_step=5))
    assert_close(train_in_the_other_lane(tmp_path / "from_here"), alone)
    train_in_the_other_lane(tmp_path / "from_there", missing_step=5)
    assert tf.train.latest_checkpoint(tmp_path / "from_there/checkpoints")[-1] == "4"
    assert_close(train(tmp_path / "from_there"), alone)
