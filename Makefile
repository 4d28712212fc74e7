# make run: serve on 127.0.0.1:8000 (PORT=9000 make run: on another port)   make test: every check
# Both do all the set-up; they need Python 3.11 or newer with venv, and nothing else.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: run test lint format tools screenshots clean

run: .venv/run.stamp
	@exec $(BIN)/feedsvc serve --samples --bind 127.0.0.1:$(PORT)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "feedsvc needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "This Python has no venv: install it (Debian: python3-venv) and try again." >&2; exit 1; }

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Setting up .venv …"
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Setting up .venv for the tests …"
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/run.stamp

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
	@$(BIN)/coverage run -m pytest $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

screenshots: .venv/test.stamp tools
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf .venv $(NODE) build *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
