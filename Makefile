# Everything a person or a machine needs to do with this project. `make help` lists it.
SHELL := /bin/bash
VENV := .venv
UV := $(shell command -v uv 2>/dev/null || echo $(VENV)-uv/bin/uv)
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
ROOT ?= demo
SUPERSET ?= .superset
PORT ?= 8088
ACCURACY ?= accuracy
SHARE ?= 1
INNOCENT_SEEDS ?= $(shell seq 1201 1220)
NEAR_SEEDS ?= $(shell seq 1221 1240)
REPORT = $(BIN)/python -m tests.lab.accuracy.report $(ACCURACY) $(foreach part,lookalikes adversary lives sizes,--$(part) $(ACCURACY)/$(part))

.PHONY: help setup needs demo superset test test-superset check audit nights faults bench bench-large bench-nights bench-accuracy bench-lookalikes bench-adversary bench-lives bench-gates generated clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

setup: $(STAMP) ## install everything the project needs into .venv, from the lock file

$(STAMP): pyproject.toml uv.lock
	@command -v uv >/dev/null 2>&1 || { test -x $(VENV)-uv/bin/uv || { python3 -m venv $(VENV)-uv && $(VENV)-uv/bin/pip install --quiet uv; }; }
	$(UV) sync --locked --quiet
	@touch $@

demo: setup ## simulate a small world, run every night, publish, write the report
	$(BIN)/iolaus demo --root $(ROOT)

superset: setup $(SUPERSET)/env/.ready ## Apache Superset with dashboards on the warehouse of ROOT, or on the one IOLAUS_WAREHOUSE names
	$(BIN)/python -m infra.superset.up --root $(or $(IOLAUS_ROOT),$(ROOT)) --environment $(SUPERSET)/env --home $(SUPERSET)/home --port $(PORT)

$(SUPERSET)/env/.ready: infra/superset/requirements.txt | $(STAMP)
	@$(UV) venv --quiet --clear --python '>=3.11,<3.13' $(SUPERSET)/env
	@$(UV) pip sync --quiet --python $(SUPERSET)/env/bin/python infra/superset/requirements.txt
	@touch $@

needs: ## install what tests need beyond Python, or say what it is
	@tests/needs.sh

test: setup needs ## all tests, files side by side on two cores, the long ones first
	$(BIN)/python -m pytest tests -n 2 --dist loadfile --no-loadscope-reorder

test-superset: setup needs $(SUPERSET)/env/.ready ## a real Superset: every chart's data on both warehouses, every dashboard in a browser (some minutes)
	SUPERSET_ENVIRONMENT=$(SUPERSET)/env $(BIN)/python -m pytest tests/infra/test_superset.py -m superset

check: setup ## format, lint, types, security, and whether what is generated is fresh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive jobs dags infra --exclude jobs/warehouse
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive jobs/warehouse --skip B101,B404,B603,B608 # SQL: names of contracts, quoted; values bound
	$(BIN)/python -m jobs.views.dictionary --check
	$(BIN)/python -m infra.airflow.write_steps --check
	$(BIN)/python -m infra.lineage --check

audit: setup ## known vulnerabilities of what is installed, or that they cannot be looked up from here
	$(BIN)/python -m infra.audit

nights: setup needs ## build nights in every way there is, under a real Airflow scheduler and on a Spark cluster too, and compare (three quarters of an hour)
	$(BIN)/python -m pytest tests -m slow
	$(BIN)/python -m tests.lab.ten_nights ten-nights

faults: setup needs ## kill, overlap, damage, fill and flood it for real, and write docs/reliability.md (an hour and more; SHARE=0.1 for a tenth)
	$(BIN)/python -m tests.lab.faults --share $(SHARE) --page docs/reliability.md

bench: setup ## measure nights of two sizes by step, one night on each engine and under Airflow, linking a million observations; write docs/performance.md
	$(BIN)/python -m tests.lab.performance bench 50000 250000

bench-large: setup ## the same with a night of 20 million requests (an hour and more, 10 GB of disk)
	$(BIN)/python -m tests.lab.performance bench 50000 250000 935000

bench-nights: setup needs ## time sixty nights one after another, and one in which nothing changed (about half an hour)
	rm -rf bench-nights
	$(BIN)/python -m tests.lab.bench_nights bench-nights

bench-accuracy: setup ## score worlds nobody tuned for, what each signal adds, and the alternatives on them (hours)
	KEEP_WORLDS=1 $(BIN)/python -m tests.lab.accuracy.worlds $(ACCURACY) $(foreach seed,1101 1102 1103 1104 1105 1106,small:$(seed):days=7) $(foreach seed,1151 1152 1153 1154 1156 1157,varied:$(seed):days=7)
	$(BIN)/python -m tests.lab.accuracy.worlds $(ACCURACY)/sizes $(foreach size,5000 25000 100000,small:1251:accounts=$(size):days=2)
	$(BIN)/python -m tests.lab.accuracy.ablation 2 $(ACCURACY)/small_1101_days-7 $(ACCURACY)/varied_1151_days-7
	$(BIN)/python -m tests.lab.accuracy.peers $(ACCURACY)
	$(REPORT)

bench-lookalikes: setup ## score 20 worlds of look-alikes alone and 20 near campaigns (about an hour)
	$(BIN)/python -m tests.lab.accuracy.worlds $(ACCURACY)/lookalikes $(foreach seed,$(INNOCENT_SEEDS),innocent:$(seed):days=4) $(foreach seed,$(NEAR_SEEDS),small:$(seed):accounts=2500:days=4)
	$(REPORT)

bench-adversary: setup ## turn what operators can turn until nothing is found (about an hour)
	$(BIN)/python -m tests.lab.accuracy.adversary $(ACCURACY)/adversary
	$(REPORT)

bench-lives: setup ## follow campaigns over sixty nights: ids, events, replacements (about half an hour)
	$(BIN)/python -m tests.lab.accuracy.worlds $(ACCURACY)/lives $(foreach seed,921 922,lives:$(seed))
	$(REPORT)

bench-gates: setup ## what the gates say of sixty nights on which nothing is wrong (about five minutes)
	rm -rf bench-gates
	$(BIN)/python -m tests.lab.quiet_nights bench-gates

generated: setup ## write what is generated: the data dictionary, the DAG's steps, the lineage of columns
	$(BIN)/python -m jobs.views.dictionary
	$(BIN)/python -m infra.airflow.write_steps
	$(BIN)/python -m infra.lineage

clean: ## remove what demo and tests made, keep the environment
	rm -rf demo accuracy ten-nights bench-nights bench-gates .pytest_cache .mypy_cache .ruff_cache
