# A browser's event loop must not run beside others' tests: its tests run apart.
# Two commands: `make run` turns the ring on the built-in project, `make test` passes the tests.
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= out/support
# What is imported is compiled then; 27,000 files at once take a minute, and most are never used.
PIP    := -m pip install --quiet --disable-pip-version-check --no-compile
# Processes start by the hundred: what they import is compiled once, whatever an image of Python sets.
unexport PYTHONDONTWRITEBYTECODE
# Test files are shared out to a process a core, four at most: they need memory as well.
APART  ?= -n auto --maxprocesses 4 --dist loadfile
BIN    := $(VENV)/bin
OLD     = "Python 3.11 or newer is needed, $(PYTHON) is: $$($(PYTHON) --version 2>&1). Name one:" \
	"make run PYTHON=python3.13"

.PHONY: run test test-all check lint clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	$(BIN)/python -m chainring.software.tour $(OUT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow" $(APART) tests/browser $(TEST)
	$(BIN)/python -m pytest -m "not slow" $(APART) --ignore=tests/browser $(TEST)

test-all: $(VENV)/.dev
	$(BIN)/python -m pytest tests/browser $(TEST)
	$(BIN)/python -m pytest --ignore=tests/browser $(TEST)

check: $(VENV)/.dev
	PATH="$(abspath $(BIN)):$$PATH" scripts/check

# macOS brings Python 3.9: an environment of it would stay, and be in the way of a newer one.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo $(OLD) >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python $(PIP) -c constraints.txt -e '.[all]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python $(PIP) -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.run

clean:
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
