"""Every model gives the same rows on a Spark session as on DuckDB, from raw tables.

Nothing is copied but raw tables and seeds. `make nightly` does it on two executors in
processes of their own (local-cluster), `make test` on two threads of one.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from recsql.compilation import spark as dialect
from recsql.compilation.compiler import Plan, compile_project
from recsql.config.profile import Cluster, Profile
from recsql.config.project import builtin_root, load_project
from recsql.engine.checks import plan_checks
from recsql.engine.runner import run_models
from recsql.engine.scheduling import schedule
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import install
from recsql.spark import functions
from recsql.spark.building import SparkBuilder
from recsql.spark.tables import Tables
from recsql.spark.testing import run_checks
from tests.integration.spark_inputs import QUERIES, VARS, odd_words, raw_tables
from tests.rankers import rankers_table
from tests.refreshes import some_history

pyspark_sql = pytest.importorskip(
    "pyspark.sql", reason=f"Spark is not tested: {install('spark')}"
)
if shutil.which("java") is None:
    pytest.skip("Spark is not tested: there is no java", allow_module_level=True)

pytestmark = pytest.mark.slow
Rows = list[tuple[Any, ...]]
PROJECT = load_project(builtin_root())
MASTER = os.environ.get(
    "RECSQL_SPARK_MASTER",
    "local-cluster[2,1,1024]" if os.environ.get("RECSQL_NIGHTLY") else "local[2]",
)


@dataclass(frozen=True)
class Engines:
    """The whole project, built on both engines from the same raw tables."""

    plan: Plan
    duckdb: Warehouse
    spark: Tables
    failures: dict[str, str]

    def rows(self, on_duckdb: str, on_spark: str) -> tuple[Rows, Rows]:
        """Run a query on both engines; the names of the columns must be equal too."""
        mine = self.duckdb.connection.sql(on_duckdb).to_arrow_table()
        theirs = self.spark.session.sql(on_spark).toArrow()
        assert theirs.column_names == mine.column_names
        return _sorted(mine), _sorted(theirs)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    plan = compile_project(PROJECT.with_vars(VARS))
    session = start_spark(tmp_path_factory.mktemp("spark"))
    cluster = Cluster(MASTER, None, None, "recsql", "parquet")
    profile = Profile(Path("none"), 2, {}, "spark", cluster)
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        warehouse.connection.execute("create schema raw")
        tables = Tables.of(session, profile)
        tables.create_schema("raw")
        raw = {**raw_tables(), "odd": odd_words(), "rankers": rankers_table(plan)}
        raw |= some_history([f"u{n:03}" for n in range(9)], ["Item 1", "Item 2"], "all")
        for name, table in raw.items():
            warehouse.connection.register("given", table)
            warehouse.connection.execute(f"create table raw.{name} as from given")
            tables.write_arrow("raw", name, warehouse.arrow(f"from raw.{name}"))
        for result in run_models(plan, warehouse, plan.graph.order, 1):
            assert not result.error, result.error
        built = schedule(plan, SparkBuilder(plan, tables), plan.graph.order, 2)
        failures = {
            r.name: str(r.error or r.status) for r in built if r.status != "done"
        }
        yield Engines(plan, warehouse, tables, failures)
    session.stop()


def start_spark(folder: Path) -> Any:
    """Start a session that is quick on small data; the rest is Spark's default."""
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        "-XX:ReservedCodeCacheSize=256m",  # 48 MB are full after 80 s
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.sources.default": "parquet",
        "spark.sql.warehouse.dir": str(folder),
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = pyspark_sql.SparkSession.builder.master(MASTER)
    for name, setting in settings.items():
        builder = builder.config(name, setting)
    session = builder.getOrCreate()
    functions.register(session)
    return session


HASHED = ("owner_key", "line_key", "line_checksum")  # each engine has a hash of its own


@pytest.mark.parametrize("name", sorted(PROJECT.models))
def test_spark_gives_the_rows_of_duckdb(engines: Engines, name: str) -> None:
    if name not in engines.plan.models:
        pytest.skip(f"{name} is switched off")
    assert name not in engines.failures, engines.failures[name]
    described = engines.duckdb.rows(f"describe main.{name}")
    shown = ", ".join(row[0] for row in described if row[0] not in HASHED)
    query = f"select {shown} from {{}}.{name}"
    expected, found = engines.rows(query.format("main"), query.format("recsql_build"))
    assert expected, f"{name} is empty: it proves nothing"
    _compare(expected, found)


@pytest.mark.parametrize("query", QUERIES)
def test_checked_sql_means_the_same_on_both_engines(
    engines: Engines, query: str
) -> None:
    _compare(*engines.rows(query, dialect.translate_text(query, "odd.sql")))


def test_data_tests_pass_on_spark(engines: Engines) -> None:
    checks = plan_checks(engines.plan, engines.plan.graph.order, engines.spark.kinds)
    results = [*run_checks(checks, engines.spark)]
    assert len(results) == len(checks) > 300
    assert [each.problem for each in results if each.status == "failed"] == []


def _sorted(table: pa.Table) -> Rows:
    """Sort rows by what both engines give exactly, then by their other numbers."""

    def key(row: tuple[Any, ...]) -> tuple[list[str], list[float]]:
        exact = [str(x) for x in row if not _is_inexact(x)]
        return exact, [
            round(float(x), 6) for x in row if isinstance(x, float | Decimal)
        ]

    return sorted((tuple(row.values()) for row in table.to_pylist()), key=key)


def _is_inexact(value: Any) -> bool:
    """Say whether a value is a number that may differ in its last digits, or a list."""
    if isinstance(value, list):
        return any(map(_is_inexact, value))
    return isinstance(value, float | Decimal)


def _compare(expected: Rows, found: Rows) -> None:
    assert len(found) == len(expected)
    for mine, theirs in zip(expected, found, strict=True):
        assert all(map(_alike, mine, theirs)), f"{mine} on DuckDB, {theirs} on Spark"


def _alike(mine: Any, theirs: Any) -> bool:
    if isinstance(theirs, datetime) and theirs.tzinfo == ZoneInfo("UTC"):
        theirs = theirs.replace(tzinfo=None)  # of a copied table; the session is in UTC
    if isinstance(mine, dict) and isinstance(theirs, dict):
        mine, theirs = [*mine, *mine.values()], [*theirs, *theirs.values()]
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_alike, mine, theirs))
    if isinstance(mine, float | Decimal) and isinstance(theirs, float | int | Decimal):
        both_nan = math.isnan(mine) and math.isnan(theirs)
        return both_nan or math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_alike, mine, theirs))
    return bool(mine == theirs)
