"""Package description. The tested pins are in requirements*.txt."""

import pathlib

from setuptools import find_packages, setup

TENSORFLOW = ["tensorflow==2.20.0", "tf-keras==2.20.1"]
COMMON = [
    "absl-py>=2.1",
    "cityscapesscripts==2.3.0",
    "gin-config==0.5.0",
    "importlib_resources",
    "matplotlib>=3.8",
    "numpy>=1.26,<2.3",  # cityscapesscripts 2.3.0 fails on newer ones
    "pillow<13",  # the same
    "setuptools<81",  # tensorboard imports pkg_resources
    "tensorflow-datasets==4.9.10",
    "tqdm>=4.66",
]

setup(
    name="naive-student-tf",
    version="0.1.0",
    description="Naive-Student (ECCV 2020): semi-supervised panoptic segmentation "
    "of urban video, in TensorFlow 2",
    long_description=pathlib.Path(__file__).with_name("README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["naive_student_tf*", "gin_configs*"]),
    package_data={"gin_configs": ["**/*.gin"]},
    install_requires=COMMON,
    extras_require={
        # TensorFlow comes with one of these, because tf-keras pulls in the CPU/GPU
        # build and would overwrite the one for TPUs.
        "gpu": ["tensorflow[and-cuda]==2.20.0", "tf-keras==2.20.1"],
        "cpu": TENSORFLOW,
        # then: pip install --no-deps tf-keras==2.20.1
        "tpu": ["tensorflow-tpu==2.20.0", "libtpu==0.0.14"],
        # The compiler of gin_configs/jobs/tpu_dry_run.gin; into an environment of its
        # own, as requirements-tpu-dry-run.txt says.
        "tpu_dry_run": ["jax[tpu]==0.10.2"],
        "tfa": [  # Python 3.11 only
            "tensorflow==2.15.1",
            "tensorflow-addons==0.23.0",
            "tensorflow-metadata==1.17.3",
            "numpy>=1.26,<2",
        ],
        "dev": ["pytest>=8", "pytest-xdist>=3.5", "ruff==0.17.6", "pre-commit>=4"],
    },
)
