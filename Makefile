# make demo: a fresh machine to recommendation tables.   make test: what CI runs.
# make check: the quick part of it, for every commit.
# All three install the versions of locks/; `make lock` renews them, and
# `make test-latest` and `make test-lowest` try both ends of the ranges in pyproject.toml.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# a file's tests share what they build; in their order, so that the long ones begin first
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
SQL := sql macros queries tests/dbt
EXTRAS := demo report databases delta dbt docs kafka optimize postgres rank redis serve spark tune bench dev
comma := ,
empty :=
ALL := .[$(subst $(empty) $(empty),$(comma),$(EXTRAS))]

.PHONY: docs audit reference demo test nightly check lint format faults fuzz bench
.PHONY: services clean
.PHONY: audit lock test-latest test-lowest

demo: $(VENV)/.demo
	$(BIN)/recsql demo

test: $(VENV)/.dev services lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not nightly" --durations=10

# Everything, with all the random tries that each test can make.
nightly: $(VENV)/.dev services lint
	RECSQL_NIGHTLY=1 $(BIN)/python -m pytest $(PARALLEL) --durations=30

check: $(VENV)/.dev lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not nightly"

# A browser for the page of recsql report, PostgreSQL and Redis for publishing there. Where
# they cannot be had their tests are skipped, and under CI a skip that is not allowed fails.
services:
	@missing=; command -v chromium >/dev/null || missing=chromium; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	if [ -n "$$missing" ]; then \
	  echo "installing for the tests (Debian packages): $$missing"; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes \
	    --no-install-recommends $$missing; } >/dev/null 2>&1 \
	  || echo "not to be had here, so their tests are skipped: $$missing"; fi

lint: $(VENV)/.dev
	$(BIN)/ruff check recsql tests benchmarks site
	$(BIN)/ruff format --check recsql tests benchmarks site
	$(BIN)/sqlfmt --check --quiet $(SQL)
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix recsql tests benchmarks site
	$(BIN)/ruff format recsql tests benchmarks site
	$(BIN)/sqlfmt --quiet $(SQL)

# The docs site, into target/site; a dead link or an orphan stops it.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet \
	  --config-file site/mkdocs.yml

# docs/vars.md and the comments of dbt_project.yml, from recsql/config/vars.yml.
reference: $(VENV)/.dev
	$(BIN)/python -m recsql.config.reference

faults: $(VENV)/.dev
	RECSQL_TRIES=300 $(BIN)/python -m pytest -s tests/integration/test_attacks.py
	RECSQL_KILLS=100 $(BIN)/python -m pytest tests/integration/test_faults.py

# Known holes of what is installed; the advisory data is on the internet.
audit: $(VENV)/.dev
	@mkdir -p target; $(BIN)/pip install --quiet 'pip-audit>=2.7,<3'; \
	if $(BIN)/pip-audit --local --progress-spinner off > target/audit.txt 2>&1; \
	then echo 'audit: no known vulnerability'; \
	elif grep -qiE 'connect|timed out|max retries|proxy' target/audit.txt; \
	then echo 'audit: the advisory data cannot be reached here: nothing was audited'; \
	else cat target/audit.txt; exit 1; fi

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

$(VENV)/.demo: pyproject.toml locks/demo.txt
	$(call install,$(VENV),locks/demo.txt)
	touch $@

$(VENV)/.dev: pyproject.toml locks/test.txt
	$(call install,$(VENV),locks/test.txt)
	touch $@

# $(1) a virtual environment, $(2) the versions in it, each with its hashes.
define install
	$(PYTHON) -m venv $(1)
	$(1)/bin/pip install --quiet --require-hashes --requirement $(2)
	$(1)/bin/pip install --quiet --no-deps --no-build-isolation --editable .
endef

$(VENV)/.uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet 'uv>=0.5,<1'
	touch $@

LOCK := $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal \
	--python-version 3.11 --no-strip-extras --custom-compile-command 'make lock'
lock: $(VENV)/.uv
	$(LOCK) $(EXTRAS:%=--extra %) pyproject.toml locks/build.in -o locks/test.txt
	$(LOCK) --extra demo --extra report --constraint locks/test.txt \
	  pyproject.toml locks/build.in -o locks/demo.txt

test-latest: services
	$(PYTHON) -m venv $(VENV)-latest
	$(VENV)-latest/bin/pip install --quiet --upgrade --upgrade-strategy eager --editable '$(ALL)'
	$(VENV)-latest/bin/python -m pytest $(PARALLEL)

test-lowest: $(VENV)/.uv services
	mkdir -p target
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --no-strip-extras --generate-hashes \
	  $(EXTRAS:%=--extra %) pyproject.toml locks/build.in -o target/lowest.txt
	$(call install,$(VENV)-lowest,target/lowest.txt)
	$(VENV)-lowest/bin/python -m pytest $(PARALLEL)

# Apart, as it is for Linux and few versions of Python.
$(VENV)/.fuzz: $(VENV)/.dev
	$(BIN)/pip install --quiet 'atheris>=3,<4'
	touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/pip install --quiet --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-latest $(VENV)-lowest target logs dist
