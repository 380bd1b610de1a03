"""Every model, all switches on, gives the same rows on two executors as on DuckDB.

Nothing is copied but raw tables and seeds. test_spark_shop.py does it for the default
project, by the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recsql.compilation.compiler import Plan, compile_project
from recsql.config.profile import Cluster, Profile
from recsql.config.project import builtin_root, load_project
from recsql.engine.checks import plan_checks
from recsql.engine.runner import run_models
from recsql.engine.scheduling import schedule
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.spark.building import SparkBuilder
from recsql.spark.contents import Contents
from recsql.spark.tables import Tables
from recsql.spark.testing import run_checks
from tests.integration.spark_inputs import VARS, odd_words, raw_tables
from tests.integration.spark_session import (
    HASHED,
    MASTER,
    Rows,
    compare,
    sorted_rows,
    start_spark,
)
from tests.rankers import rankers_table
from tests.refreshes import some_history

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
PROJECT = load_project(builtin_root())


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
        return sorted_rows(mine), sorted_rows(theirs)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    plan = compile_project(PROJECT.with_vars(VARS))
    session = start_spark(tmp_path_factory.mktemp("spark"), MASTER)
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
        built = schedule(
            plan,
            SparkBuilder(plan, tables, Contents(plan, tables)),
            plan.graph.order,
            2,
        )
        failures = {
            r.name: str(r.error or r.status) for r in built if r.status != "done"
        }
        yield Engines(plan, warehouse, tables, failures)
    session.stop()


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
    compare(expected, found)


def test_data_tests_pass_on_spark(engines: Engines) -> None:
    checks = plan_checks(engines.plan, engines.plan.graph.order, engines.spark.kinds)
    results = [*run_checks(checks, engines.spark)]
    assert len(results) == len(checks) > 300
    assert [each.problem for each in results if each.status == "failed"] == []
