# Every target is one command a person would type; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
CLUSTER_TARGETS := cluster-up cluster-up-control-plane cluster-status cluster-down kubeconfig
.PHONY: help install check test bench generate lock images deploy demo clean $(CLUSTER_TARGETS)

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-24s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "installing the project and its test tools into $(VENV) ..." >&2
	@$(VENV)/bin/pip install -q -e '.[test,fast]' && touch $@

install: $(STAMP) ## Install the project and its test tools into .venv

check: $(STAMP) ## Lint, types and layers, without running anything
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	PYTHONPATH=sidecar $(VENV)/bin/lint-imports

test: check ## Everything: checks, then all tests, those on a real cluster beside the others
	$(PY) -m pytest -n 2

bench: $(STAMP) ## Print the benchmarks' figures (not part of `test`)
	$(PY) -m pytest tests/bench -s

generate: $(STAMP) ## Write the generated files: CRDs, reference pages, the dashboard
	$(PY) -m espalier.generate

lock: $(STAMP) ## Pin what the images install, by version and hash, to the newest that fits
	$(PY) -m tools.images.locks

cluster-up: $(STAMP) ## Bring up a real Kubernetes on this machine (root, Linux)
	@$(PY) -m tools.cluster up

cluster-up-control-plane: $(STAMP) ## Bring up a real API server without nodes (no root)
	@$(PY) -m tools.cluster up --control-plane-only

cluster-status: $(STAMP) ## Show what runs
	@$(PY) -m tools.cluster status

cluster-down: $(STAMP) ## Take it down, also after a crash
	@$(PY) -m tools.cluster down

kubeconfig: $(STAMP) ## Print the path of its kubeconfig: export KUBECONFIG=$(make -s kubeconfig)
	@$(PY) -m tools.cluster kubeconfig

images: $(STAMP) ## Build the images and load them into the cluster, if it is up
	$(PY) -m tools.images

deploy: $(STAMP) ## Build the images and install the chart on the cluster
	@$(PY) -m tools.deploy

demo: $(STAMP) ## Everything from nothing: cluster, chart, a study, its trials live
	@$(PY) -m tools.demo

clean: ## Remove what the build left in the checkout
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
