# Two commands for everybody: `make sandbox` and `make test`. The rest is for those who change the code.
PYTHON ?= python3
PORT ?= 8080
SPEED ?= 60
CONFIG ?=
DATA ?=
STORE ?=
SEED ?=
# How many times the usual size the proofs have: their numbers of runs, steps, kills and pairs.
export DR_TEST_SCALE ?= 1
# Where the caller's environment says otherwise, every process would compile every module again.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
READY := .venv/.ready
CDK := infra/node_modules/.ready
UV_VERSION := 0.13.9
CODE := bot commands dr_core migrations infra tests

.DEFAULT_GOAL := help
.PHONY: help sandbox synth test nightly simulate mutants lint types arrows unit chromium bench lock pictures format clean

help:
	@echo "make sandbox   start the local world on http://127.0.0.1:$(PORT)   (PORT= SPEED= CONFIG= DATA= STORE=)"
	@echo "make test      set everything up and run the whole suite"
	@echo "make nightly   the same suite with ten times the numbers, and the planted bugs"
	@echo "make simulate  replay one simulated history   (SEED=)"
	@echo "make mutants   plant bugs, and show which test catches each"
	@echo "make synth     write the CloudFormation templates into build/cdk.out   (CONFIG=)"
	@echo "make lint | types | arrows | unit | bench | lock | pictures | format | clean"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "Python 3.11 or newer is needed; this is %d.%d (set PYTHON=)" % v[:2])'
	@echo "Setting up .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null \
	  || $(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check uv==$(UV_VERSION) \
	  || { echo "pip is missing: install python3-pip or python3-venv" >&2; exit 1; }
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install -q --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install -q --no-build-isolation --no-deps -e .
	@touch $(READY)

# The CDK CLI, by the Node and npm that the lock file brings, or by the machine's own npm, which knows its own ways out.
$(CDK): infra/package-lock.json $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" NODE_USE_SYSTEM_CA=1 $(BIN)/npm ci --silent --no-audit --no-fund --prefix infra \
	  || npm ci --no-audit --no-fund --prefix infra
	@touch $(CDK)

synth: $(READY)
	@$(BIN)/python -m infra --config $(or $(CONFIG),infra/example.yaml)

sandbox: $(READY)
	@exec $(BIN)/python -m bot.sandbox --port $(PORT) --speed $(SPEED) $(if $(CONFIG),--config $(CONFIG)) $(if $(DATA),--data $(DATA)) $(if $(STORE),--store '$(STORE)')

# Types and arrows beside the tests: each keeps one core busy.
test: $(READY) $(CDK) chromium lint
	@$(MAKE) --no-print-directory -j 3 types arrows unit

lint: $(READY)
	@$(BIN)/ruff check -q $(CODE)
	@$(BIN)/ruff format -q --check $(CODE)

format: $(READY)
	@$(BIN)/ruff check -q --fix $(CODE) || true
	@$(BIN)/ruff format -q $(CODE)

types: $(READY)
	@$(BIN)/mypy --no-error-summary

arrows: $(READY)
	@$(BIN)/lint-imports --no-logo || { echo "an import goes against docs/codebase.md" >&2; exit 1; }

# Stories wait most of their time, the rest computes: seven at once keep two cores busy (tests/order.py).
unit: $(READY) $(CDK)
	@$(BIN)/python -m compileall -q -j 2 -x node_modules bot commands dr_core infra migrations
	@$(BIN)/pytest -q -n 7 --dist worksteal

# Hours, not minutes: no test is stopped for being long.
nightly: export DR_TEST_SCALE = 10
nightly: $(READY) $(CDK) chromium lint types arrows
	@$(BIN)/pytest -q -n 2 --dist worksteal --timeout 14400
	@$(MAKE) --no-print-directory mutants

simulate: $(READY)
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED))

mutants: $(READY)
	@$(BIN)/python -m tests.mutants

# Browser tests drive the system's Chromium; where it is missing, the system's package manager brings it.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  echo "Installing Chromium for the browser tests ..."; \
	  SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null; \
	}

# The README's pictures, taken from the running sandbox.
pictures: $(READY) chromium
	@$(BIN)/python -m tests.browser.pictures docs/pictures

bench: $(READY)
	@$(BIN)/python -m tests.bench

lock: $(READY)
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
