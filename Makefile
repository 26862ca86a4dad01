# Everything below happens in this folder: .venv is made on first use, nothing is installed into the system, no root.
# Servers for tests are throw-away ones; see docs/howto/sandbox.md.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOAK_MINUTES ?= 60
WORKERS ?= 4
# Tests mostly wait for servers, so a few processes run them side by side, each with servers of its own.
SOURCES := src tests bench tools

# What is compiled is kept, as it is where the package is installed: the race measures no compiling.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help venv demo test conformance check bench bench-micro soak clean lock

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "  make %-11s  %s\n", $$1, $$2 }'
	@echo
	@echo '  make test PYTEST_ARGS="tests/unit -k delta"    some tests only'
	@echo '  make demo DEMO_ARGS="--flavor mariadb"         words for ghostshift demo'
	@echo '  make bench BENCH_ARGS="--scenarios idle"       words for the race'
	@echo
	@echo '  $(BIN)/ghostshift is the command, once one of these has run.'

venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml tools/venv
	@tools/venv $(VENV)
	@touch $@

demo: $(STAMP) ## a throw-away server under live writes, a migration to watch, a verdict
	@$(BIN)/ghostshift demo $(DEMO_ARGS)

test: $(STAMP) ## all tests but the long ones, on real servers
	@$(BIN)/python -m pytest --ignore=tests/soak -n $(WORKERS) --dist loadfile --share $(PYTEST_ARGS) || { code=$$?; \
	  [ $$code -ne 5 ] || echo 'make test: no test matches PYTEST_ARGS="$(PYTEST_ARGS)"' >&2; exit $$code; }

conformance: $(STAMP) ## every scenario of the conformance suite on every server (make test: a share)
	@$(BIN)/python -m pytest tests/conformance -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(STAMP) ## format, lint, types, floors, lengths, hygiene
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/unit/test_floors.py tests/unit/test_house.py

bench: $(STAMP) ## the race against the server's own ALTER, gh-ost and pt-osc
	@$(BIN)/python -m bench.race $(BENCH_ARGS)

bench-micro: $(STAMP) ## our own code against a reference loop; fails where it has become slower
	@$(BIN)/python -m bench.micro $(BENCH_ARGS)

soak: $(STAMP) ## the long tests, SOAK_MINUTES (60) at the most
	@timeout --signal=INT --kill-after=60 $(SOAK_MINUTES)m \
	  $(BIN)/python -m pytest tests/soak -m soak $(PYTEST_ARGS) || { code=$$?; \
	  case $$code in \
	    5) echo 'make soak: there is no such test' >&2 ;; \
	    124|137) echo 'make soak: stopped after SOAK_MINUTES=$(SOAK_MINUTES)' >&2 ;; \
	  esac; exit $$code; }

lock: $(STAMP) ## bring requirements.lock up to date with pyproject.toml
	@tools/lock $(VENV)

clean: ## remove .venv, caches and build results
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
