# make run: serve on 127.0.0.1:8000 (PORT=9000 make run: on another port)   make test: every check
# make quick: lint and the fast tests in half a minute   make bench: the benchmarks
# All of them do all the set-up; they need Python 3.11 or newer with venv, and nothing else.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# Tests run on every core, as tests/parallel.py says.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
PYTEST := -m pytest --numprocesses $(JOBS) --dist loadscope --no-loadscope-reorder
# What the tests start many times should not be compiled each time; containers often set this.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test quick lint format tools bench screenshots clean

run: .venv/run.stamp
	@exec $(BIN)/feedsvc serve --samples --bind 127.0.0.1:$(PORT)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "feedsvc needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "This Python has no venv: install it (Debian: python3-venv) and try again." >&2; exit 1; }

# $(call install,WHAT): WHAT as pinned; with our setuptools, since pip would make an environment of its own to build in.
define install
@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check setuptools
@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '$(1)'
endef

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Setting up .venv …"
	$(call install,.)
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Setting up .venv for the tests …"
	$(call install,.[dev])
	@touch $@ .venv/run.stamp

.venv/bench.stamp: .venv/test.stamp
	@echo "Setting up .venv for the benchmarks …"
	$(call install,.[bench])
	@touch $@

# Programs that the tests run, where this is Debian and we may install; RUNLEVEL=1 keeps Debian from starting an nginx of
# its own. The packages of npm come where node is. What is missing is named below the tests; in CI it fails them.
TOOLS := chromium fonts-noto-core newsboat nginx-light ruby libxml-feed-perl
NODE := tests/conformance/node_modules

tools: $(if $(shell command -v npm),$(NODE)/.stamp)
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && ! dpkg -s $(TOOLS) >/dev/null 2>&1; then \
	  echo "Installing what the tests run …"; \
	  apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $(TOOLS) >/dev/null; fi

$(NODE)/.stamp: tests/conformance/package.json tests/conformance/package-lock.json
	@echo "Setting up $(NODE) …"
	@npm ci --silent --prefix tests/conformance
	@touch $@

lint: .venv/test.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: .venv/test.stamp
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

test: .venv/test.stamp tools lint
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(PYTEST) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# No browser, no server, no conformance program, no coverage: make test has the rest.
quick: lint
	@$(BIN)/python $(PYTEST) --quiet -m "not slow and not browser" --ignore tests/conformance $(ARGS)

# An hour. BENCH=ingest make bench runs one; BENCH=scale (25 GB, hours) and BENCH=compression, ARGS=instance by name only.
BENCH ?= ingest publish serve spike abuse replica

bench: .venv/bench.stamp
	@for name in $(BENCH); do echo "bench.$$name"; $(BIN)/python -m "bench.$$name" $(ARGS) || exit 1; done

screenshots: .venv/test.stamp tools
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf .venv $(NODE) build *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
