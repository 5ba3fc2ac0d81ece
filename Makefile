# Everything works first thing on a fresh clone: each target sets up what it needs in .venv.
.DEFAULT_GOAL := help
.PHONY: help setup profile profile-all quick report test check bench bench-intervals bench-gpu clean

BIN := .venv/bin
PROFILES := profiles/digits.toml profiles/dates.toml profiles/similarity.toml

# The first Python that the pinned libraries have wheels for; else python3, so that setup can say what is wrong with it.
suits = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(or $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c '$(suits)' 2>/dev/null && echo $$python && break; done),python3)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with the pinned libraries (by itself where needed)
	@command -v $(PYTHON) >/dev/null || { echo "setup: no Python was found; install Python 3.11 or later" >&2; exit 1; }
	@$(PYTHON) .ci/setup_environment.py

profile: setup ## measure digits, dates and similarity; pages in reports/ (QUICK=1: fewer trials)
	$(BIN)/energyprof run $(if $(QUICK),--quick) $(PROFILES)

profile-all: PROFILES += profiles/llama-shapes.toml
profile-all: profile ## the same and llama-shapes, which takes longer and about 13 GB of memory the first time

quick: QUICK := 1
quick: profile ## the same as profile with fewer trials: wider intervals, in two minutes once the models are prepared

report: setup ## render the pages in reports/ again without measuring
	$(BIN)/energyprof report $(or $(wildcard reports/*/run.json),$(error reports/ holds no run yet; `make profile` makes some))

# Most tests wait for a clock, a counter or a process; more at a time would make two cores miss what they wait for.
TEST_PROCESSES ?= 2
test: setup ## run all tests
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist worksteal

check: setup ## format, lint, types and architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

bench: setup ## beside Zeus and CodeCarbon on a simulated machine whose joules are known; some 25 minutes (ONLY=row)
	PYTHONPATH=tests $(BIN)/python benchmarks/bench.py $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/footprint.py

bench-intervals: setup ## how often the 95 % intervals hold the truth, on simulated counters; some six minutes
	PYTHONPATH=tests $(BIN)/python benchmarks/intervals.py

bench-gpu: setup ## this machine's NVIDIA GPU: its counter, and short bursts beside a long run; writes docs/gpu.md
	$(BIN)/python benchmarks/gpu.py $(if $(QUICK),--quick)

clean: ## remove .venv and all caches in this folder; reports/ stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
