# Every target sets itself up: the first one run makes .venv from what constraints.txt pins.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench bench-external bench-speed bench-calibration train curve schema \
    topics inputs fuzz golden setup clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The first of these that runs, is 3.11 or newer and can make a venv with pip;
# PYTHON=/path/to/python overrules.
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

SAMPLE := samples/2025-06-kor-jpn-call
# Torch asks for the same large blocks at every step: giving them back each time costs a third of
# the time (glibc only).
KEEP_MEMORY := MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 \
    MALLOC_TOP_PAD_=268435456

# "bench" passes these on: make bench ARGS=--check
ARGS :=

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Compare the two sample readouts of the June 2025 call
	@$(BIN)/readout-diff diff $(SAMPLE)/seoul.ko.txt $(SAMPLE)/tokyo.ja.txt \
	    --name-a Seoul --name-b Tokyo

test: $(READY) ## Run all tests, in as many processes as cores, four at most
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(READY) ## Check style, types and import layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## Score the benchmark; ARGS=--check fails on a drop below the floor
	$(BIN)/python -m bench.run $(ARGS)

bench-external: $(READY) ## Measure on public data; ARGS="--only ntrex" one check of it
	$(BIN)/python -m bench.external $(ARGS)

bench-speed: $(READY) ## Time it beside what one would use instead; ARGS="--only diff --runs 5"
	$(BIN)/python -m bench.speed $(ARGS)

bench-calibration: $(READY) ## Say how far absence is a probability; draws bench/reliability.svg
	$(BIN)/python -m bench.calibration $(ARGS)

train: $(READY) ## Train again what is in readout_diff/models
	$(KEEP_MEMORY) $(BIN)/python -m training.judge $(ARGS)

curve: $(READY) ## Say what more labels and each part of the network's recipe bring
	$(KEEP_MEMORY) $(BIN)/python -m training.curve $(ARGS)

inputs: $(READY) ## Write the table of bad inputs in docs/inputs.md
	$(BIN)/python -m docs.write_inputs

fuzz: $(READY) ## Feed the loaders with bytes by chance; ARGS="--loader pdf --seconds 600"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt atheris >&2
	$(BIN)/python -m fuzz.run $(ARGS)

schema: $(READY) ## Write docs/report.schema.json from the data model
	$(BIN)/python docs/write_schema.py

topics: $(READY) ## Write the list of built-in topics into docs/topics.md
	$(BIN)/python docs/write_topics.py

golden: $(READY) ## Accept what the reports look like now as the golden output
	$(BIN)/python -m pytest --accept-golden -k golden tests/test_report_*.py \
	    tests/test_batch_pages.py

setup: $(READY) ## Make .venv

# Torch goes first, as pinned: where pip has a CPU build of that version at hand it takes it, and
# nothing that comes after asks for another.
# A venv that failed half-way is made anew, since only the last line marks it ready.
$(READY): pyproject.toml constraints.txt
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
	    for candidate in $(PYTHONS); do \
	        if $$candidate -c '$(USABLE)' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	    done; \
	fi; \
	if [ -z "$$python" ]; then \
	    echo "Python 3.11 or newer with venv and pip is needed; install it" \
	        "(on Debian also python3-venv), or name one: make PYTHON=/path/to/python" >&2; \
	    exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$python --version); the first time takes a few minutes" >&2; \
	$$python -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	    torch hatchling editables >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	    --no-build-isolation -e '.[dev]' >&2
	@touch $@

clean: ## Remove .venv and everything built
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
