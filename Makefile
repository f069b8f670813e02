# The three commands of the README, and those a developer types. Needs Python 3.11 and make only.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help run up test bench prove fuzz lint format lock clean

help: ## Show the commands
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.installed ## One day of the sample exports through Airflow to a published warehouse
	@$(BIN)/task-warehouse demo

up: .venv/.installed ## Airflow with scheduler and web UI on loopback, for daily use
	@$(BIN)/task-warehouse up

test: .venv/.installed-dev ## All tests, linters and type checks
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --config dbt_project/.sqlfluff --disable-progress-bar dbt_project/models dbt_project/tests
	@$(BIN)/pytest

bench: .venv/.installed ## Time and memory by step, beside bare DuckDB (minutes; no test)
	@$(BIN)/python -m tests.bench

prove: .venv/.installed ## Kill a day at ten random moments and compare (about half an hour; no test)
	@$(BIN)/python -m tests.proofs

fuzz: .venv/.installed-dev ## The readers under a coverage-guided fuzzer (five minutes; no test)
	@$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	@$(BIN)/python -m tests.fuzz --seconds 300

lint: .venv/.installed-dev ## What pre-commit runs
	@$(BIN)/pre-commit run --all-files

format: .venv/.installed-dev ## Format Python and SQL
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/sqlfluff fix --config dbt_project/.sqlfluff dbt_project/models dbt_project/tests

lock: ## Resolve the lock files anew (needs uv)
	uv pip compile pyproject.toml --extra build --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --constraint requirements.lock \
		--output-file requirements-dev.lock

clean: ## Remove the environment (data in var/ stays)
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Python 3.11 is needed; say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the environment in .venv"
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked packages (a minute or two the first time)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@
