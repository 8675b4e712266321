# make demo   sets everything up and runs the main job
# make test   sets everything up, checks the code and passes the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INTEROP := build/interop
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test check bench interop interop-files clean

demo: $(VENV)/.torch
	$(BIN)/labelnext demo

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m pytest benchmarks -o python_files="bench_*.py" --benchmark-columns=median,rounds

# Other libraries read what labelnext writes; CONTRIBUTING.md says more.
interop: $(VENV)/.dev $(INTEROP)/.installed
	rm -rf $(INTEROP)/written
	$(BIN)/python -m tests.interop.write $(INTEROP)/written
	$(INTEROP)/venv/bin/python tests/interop/check.py $(INTEROP)/written

# Those libraries write the files that the tests read.
interop-files: $(INTEROP)/.installed
	$(INTEROP)/venv/bin/python tests/interop/make.py

$(INTEROP)/.installed: tests/interop/requirements.txt
	$(PYTHON) -m venv $(INTEROP)/venv
	$(INTEROP)/venv/bin/python -m pip --disable-pip-version-check -q install -r $<
	touch $@

clean:
	rm -rf $(VENV) demo

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "labelnext needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip

$(VENV)/.torch: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[torch]"
	touch $@

$(VENV)/.dev: $(VENV)/.torch
	$(PIP) install -c constraints.txt -e ".[torch,hf,onnx,dev]"
	touch $@
