# Every target does its own set-up: a .venv in the tree, pinned versions, this package in place.
# `make test PYTHON=python3.13` works beside it in a .venv-3.13.
PYTHON ?= python3
ifeq ($(origin PYTHON),file)
VENV := .venv
else
VENV := .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
endif
BIN := $(VENV)/bin
# uv when it is there (seconds), else venv and pip; both install exactly requirements-dev.txt.
UV := $(shell command -v uv 2>/dev/null)
# Tests start promptci hundreds of times: each process would compile all of it where byte code is not kept.
export PYTHONDONTWRITEBYTECODE =

# One more than a runner's two cores: tests wait for servers and processes a quarter of their time.
WORKERS ?= 3

.PHONY: setup demo demo-agent test test-all lint unit fault mutate reference bench real clean

setup: $(VENV)/ready

$(VENV)/ready: requirements-dev.txt pyproject.toml
ifneq ($(UV),)
	uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
	uv pip install --quiet --python $(VENV) -r requirements-dev.txt
	uv pip install --quiet --python $(VENV) --no-deps --no-build-isolation -e .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: $(VENV)/ready
	$(BIN)/promptci demo

demo-agent: $(VENV)/ready
	$(BIN)/promptci demo --agent

test: lint unit

# With every Python that we claim and that is here, the oldest first.
test-all:
	@set -e; for python in $$(.ci/pythons); do echo "== $$python"; $(MAKE) --no-print-directory test PYTHON="$$python"; done

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python -m tests.ratio

unit: $(VENV)/ready
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not fault" $(PYTEST)

# Kills, storms and spoiled files in full: about twenty minutes.
fault: $(VENV)/ready
	$(BIN)/pytest -n 2 -m fault

# Plants mistakes in the deciding rooms, one after the other, and says which the tests notice: about ten minutes.
mutate: $(VENV)/ready
	$(BIN)/python -m tests.mutations $(ONLY)

reference: $(VENV)/ready
	$(BIN)/python -m promptci.config.reference > docs/configuration.md

bench: $(VENV)/ready
	$(BIN)/python benchmarks/throughput.py

clean:
	rm -rf .venv .venv-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A small language model on this machine (1.6 GB, once), five tasks, four strategies. Hours on two cores; goes on where it
# was interrupted. DATA holds the tasks' data; with BASE_URL a server of yours answers (MODEL, OPTIMIZER: its models).
REAL ?= .real
real: $(VENV)/ready
	$(BIN)/python benchmarks/real/make.py --data "$(DATA)" --work "$(REAL)" $(if $(BASE_URL),--base-url "$(BASE_URL)") \
		$(if $(MODEL),--model "$(MODEL)") $(if $(OPTIMIZER),--optimizer "$(OPTIMIZER)") $(REAL_OPTIONS)
