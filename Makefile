# make demo   sets everything up and runs the main job
# make test   sets everything up, checks the code and passes the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test check bench clean

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
	$(PIP) install -c constraints.txt -e ".[torch,dev]"
	touch $@
