# Everything below works on a machine that has Python 3.11 or later, git and make.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

# The first Python on the path that is new enough; name another with `make PYTHON=…`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help run test lint check bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo "  ./cardwise   Rules: list, test, try, begin (./cardwise --help)"

run: $(VENV)/run.stamp ## Start the service with its demo EHR (HOST and PORT are honoured)
	@exec $(BIN)/python -m service

# Four at a time: most of them wait, for a server or for a process to end.
test: $(VENV)/dev.stamp ## Run the tests
	@$(BIN)/python -m pytest -n 4

lint: $(VENV)/dev.stamp ## Check format, style, types and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test ## Run the whole gate: lint and test

bench: $(VENV)/dev.stamp ## Measure, against a floor in the same run
	@$(BIN)/python -m tests.benchmarks

lock: $(VENV)/dev.stamp ## Pin the dependencies anew (needs the network)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" \
		--extra postgresql --extra redis pyproject.toml -o deploy/requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" \
		--all-extras --group dev -c deploy/requirements.txt pyproject.toml -o deploy/requirements-dev.txt
	@echo 'sekmet-fhir==0.1.1' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
		- -o deploy/requirements-sekmet.txt

clean: ## Remove everything that was made here
	@rm -rf $(VENV) data dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Cardwise needs Python 3.11 or later; set PYTHON to one."; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); this happens once."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/run.stamp: deploy/requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/dev.stamp: deploy/requirements-dev.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ $(VENV)/run.stamp
