"""Every SQL-only model gives the same rows on a local Spark session as on DuckDB."""

from __future__ import annotations

import math
import shutil
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
from recsql.compilation.render import Compiled
from recsql.config.project import Model, builtin_root, load_project
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import install
from tests.integration.spark_inputs import QUERIES, VARS, odd_words, raw_tables
from tests.rankers import rankers_table
from tests.refreshes import some_history

pyspark_sql = pytest.importorskip(
    "pyspark.sql", reason=f"Spark is not tested: {install('spark')}"
)
if shutil.which("java") is None:
    pytest.skip("Spark is not tested: there is no java", allow_module_level=True)

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
Rows = list[tuple[Any, ...]]
PROJECT = load_project(builtin_root())


@dataclass(frozen=True)
class Engines:
    """The whole project, built on both engines from the same raw tables."""

    plan: Plan
    duckdb: Warehouse
    spark: Any
    failures: dict[str, str]

    def rows(self, on_duckdb: str, on_spark: str) -> tuple[Rows, Rows]:
        """Run a query on both engines; the names of the columns must be equal too."""
        mine = self.duckdb.connection.sql(on_duckdb).to_arrow_table()
        theirs = self.spark.sql(on_spark).toArrow()
        assert theirs.column_names == mine.column_names
        return _sorted(mine), _sorted(theirs)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    plan = compile_project(PROJECT.with_vars(VARS))
    session = _start_spark(tmp_path_factory.mktemp("spark"))
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        warehouse.connection.execute("create schema raw")
        raw = {**raw_tables(), "odd": odd_words(), "rankers": rankers_table(plan)}
        raw |= some_history([f"u{n:03}" for n in range(9)], ["Item 1", "Item 2"], "all")
        for name, table in raw.items():
            warehouse.connection.register("given", table)
            warehouse.connection.execute(f"create table raw.{name} as from given")
            _store(session, f"raw.{name}", table)
        for result in run_models(plan, warehouse, plan.graph.order, 1):
            assert not result.error, result.error
        failures = _build_on_spark(plan, warehouse, session)
        yield Engines(plan, warehouse, session, failures)
    session.stop()


def _start_spark(folder: Path) -> Any:
    """Start a session that is quick on small data; the rest is Spark's default."""
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        "-XX:ReservedCodeCacheSize=256m",  # 48 MB are full after 80 s
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.sources.default": "parquet",
        "spark.sql.warehouse.dir": str(folder),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = pyspark_sql.SparkSession.builder.master("local[2]")
    for name, setting in settings.items():
        builder = builder.config(name, setting)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.sql("create database raw")
    session.sql("create database main")
    return session


def _store(session: Any, relation: str, table: pa.Table) -> None:
    session.createDataFrame(table).write.saveAsTable(relation)


def _build_on_spark(plan: Plan, warehouse: Warehouse, session: Any) -> dict[str, str]:
    """Build every model; seeds and what Python computes are copied from DuckDB."""
    failures = {}
    for name in plan.graph.order:
        compiled = plan.models.get(name)
        if compiled is None or not dialect.is_sql_only(compiled):
            table = warehouse.connection.sql(f"from main.{name}").to_arrow_table()
            _store(session, f"main.{name}", table)
            continue
        kind = "view" if compiled.config.get("materialized") == "view" else "table"
        try:
            session.sql(f"create {kind} main.{name} as {dialect.translate(compiled)}")
        except Exception as error:
            failures[name] = str(error)
    return failures


HASHED = ("owner_key", "line_key", "line_checksum")  # each engine has a hash of its own


@pytest.mark.parametrize("name", sorted(PROJECT.models))
def test_spark_gives_the_rows_of_duckdb(engines: Engines, name: str) -> None:
    if name not in engines.plan.models:
        pytest.skip(f"{name} is switched off")
    assert name not in engines.failures, engines.failures[name]
    described = engines.duckdb.rows(f"describe main.{name}")
    shown = ", ".join(row[0] for row in described if row[0] not in HASHED)
    query = f"select {shown} from main.{name}"
    expected, found = engines.rows(query, query)
    assert expected, f"{name} is empty: it proves nothing"
    _compare(expected, found)


@pytest.mark.parametrize("query", QUERIES)
def test_checked_sql_means_the_same_on_both_engines(
    engines: Engines, query: str
) -> None:
    model = Model("odd", Path("odd.sql"), query, "", "test")
    compiled = Compiled(model, "odd.sql", query, (), (), {}, ())
    _compare(*engines.rows(query, dialect.translate(compiled)))


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
