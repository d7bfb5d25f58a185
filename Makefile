# make demo      run the whole method on a small procedural data set
# make test      run the tests
# make test-tfa  the tests of the TensorFlow 2.15 + tensorflow-addons lane
# make lint      ruff, as pre-commit runs it
#
# Each target makes the virtual environment it needs. PYTHON chooses the
# interpreter (3.11 to 3.13; the tfa lane: 3.11).

PYTHON ?= python3
PYTHON_TFA ?= python3.11
WORK_DIR ?= runs/demo
SEED ?= 0
# Two test processes, so that both of two cores are busy.
PYTEST = -m pytest -n 2 --dist loadfile
# The tests of the networks, but for test_resize.py: TensorFlow 2.15 crashes in its
# bfloat16 einsum where oneDNN is kept to AVX2 (see the package's __init__.py).
TFA_TESTS = tests/tfa tests/weights tests/test_compat.py $(patsubst %,tests/model/test_%.py, \
  atrous backbones describe drop_path export layers networks panoptic_deeplab replicas)

.PHONY: demo test test-tfa lint clean

demo: .venv/ready
	.venv/bin/python -m naive_student_tf.main --gin_file gin_configs/demo.gin \
	  --gin_param 'WORK_DIR="$(WORK_DIR)"' --gin_param 'SEED=$(SEED)'

test: .venv/ready
	.venv/bin/python $(PYTEST) -m "not tfa" tests

test-tfa: .venv-tfa/ready
	.venv-tfa/bin/python $(PYTEST) $(TFA_TESTS)

lint: .venv/ready
	.venv/bin/ruff check . && .venv/bin/ruff format --check .

clean:
	rm -rf .venv .venv-tfa

.venv/ready: requirements.txt requirements-dev.txt setup.py
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	  sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  f"Python {v[0]}.{v[1]} found, 3.11 to 3.13 needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r requirements.txt -r requirements-dev.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --no-build-isolation -e .
	touch $@

.venv-tfa/ready: requirements-tfa.txt requirements-dev.txt setup.py
	$(PYTHON_TFA) -m venv .venv-tfa
	.venv-tfa/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r requirements-tfa.txt -r requirements-dev.txt
	.venv-tfa/bin/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --no-build-isolation -e .
	touch $@
