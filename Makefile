# Everything a person or a machine needs to do with this project. `make help` lists it.
SHELL := /bin/bash
VENV := .venv
UV := $(shell command -v uv 2>/dev/null || echo $(VENV)-uv/bin/uv)
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
ROOT ?= demo
ACCURACY ?= accuracy

.PHONY: help setup demo test check nights bench bench-accuracy dictionary clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## install everything the project needs into .venv, from the lock file

$(STAMP): pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || { test -x $(VENV)-uv/bin/uv || { python3 -m venv $(VENV)-uv && $(VENV)-uv/bin/pip install --quiet uv; }; }
	$(UV) sync --locked --quiet
	@touch $@

demo: setup ## simulate a small world, run every night, publish, write the report
	$(BIN)/iolaus demo --root $(ROOT)

test: setup ## all tests
	$(BIN)/python -m pytest tests

check: setup ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

nights: setup ## build nights in every way there is, under a real Airflow scheduler too, and compare (about half an hour)
	$(BIN)/python -m pytest tests -m slow
	$(BIN)/python -m tests.ten_nights ten-nights

bench: setup ## time one night of the small world on each engine
	$(BIN)/python -m tests.bench

bench-accuracy: setup ## score worlds nobody tuned for into docs/accuracy.md (about an hour)
	$(BIN)/python -m tests.accuracy.worlds $(ACCURACY) $(foreach seed,701 702 703 704 705 706,small:$(seed)) $(foreach seed,801 802 803 804 805 806,varied:$(seed)) small:701:accounts=25000
	$(BIN)/python -m tests.accuracy.report $(ACCURACY)

dictionary: setup ## write docs/data-dictionary.md from the contracts
	$(BIN)/python -m jobs.dictionary

clean: ## remove what demo and tests made, keep the environment
	rm -rf demo accuracy ten-nights .pytest_cache .mypy_cache .ruff_cache
