# What there is to do here. Everything runs in .venv and .lab of this folder; nothing else on the machine is touched.
#   make setup    virtual environment, packages, the command .venv/bin/dialer
#   make demo     a whole campaign on a private Asterisk (DEMO="--minutes 3" for options)
#   make check    style, types, architecture
#   make test     all tests (TESTS="tests/core -x" for some)
#   make docs     the documentation as a site, in build/site
#   make pictures the pictures of the pages of administration, anew, in docs/images
#   make texts    the pages' catalogues of texts brought up to date with what the pages say
#   make bench    speed, as ratios
#   make bench-pacing  every pacing policy on every floor (PACING=--quick: minutes; PACING="--days 300": does the cap hold?)
#   make bench-leads   lists at their full size: a million in, claims out of ten millions, the score, the rules, kill -9 (an hour)
#   make clean    what these commands made, but not .lab: fetching that takes longest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
DEMO ?=
TESTS ?=
BENCH ?=
PACING ?= --frontier docs
AT_ONCE ?= 2
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: setup check docs pictures texts test demo bench bench-pacing bench-leads clean

setup: $(STAMP)

$(STAMP): pyproject.toml tools/venv.sh tools/vendor.py tools/npm/package-lock.json
	PYTHON="$(PYTHON)" sh tools/venv.sh "$(VENV)"
	$(BIN)/python -m pip install --disable-pip-version-check --editable ".[dev]"
	@touch $@

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

# Those that drive an Asterisk or a browser wait for most of their time: two files run side by side. What would notice that
# (see the marker `alone`), and the soak, which takes every core, run one after the other. Files go in their order, so that
# none that takes long is left for the end.
test: $(STAMP)
ifeq ($(TESTS),)
	$(BIN)/pytest --numprocesses auto $(BY_FILE) -m "not asterisk and not browser and not soak"
	$(BIN)/pytest --numprocesses $(AT_ONCE) $(BY_FILE) -m "(asterisk or browser) and not alone"
	$(BIN)/pytest -m "soak or (alone and (asterisk or browser))"
else
	$(BIN)/pytest $(TESTS)
endif

docs: $(STAMP)
	$(BIN)/python -m dialer.web.reference > docs/api_routes.md
	$(BIN)/mkdocs build

pictures: $(STAMP)
	$(BIN)/python -m tools.screenshots docs/images

texts: $(STAMP)
	$(BIN)/python -m tools.texts

demo: $(STAMP)
	$(BIN)/dialer demo $(DEMO)

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(BENCH)

bench-pacing: $(STAMP)
	$(BIN)/python -m benchmarks.pacing $(PACING)

bench-leads: $(STAMP)
	$(BIN)/python -m benchmarks.lead_import
	$(BIN)/python -m benchmarks.lead_claim
	$(BIN)/python -m benchmarks.lead_score
	$(BIN)/python -m benchmarks.rules
	$(BIN)/python -m benchmarks.do_not_call
	$(BIN)/python -m benchmarks.lawful_year --attempts 10000000
	$(BIN)/pytest -q tests/store/test_killed.py tests/leads/test_import_options.py -k "kill or cut"

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./.lab/*" -prune -exec rm -rf {} +
