# Viva. A machine needs Python 3.11 or later and make; everything else is installed into .venv, from the lock files.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# Pinned here and not in the lock, so that pip takes the build of it that suits the machine. (Dockerfile: the same.)
TORCH := torch==2.13.0
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(BIN)/python -m pip install --quiet
# Made anew whenever what they are made from changes.
RUNTIME := $(VENV)/runtime.installed
TOOLS := $(VENV)/tools.installed

.DEFAULT_GOAL := help
.PHONY: help run test check fmt fuzz lock openapi vendor bench clients migration clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) ## Install what is needed, and run Viva (VIVA_PORT chooses the port)
	@exec $(BIN)/viva serve

# The whole suite runs in two processes, each with a PostgreSQL of its own; a file stays in one, in its order.
test: $(TOOLS) ## Run all tests (ARGS='-k deadline -x' is handed to pytest instead)
	@$(BIN)/python scripts/browser.py
	@exec $(BIN)/python $(if $(ARGS),-m pytest $(ARGS),scripts/suite.py)

check: $(TOOLS) ## Format, lint, types, templates, import rules, migrations, vendored files, the API, questions
	@exec $(BIN)/python scripts/check.py

fmt: $(TOOLS) ## Format the code, and mend what can be mended by machine
	@$(BIN)/ruff check --fix --quiet . || true
	@exec $(BIN)/ruff format .

lock: $(TOOLS) ## Lock what pyproject.toml asks for (ARGS=--upgrade takes the newest versions)
	@exec $(BIN)/python scripts/lock.py $(ARGS)

vendor: $(RUNTIME) ## Fetch the browser libraries again (needs npm)
	@exec $(BIN)/python scripts/vendor.py

openapi: $(TOOLS) ## Keep docs/openapi.json as the code has it; refuses what breaks clients unsaid
	@exec $(BIN)/python scripts/openapi.py

fuzz: $(TOOLS) ## Try every operation of the API with everything (schemathesis; ARGS='--max-examples 20' is handed to it)
	@exec $(BIN)/python scripts/fuzz.py $(ARGS)

bench: $(TOOLS) ## Measure speed; docs/performance.md explains the figures
	@exec $(BIN)/python -m bench $(ARGS)

clients: $(TOOLS) ## Write the Python client anew, and try the clients of other people's generators (needs npm)
	@$(BIN)/python scripts/client_models.py
	@exec $(BIN)/python scripts/generated_clients.py

migration: $(TOOLS) ## Draft a migration from what the models say: make migration m='pauses of interviews'
	@test -n "$(m)" || { echo "Say what it does: make migration m='pauses of interviews'" >&2; exit 2; }
	@exec $(BIN)/python scripts/migrations.py new "$(m)"

clean: ## Remove what was installed and cached here; data (var/) stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough: python3 is an older one on some systems. PYTHON=… chooses another.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv --clear $(VENV) && exit 0; \
	    echo "$$python cannot make a virtual environment: install its venv module (on Debian: python3-venv)." >&2; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	done; \
	echo "Viva needs Python 3.11 or later: install it, or name it with PYTHON=/path/to/python3." >&2; exit 1

# For who wants to put something into it first, such as another build of torch.
$(VENV): $(BIN)/python ;

# The lock first: it holds all that torch needs, so that asking for torch adds torch alone (and CUDA's packages, where
# pip takes a build that wants them).
$(RUNTIME): requirements.lock pyproject.toml Makefile | $(BIN)/python
	@echo "Installing what Viva needs; the first time takes a few minutes …"
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@$(PIP) "$(TORCH)"
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): requirements-dev.lock $(RUNTIME)
	@echo "Installing what tests and checks need …"
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
