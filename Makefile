# Every target is one command a person would type; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install check test bench generate clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-24s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "installing the project and its test tools into $(VENV) ..."
	@$(VENV)/bin/pip install -q -e '.[test,fast]' && touch $@

install: $(STAMP) ## Install the project and its test tools into .venv

check: $(STAMP) ## Lint, types and layers, without running anything
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

test: check ## Everything: checks, then all tests on a real cluster
	$(PY) -m pytest

bench: $(STAMP) ## Print the benchmarks' figures (not part of `test`)
	$(PY) -m pytest tests/bench -s

generate: $(STAMP) ## Write the generated files: reference pages and the dashboard
	$(PY) -m espalier.metrics.reference

clean: ## Remove what the build left in the checkout
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
