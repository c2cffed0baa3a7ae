# Every target does its own set-up: a .venv in the tree, pinned versions, this package in place.
PYTHON ?= python3
BIN := .venv/bin
# uv when it is there (seconds), else venv and pip; both install exactly requirements-dev.txt.
UV := $(shell command -v uv 2>/dev/null)

.PHONY: setup demo test lint unit fault bench clean

setup: .venv/ready

.venv/ready: requirements-dev.txt pyproject.toml
ifneq ($(UV),)
	uv venv --quiet --allow-existing --python "$(PYTHON)" .venv
	uv pip install --quiet --python .venv -r requirements-dev.txt
	uv pip install --quiet --python .venv --no-deps --no-build-isolation -e .
else
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: .venv/ready
	$(BIN)/promptci demo

test: lint unit

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/ready
	$(BIN)/pytest -n 2 -m "not fault"

# Kills, storms and spoiled files in full: about twenty minutes.
fault: .venv/ready
	$(BIN)/pytest -n 2 -m fault

bench: .venv/ready
	$(BIN)/python benchmarks/throughput.py

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
