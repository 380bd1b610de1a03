# make demo: a fresh machine to recommendation tables.   make test: what CI runs.
# make check: the quick part of it, for every commit.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PARALLEL := -n 2 --dist loadfile   # a file's tests share what they build
SQL := sql macros queries tests/dbt

.PHONY: demo test check lint format faults fuzz bench browser clean

demo: $(VENV)/.demo
	$(BIN)/recsql demo

test: $(VENV)/.dev browser lint
	$(BIN)/python -m pytest $(PARALLEL) --durations=10

check: $(VENV)/.dev lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

# The page of recsql report is tested in a browser; without one these tests are skipped.
browser:
	@command -v chromium >/dev/null || { \
	  echo 'installing chromium (Debian package) for the tests of recsql report'; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
	    --no-install-recommends chromium; } >/dev/null 2>&1 \
	  || echo 'chromium cannot be installed here: its tests are skipped'; }

lint: $(VENV)/.dev
	$(BIN)/ruff check recsql tests benchmarks
	$(BIN)/ruff format --check recsql tests benchmarks
	$(BIN)/sqlfmt --check --quiet $(SQL)
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix recsql tests benchmarks
	$(BIN)/ruff format recsql tests benchmarks
	$(BIN)/sqlfmt --quiet $(SQL)

faults: $(VENV)/.dev
	RECSQL_KILLS=100 $(BIN)/python -m pytest tests/integration/test_faults.py

# A minute each; `make fuzz SECONDS=3600 TARGETS=yml` looks longer at one.
SECONDS ?= 60
TARGETS ?= load yml mapping var
fuzz: $(VENV)/.fuzz
	for target in $(TARGETS); do \
	  mkdir -p target/fuzz/$$target; \
	  $(BIN)/python -m tests.fuzz $$target -max_total_time=$(SECONDS) -max_len=600 \
	    -artifact_prefix=target/fuzz/ target/fuzz/$$target || exit 1; \
	done

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/bench_seam.py
	$(BIN)/python benchmarks/bench_pairs.py
	$(BIN)/python benchmarks/bench_rules.py
	$(BIN)/python benchmarks/bench_incremental.py
	$(BIN)/python benchmarks/bench_content.py
	$(BIN)/python benchmarks/bench_commands.py
	$(BIN)/python benchmarks/bench_quality.py
	$(BIN)/python benchmarks/bench_ranker.py

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[demo,report]'
	touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[demo,dbt,postgres,spark,tune,dev]'
	touch $@

# Apart, as it is for Linux and few versions of Python.
$(VENV)/.fuzz: $(VENV)/.dev
	$(BIN)/pip install --quiet 'atheris>=3,<4'
	touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/pip install --quiet --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) target logs dist
