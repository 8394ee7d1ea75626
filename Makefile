# The interface of the project: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
STATE ?= .local
BIN := $(VENV)/bin
LOCK := mwaa/requirements/laptop.txt
READY := $(VENV)/.ready
# What it starts ends with make, also when make is killed.
RUNNER := $(BIN)/python -m mwaa.local_runner --state $(STATE) --end-with-parent
# Set-up trains a class archive for Java with these.
TRAINING := mwaa/local_aws/glue/spark_warmup.py mwaa/local_aws/glue/spark_filesystem.py

.PHONY: help setup run query quarantine replay history rollback maintenance forget airflow dashboard test test-faults test-scheduler test-glue check bench docs package lock clean clean-all

help: ## What there is to type
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  make run SOURCE=folder DATE=YYYY-MM-DD   your own CSV files, published as of a day\n'
	@printf "  make query SQL='select * from v_location_ranking limit 5'\n"

$(READY): $(LOCK) $(TRAINING)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"error: Python {v[0]}.{v[1]} is not supported; use 3.11 or 3.12: make PYTHON=python3.12 …")'
	@echo "setting up $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV) || { echo "error: python3-venv is missing; install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' $(LOCK))"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement $(LOCK)
	@{ ! command -v java >/dev/null || $(BIN)/python -m mwaa.local_aws prepare; } >$(VENV)/prepare.log 2>&1 || { cat $(VENV)/prepare.log >&2; exit 1; }
	@$(BIN)/python -m mwaa.local_runner prepare >/dev/null
	@touch $@

setup: $(READY) ## Virtual environment with the locked versions (the others do it themselves)

run: $(READY) ## Source files to published marts  [SOURCE=folder] [DATE=YYYY-MM-DD] [FULL_REFRESH=1] [DEFERRABLE=1] [PARAMS='name=value …']
	@$(RUNNER) run --source "$(SOURCE)" --date "$(DATE)" $(if $(DEFERRABLE),--deferrable) $(if $(filter-out 0,$(FULL_REFRESH)),--param full_refresh=true) $(foreach parameter,$(PARAMS),--param '$(parameter)')

query: $(READY) ## One SQL statement, its result as CSV  SQL='…'
	@$(RUNNER) query "$$STATEMENT"

quarantine: $(READY) ## What is in quarantine, why, what to do  [REASON=…]
	@$(RUNNER) quarantine --reason "$(REASON)"

replay: $(READY) ## Silver again from the published batch, after a rule fix  [REASON=…] [ACCEPT_CHANGES=1]
	@$(RUNNER) replay --reason "$(REASON)" $(if $(ACCEPT_CHANGES),--accept-changes)

history: $(READY) ## The releases that changed a table  TABLE=… [PARTITION=…]
	@$(RUNNER) history "$(TABLE)" --partition "$(PARTITION)"

rollback: $(READY) ## A table back to a release  TABLE=… TO=<release> [PARTITION=…] [REASON='…'], or LIFT=1
	@$(RUNNER) rollback "$(TABLE)" --to "$(TO)" --partition "$(PARTITION)" --reason "$$ROLLBACK_REASON" $(if $(LIFT),--lift)

airflow: $(READY) ## The Airflow UI with the endpoint up  [PORT=8080]
	@$(RUNNER) airflow --port $(or $(PORT),8080)

maintenance: $(READY) ## What the lake no longer needs; APPLY=1 removes it
	@$(RUNNER) maintenance $(if $(APPLY),--apply)

forget: $(READY) ## Where the lake names a customer; CONFIRM=id forgets them  CUSTOMER=id [APP=channel]
	@$(RUNNER) forget "$$FORGOTTEN" --app "$(APP)" --confirm "$$CONFIRMED"

dashboard: $(READY) ## The dashboards over what is published  [PORT=8501]
	@$(RUNNER) dashboard --port $(or $(PORT),8501)

test: $(READY) ## All tests
	@$(BIN)/python -m pytest $(ARGS)

test-faults: $(READY) ## Break every task and service in turn (hours), and write docs/reliability.md
	@FAULTS=all $(BIN)/python -m pytest -n 0 tests/faults $(ARGS); code=$$?; PYTHONPATH=plugins $(BIN)/python -m tests.faults.report && exit $$code

test-glue: $(READY) ## The jobs' tests on Spark 3.5, which Glue 5.1 runs
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)-glue51
	@$(BIN)/uv pip install --quiet --python $(VENV)-glue51/bin/python --requirement $(LOCK) --override mwaa/requirements/glue51.txt
	@$(VENV)-glue51/bin/python -m pytest tests/spark_jobs $(ARGS)

test-scheduler: $(READY) ## All tests with Airflow's own scheduler, which is killed too (20 minutes)
	@SCHEDULER=all $(BIN)/python -m pytest -n 0 tests/scheduler $(ARGS)

check: $(READY) ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## Seconds and memory by stage beside plain DuckDB  [SCALE=1] [CUSTOMERS=20000]
	@PYTHONPATH=plugins $(BIN)/python -m tests.benchmarks --scale $(or $(SCALE),1)
	@PYTHONPATH=plugins $(BIN)/python -m tests.benchmarks.scores --customers $(or $(CUSTOMERS),20000)

docs: $(READY) ## Render the data dictionary and the diagrams
	@$(BIN)/python -m docs.build

package: $(READY) ## What goes to MWAA: plugins.zip, DAGs, jobs, requirements
	@$(BIN)/python -m mwaa.packaging

lock: $(READY) ## Compile the lock of exact versions again
	@mwaa/requirements/compile.sh $(BIN)

clean: ## Forget everything a run left behind (lake, database, Airflow's history)
	@rm -rf $(STATE)

clean-all: clean ## … and the virtual environment
	@rm -rf $(VENV) $(VENV)-glue51 dist
# As typed: make would expand the dollar of Athena's "$path".
export STATEMENT := $(value SQL)
# A sentence of a person, with quotes perhaps.
export ROLLBACK_REASON := $(value REASON)
export FORGOTTEN := $(value CUSTOMER)
export CONFIRMED := $(value CONFIRM)
