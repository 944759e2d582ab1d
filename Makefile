# Everything sets itself up: `make demo` and `make test` need python3 (3.11 or newer), git and make.
SHELL := /bin/sh
PY := .venv/bin/python
# Python compiles what it imports once, and not in every process: a flow run is one. Nothing is written beside the code
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: help demo test bench faults check format deploy lock clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: ## Run a whole campaign on this machine, then stay up; ARGS="--once --report FILE.json" stops by itself
	@.ci/venv run
	@exec $(PY) -m outreach demo $(ARGS)

test: ## Run all tests, on SQLite and PostgreSQL; ARGS goes to pytest
	@.ci/venv dev
	@exec $(PY) -m pytest --numprocesses auto --dist loadfile --quiet $(ARGS)

bench: ## Measure: NAME=segment|import|compose ARGS="--n 100000"; a JSON line a figure
	@.ci/venv dev
	@exec $(PY) -m benchmarks $(NAME) $(ARGS)

faults: ## Kill, cut off and fill up whatever sends mail; ARGS="--runs 100"; a JSON line a row of the matrix
	@.ci/venv dev
	@exec $(PY) -m tests.faults $(ARGS)

check: ## Format, lint, types, import contracts
	@.ci/venv dev
	@$(PY) -m ruff format --check --quiet . || { echo "not formatted: run make format" >&2; exit 1; }
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache >.venv/contracts.txt || { cat .venv/contracts.txt; exit 1; }
	@tail -n 2 .venv/contracts.txt

format: ## Format the code and mend what the linter can
	@.ci/venv dev
	@$(PY) -m ruff check --quiet --fix . ; $(PY) -m ruff format --quiet .

deploy: ## Put prefect.yaml in force on the server that PREFECT_API_URL names
	@.ci/venv run
	@$(PY) -m flows.deploy

lock: ## Write the lock files anew from pyproject.toml
	@.ci/venv dev
	@$(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		pyproject.toml -o requirements.lock
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Take away what was made here
	rm -rf .venv .outreach .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
