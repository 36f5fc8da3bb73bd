# What a person types. `make run` and `make test` need Python 3.11 and make, nothing else.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Most tests wait for other processes. Each of pytest's processes has services of its own. Files are
# dealt in the order of tests/conftest.py, not by how many tests they have.
SIDE_BY_SIDE := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
RESOLVE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

.PHONY: run test check crash bench new-gateway capabilities openapi messages lock browser

# The recipe becomes the runner, so that a signal to make's process group reaches it at once.
run: $(STAMP) ## Start everything with demo data, on 127.0.0.1
	@exec $(BIN)/python -m chargedesk.runtime

test: $(STAMP) browser ## Run the whole suite against services of its own
	@exec $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

check: $(STAMP) ## Format, lint, layers, types, migrations, OpenAPI, capabilities, translations, secrets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.architecture.openapi_drift
	$(BIN)/python manage.py capability_matrix --check
	$(BIN)/python manage.py update_messages --check
	$(BIN)/python -m tests.architecture.secret_scan

crash: $(STAMP) ## Run the long crash suite; its result goes to docs/reference/
	@CRASH_ROUNDS=$${CRASH_ROUNDS:-200} exec $(BIN)/python -m pytest -m crash --timeout 0 $(PYTEST_ARGS)

bench: $(STAMP) ## Measure against named peers; writes bench/results.json
	@exec $(BIN)/python -m bench

new-gateway: $(STAMP) ## make new-gateway NAME=acme, or as a package of its own: INTO=../acme-gateway
	@exec $(BIN)/python -m tests.contracts.new_gateway "$(NAME)" --into "$(INTO)"

capabilities: $(STAMP) ## Write docs/reference/capabilities.md from the declarations
	$(BIN)/python manage.py capability_matrix --write

openapi: $(STAMP) ## Write api/openapi.json from the code
	$(BIN)/python -m tests.architecture.openapi_drift --write

messages: $(STAMP) ## Bring the translation catalogues up to date with the code
	$(BIN)/python manage.py update_messages

lock: ## Resolve pyproject.toml into both lock files, with hashes and without addresses
	$(RESOLVE) --all-extras --output-file requirements.lock
	$(RESOLVE) --constraint requirements.lock --output-file requirements-production.lock

browser: $(STAMP)
	@$(BIN)/python -m chargedesk.runtime.system_packages chromium

# The lock decides: a changed one is installed, an unchanged one costs nothing.
$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
		echo "Python 3.11 is needed. Install python3.11, or name yours: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the locked packages into $(VENV) (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@
