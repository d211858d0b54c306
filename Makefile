# Everything a stranger types. Needs Python >= 3.11 and make; the rest is installed into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
UV_VERSION := 0.13.8
WORKERS ?= 3

# A module is compiled once, not in each of the hundreds of processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo athena dev dev-doubles test nightly lint lint-sql lint-rest bench docs lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.run  ## fill the embedded platform with the sample, ask the bot, let the loop refresh, ask again
	@$(BIN)/python -m spotify_assets.demo

athena: .venv/.dev  ## the loop of demo on local doubles of S3, Glue, Athena and DynamoDB (STORE=… for another store), compared with the embedded one
	@$(BIN)/python -m tests.end_to_end.athena $(STORE)

dev: .venv/.run  ## Dagster's UI on :3000 and the bot on :8000, until Ctrl-C
	@$(BIN)/python -m spotify_assets.dev $(OPTIONS)

dev-doubles: .venv/.dev  ## local Spotify, ReccoBeats, MusicBrainz, ListenBrainz, and the settings to use them
	@$(BIN)/python -m tests.doubles

# Whole files to a worker, since their fixtures are dear; in the suite's own order, which begins with the slow ones.
test: .venv/.dev  ## the test suite, as CI runs it
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 25

nightly: .venv/.dev  ## the tests that take minutes, such as the loop on Athena or a demo killed; and those with examples, of new ones
	@$(BIN)/python -m pytest -m "nightly or hypothesis" --hypothesis-profile anew --durations 0

# SQL takes as long as all the rest: side by side.
lint: .venv/.dev  ## ruff, mypy, sqlfluff, import contracts, the deployment's templates and scripts
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-sql lint-rest

# Its two processes leave semaphores to Python, which would say so.
lint-sql: .venv/.dev  ## of lint, what reads SQL
	@PYTHONWARNINGS=ignore::UserWarning:multiprocessing.resource_tracker \
	  $(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

lint-rest: .venv/.dev  ## of lint, all the rest
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/cfn-lint deploy/*.yaml
	@$(BIN)/shellcheck deploy/*.sh

bench: .venv/.dev  ## the figures of docs/benchmarks.md
	@$(BIN)/python -m benchmarks

docs: .venv/.run  ## dbt's docs as one page, and where it lies
	@$(BIN)/spotify-assets docs

lock: .venv/.dev  ## resolve the four lock files anew from pyproject.toml
	@for lock in "requirements.lock --extra platform" \
	             "requirements-dev.lock --extra platform --extra dev -c requirements.lock" \
	             "requirements-bot.lock -c requirements.lock" \
	             "requirements-spark.lock --extra spark -c requirements-dev.lock"; do \
	  set -- $$lock; out=$$1; shift; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links pyproject.toml "$$@" --output-file $$out; done

clean:  ## remove .venv, .platform and what was built
	@rm -rf .venv .platform dbt_project/target deploy/build

# The locked install: uv where it reaches the package index, else pip, which knows every setting of pip's own.
define install
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>.venv/uv.log \
	  || $(BIN)/pip install --quiet --require-hashes -r $(1)
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@
endef

.venv/.base:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Installing into .venv ($$($(PYTHON) --version)) …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.base requirements.lock pyproject.toml
	$(call install,requirements.lock)

.venv/.dev: .venv/.base requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch .venv/.run
