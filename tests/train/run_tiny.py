"""A tiny training in a process of its own, to be stopped from outside.

python -m tests.train.run_tiny WORK_DIR [multi_worker [PARTS] | background | one_by_one]
"""

import sys

from naive_student_tf.train import cluster, strategy
from naive_student_tf.train.interrupt import Preempted
from tests.train import tiny_training

STEPS = 12
SLOW_FROM_STEP = 4  # so that there is time to stop it between its saves

if __name__ == "__main__":
    work_dir, *kind = sys.argv[1:]
    if kind == ["background"]:
        cluster._LARGE = 0  # it is saved as a large model is
    multi_worker = kind[:1] == ["multi_worker"]
    try:
        tiny_training.train(
            work_dir,
            data=tiny_training.Images(slow_from_step=SLOW_FROM_STEP),
            steps=STEPS,
            steps_per_loop=1 if kind == ["one_by_one"] else 2,
            accumulation=int(kind[1]) if kind[1:] else 1,
            strategy=strategy.multi_worker if multi_worker else strategy.one_device,
        )
    except Preempted as error:
        sys.exit(f"Preempted: {error}")
