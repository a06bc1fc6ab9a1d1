# All targets of a checkout. The most important ones are `make run` and `make test`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test faults kills drill-processes drill-failover drill-keys drill-erasure drill-jobs drill-live drill-import abuse mutants pgbouncer audit lint format types check lock images clean bench volume exports syncing console lint-document counts packages converge clients document-changes messages

# Relative paths and `python -m` throughout: the path of the checkout may contain spaces, which neither make targets nor
# the first lines of installed scripts support.
PYTHON := .venv/bin/python
UV := $(PYTHON) -m uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"
# Two processors, and one more worker, since tests also wait.
WORKERS ?= 3
# Else every process compiles what it imports anew, and every worker of pytest rewrites all asserts.
unexport PYTHONDONTWRITEBYTECODE
# More for pytest, such as PYTEST="--cov" or PYTEST="tests/ideas -k search".
PYTEST ?=

help:
	@echo "make run      set everything up and serve on http://127.0.0.1:8000"
	@echo "make test     set everything up and run the tests"
	@echo "make faults   break what is around the service, under load, and see what clients see (about 4 minutes)"
	@echo "make kills    kill -9 of workers and of their parent, 20 times under load, and see whether an idea is lost"
	@echo "make drill-processes  four processes on one database under mixed writers, and their rates (about 2 minutes)"
	@echo "make drill-erasure    erase vaults of two processes under load (half a minute)"
	@echo "make drill-jobs       what ordinary writes pay for a process that runs jobs (a minute and a half)"
	@echo "make drill-live       streams of live updates of two processes: latency, memory, restart, SIGTERM (about 7 minutes)"
	@echo "make drill-keys       rotate keys under load, and kill the rotation (about 4 minutes)"
	@echo "make drill-import     move a million plaintext rows into vaults, killed twice (some minutes, 6 GB of disk)"
	@echo "make drill-failover   kill and promote PostgreSQL servers under load, and look for lost writes (about 2 minutes)"
	@echo "make abuse    send what is made to be expensive, and see what it costs and what others notice (about 4 minutes)"
	@echo "make mutants  change the code in one place at a time, and see whether the tests notice (about half an hour)"
	@echo "make audit    known vulnerabilities of the locked dependencies, where a service can be asked"
	@echo "make pgbouncer  20,000 requests of 50 tenants through a PgBouncer with one connection (several minutes)"
	@echo "make bench    compare with plaintext services and the minimum cost (about 8 minutes); writes docs/benchmarks/"
	@echo "make counts   count a vault of 10,000 ideas and list it by due date and by id, beside lists (about a minute)"
	@echo "make volume   search a vault of 100,000 ideas, with and without room for it in memory (about 2 minutes)"
	@echo "make exports  export a vault of 100,000 ideas in each format, also beside others (about 4 minutes)"
	@echo "make syncing  pull 50 changes of vaults of 200, 20,000 and 200,000 ideas (about 3 minutes)"
	@echo "make console  the pages of the console over 10,000 tenants and 100,000 vaults (about 5 minutes)"
	@echo "make packages build the client packages for TypeScript and Python into dist/clients/, with Node and npm"
	@echo "make converge give three devices of these packages 2,000 operations each on a bad network (many minutes)"
	@echo "make clients  generate clients with six generators, compile them, and call a live service (1 to 2 minutes)"
	@echo "make document-changes  name what has changed in docs/openapi.json since the last release"
	@echo "make messages write new messages of the console into its catalogues, and name those without a translation"
	@echo "make lint     check style and security rules   make format   format the code"
	@echo "make lint-document  check docs/openapi.json against the rules of redocly and spectral, with Node"
	@echo "make types    check types                      make check    check lint, format and types without changes"
	@echo "make lock     update the locked dependencies   make images   update the images' digests, with Docker"
	@echo "make clean    remove generated files, but no data"

run: .venv/installed
	@$(PYTHON) -m creatorvault run

test: .venv/installed
	@$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

faults: .venv/installed
	@$(PYTHON) -m benchmarks.faults

kills: .venv/installed
	@KILLS=20 $(PYTHON) -m pytest tests/faults/test_killed.py
	@$(PYTHON) -m benchmarks.faults kills

drill-processes: .venv/installed
	@$(PYTHON) -m benchmarks.several

drill-erasure: .venv/installed
	@$(PYTHON) -m benchmarks.erasing

drill-jobs: .venv/installed
	@$(PYTHON) -m benchmarks.jobs

drill-live: .venv/installed
	@$(PYTHON) -m benchmarks.live

drill-keys: .venv/installed
	@$(PYTHON) -m benchmarks.keys

drill-import: .venv/installed
	@$(PYTHON) -m benchmarks.importing

drill-failover: .venv/installed
	@$(PYTHON) -m benchmarks.failover

# Uses the default limits.
abuse: .venv/installed
	@$(PYTHON) -m benchmarks.abuse

# Never changes the checkout: benchmarks/mutants/sandbox.py makes a copy.
mutants: .venv/installed
	@$(PYTHON) -m benchmarks.mutants

audit: .venv/installed
	@$(PYTHON) .ci/audit.py

pgbouncer: .venv/installed
	@PGBOUNCER_REQUESTS=20000 $(PYTHON) -m pytest tests/pgbouncer/test_pgbouncer.py

lint: .venv/installed
	@$(PYTHON) -m ruff check --fix .

lint-document: clients/lint/node_modules/installed
	@cd clients/lint && npm run --silent lint

format: .venv/installed
	@$(PYTHON) -m ruff format .

types: .venv/installed
	@$(PYTHON) -m mypy

check: .venv/installed
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

# Compares with plaintext services and the minimum cost, on a separate PostgreSQL; writes docs/benchmarks/.
bench: .venv/installed .venv-bench/installed
	@$(PYTHON) -m benchmarks --write docs/benchmarks

counts: .venv/installed
	@$(PYTHON) -m benchmarks.counting

volume: .venv/installed
	@$(PYTHON) -m benchmarks.volume

exports: .venv/installed
	@$(PYTHON) -m benchmarks.exporting

syncing: .venv/installed
	@$(PYTHON) -m benchmarks.syncing

console: .venv/installed
	@$(PYTHON) -m benchmarks.console

packages: .venv/installed
	@$(PYTHON) clients/build.py

converge: .venv/installed
	@SYNC_OPERATIONS=2000 $(PYTHON) -m pytest -n 0 tests/clients/test_convergence.py -k killed --log-cli-level=WARNING

# PUBLISHED_DOCUMENT names the document of the replaced service, if it is not beside the checkout.
clients: .venv/installed .venv-clients/installed clients/generators/node_modules/installed
	@$(PYTHON) -m clients.generators

document-changes: .venv/installed
	@$(PYTHON) -m tests.document_differences

messages: .venv/installed
	@$(PYTHON) -m tests.console.messages

lock: .venv/installed
	@$(COMPILE) --upgrade pyproject.toml --extra otel --extra aws --output-file requirements.lock
	@$(COMPILE) --upgrade pyproject.toml --extra otel --extra aws --extra embedded --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) --upgrade benchmarks/requirements.in --constraint requirements.lock --output-file requirements-bench.lock
	@$(COMPILE) --upgrade clients/python/generator.in --constraint requirements-dev.lock --output-file clients/python/generator.lock
	@$(COMPILE) --upgrade clients/generators/requirements.in --output-file requirements-clients.lock
	@echo uv | $(COMPILE) --constraint requirements-dev.lock - --output-file requirements-uv.lock

# Pins the current digest of each tag. For another version, change the tag and run it.
images:
	@for image in $$(grep -ohE '[a-z0-9./-]+:[[:alnum:]._-]+@sha256:[0-9a-f]{64}' Dockerfile compose.yaml | sort -u); do \
		name=$${image%@*}; \
		digest=$$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$$name") || exit 1; \
		echo "$$name $$digest"; \
		sed -i.old "s|$$image|$$name@$$digest|" Dockerfile compose.yaml && rm Dockerfile.old compose.yaml.old; \
	done

clean:
	@rm -rf .venv .venv-bench .venv-clients clients/generators/node_modules clients/lint/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Created if missing, and updated when the locked dependencies change.
.venv/installed: .venv/uv requirements-dev.lock pyproject.toml
	@echo "Installing the locked dependencies …"
	@$(UV) pip install --quiet --compile-bytecode --python $(PYTHON) --require-hashes --requirement requirements-dev.lock
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation --editable .
	@touch $@

clients/lint/node_modules/installed: clients/lint/package-lock.json
	@cd clients/lint && npm ci --silent
	@touch $@

.venv-bench/installed: requirements-bench.lock .venv/installed
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-bench
	@$(UV) pip install --quiet --python .venv-bench/bin/python --require-hashes --requirement requirements-bench.lock
	@touch $@

.venv-clients/installed: requirements-clients.lock .venv/installed
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-clients
	@$(UV) pip install --quiet --python .venv-clients/bin/python --require-hashes --requirement requirements-clients.lock
	@touch $@

clients/generators/node_modules/installed: clients/generators/package-lock.json
	@npm ci --prefix clients/generators --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.venv/uv: requirements-uv.lock
	@if command -v python3.13 >/dev/null 2>&1 && python3.13 -c 'import ensurepip' 2>/dev/null; then \
		python3.13 -m venv --clear .venv && \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<; \
	elif command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --clear --seed --python 3.13 .venv && \
		uv pip install --quiet --python $(PYTHON) --require-hashes --requirement $<; \
	else \
		echo "Install Python 3.13 with its venv module (apt install python3.13-venv), or uv: https://docs.astral.sh/uv/" >&2; exit 1; \
	fi
	@touch $@
