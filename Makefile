# Tapeline. `make` alone explains the verbs.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
REAL := tests/broker tests/agents tests/pipeline tests/chaos
EVERY := -n auto tests --ignore=tests/page
QUICK := $(EVERY) $(REAL:%=--ignore=%)

# where it is set, each of the hundreds of workers that tests start would compile all our modules
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test every check kernels unit recorded chaos matching fuzz soak model page browser up down status topics console named lock clean

help: ## explain the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# modules are compiled by who first needs them: most never are
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@echo "Installing the pinned packages into .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: .venv/installed ## make .venv with the pinned, hashed packages

demo: install ## play the recorded market through every stage on Kafka, watch it in a browser, and sum it up
	-@$(BIN)/tapeline page
	@$(BIN)/tapeline demo $(ARGS)

test: install ## lint, types and every test at once (unit, broker, pipeline, chaos in its short form)
	@$(MAKE) --no-print-directory --jobs 3 check kernels every
	@$(if $(ARGS),,$(BIN)/pytest -n 2 tests/page)  # by itself: a browser's loop would be in others' way

every: install
	@$(BIN)/pytest $(or $(ARGS),$(EVERY))

kernels: install  # there before the first tests need them, of which several would compile them
	@$(BIN)/python -c 'from engine.matching import kernel as a; from engine.clearing import kernel as b; a.kernel(), a.archive(), b.hook()'

unit: install ## the quick tests only, without a broker
	@$(BIN)/pytest $(QUICK) $(ARGS)

check: install ## lint and types only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet . && $(BIN)/mypy

recorded: install ## the long form of the quick tests: recordings to their end, every example of each rule
	@TAPELINE_RECORDED=long $(BIN)/pytest $(or $(ARGS),$(QUICK))

chaos: install ## the long form: kill -9 of every worker, a broker away for 120 s, stock Faust beside ours
	@TAPELINE_CHAOS=long $(BIN)/pytest tests/chaos tests/broker/test_conformance_*.py \
	  tests/broker/test_secured.py $(ARGS)

matching: install ## the long form: ten million random commands on both engines, without and with money; each rule broken
	@$(BIN)/python -m tests.matching.long $(ARGS)
	@$(BIN)/python -m tests.clearing.long $(ARGS)
	@$(BIN)/python -m tests.matching.mutants | tail -1
	@$(BIN)/python -m tests.clearing.mutants | tail -1

fuzz: install ## the long form: whatever each role sends to every route of the API, 40 requests each
	@TAPELINE_FUZZ=40 $(BIN)/pytest tests/unit/test_gateway_fuzz_people.py $(ARGS)

soak: install ## the local exchange in use for an hour: its memory must stay flat
	@$(BIN)/python -m tests.exchange.soak $(ARGS)

page: install ## build the page that `tapeline gateway` shows (Node comes from pip; once)
	@$(BIN)/tapeline page $(ARGS)

browser: install ## the page in a real Chromium, on a real desk that plays a recording (part of make test)
	@# TAPELINE_PAGE_STORE=postgresql has its users and records on PostgreSQL, which is killed too
	@$(BIN)/pytest tests/page $(ARGS)

DATA ?= candles
model: install ## train the shipped models again and compare the bytes: make model DATA=candles
	@$(BIN)/tapeline models train --shipped --data $(DATA) $(ARGS)

up: install ## start the local desk (Ctrl-C stops it)
	@$(BIN)/tapeline up $(ARGS)

down: install ## stop the local desk
	@$(BIN)/tapeline down

status: install ## lag, health and positions of the running desk
	@$(BIN)/tapeline status $(ARGS)

topics: install ## the map of topics
	@$(BIN)/tapeline topics $(ARGS)

console: named install ## Kafka's own console consumer: make console TOPIC=trading.orders
	@$(BIN)/tapeline topics --console $(TOPIC)

named:
	$(if $(TOPIC),@:,$(error name a topic (make console TOPIC=trading.orders)))

lock: install ## pin again what pyproject.toml asks for, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --extra dev --extra research --extra advice --extra gateway pyproject.toml -o requirements.lock

clean: ## remove the environment and the local desk's data
	rm -rf .venv .tapeline *.egg-info
