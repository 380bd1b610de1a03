"""Every SQL-only model gives the same rows on a local Spark session as on DuckDB."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recsql import spark as dialect
from recsql.compiler import Plan, compile_project
from recsql.errors import RecsqlError
from recsql.project import builtin_root, load_project
from recsql.runner import run_models
from recsql.warehouse import Warehouse, open_warehouse

pyspark_sql = pytest.importorskip(
    "pyspark.sql", reason='Spark is not tested: pip install "recsql[spark]"'
)
if shutil.which("java") is None:
    pytest.skip("Spark is not tested: there is no java", allow_module_level=True)

PROJECT = load_project(builtin_root())
AS_OF = datetime(2024, 3, 1)
VARS: dict[str, Any] = {
    "as_of": str(AS_OF),
    "events": {
        "table": "events",
        "user_id": "visitor",
        "item_id": "product",
        "event_at": "happened",
        "event_type": "kind",
        "basket_id": "receipt",
        "quantity": "quantity",
        "amount": "amount",
        "rating": None,
        "region": "shop",
        "where": None,
    },
    "items": {
        "table": "items",
        "item_id": "product",
        "title": "concat_ws(', ', name, size)",
        "category": "category",
        "available_from": "available_from",
        "where": None,
    },
    "users": {
        "table": "users",
        "user_id": "visitor",
        "user_group": "age",
        "where": None,
    },
    "min_item_baskets": 3,
    "als_factors": 8,
    "als_iterations": 3,
    "candidates_per_user": 25,
    "eval_cutoffs": [5, 10],
}
TIMES = ["2024", "now", "12:30", "2024-02-30", "soon", "", None, " 2024-01-05"]
TITLES = [
    "Käse",
    "it's",
    'the "best"',
    "a\\b",
    "牛乳",
    "  ",
    None,
    "🥐 croissant",
    "{{ x }}",
]
REGIONS = ["Nord", "Süd", "O'Hare", None]


def raw_tables() -> dict[str, pa.Table]:
    """Make up small tables that hold everything that goes wrong in real ones."""
    chance = random.Random(7)
    users = [f"u{n:03}" for n in range(240)]
    items = [f"Item {n}" if n % 7 else f"ítem'{n}" for n in range(70)]
    events = [row for _ in range(800) for row in _visit(chance, users, items)]
    events += chance.sample(events, 60)
    return {
        "events": _table(
            "visitor product happened kind receipt quantity amount shop", events
        ),
        "items": _table(
            "product name size category available_from",
            [_item(chance, item) for item in [*items[:60], *items[:9], "unsold"]],
        ),
        "users": _table(
            "visitor age",
            [
                (user, chance.choice(["19-24", " 25-34", "", None]))
                for user in [*users[:150], *users[:20], "newcomer", None]
            ],
        ),
    }


def _visit(
    chance: random.Random, users: list[str], items: list[str]
) -> Iterator[tuple[str | None, ...]]:
    """Yield the lines of one visit; some of them are broken."""
    user = chance.choice([*users, *users[:20] * 4, None])
    start = datetime(2024, 1, 1) + timedelta(minutes=chance.randrange(60 * 24 * 88))
    receipt = chance.choice([f"r{chance.randrange(10**6)}", None])
    shop = chance.choice(REGIONS)
    for number in range(chance.randint(1, 7)):
        first = int(70 * chance.random() ** 2)
        happened = start + timedelta(seconds=number, microseconds=123456 * (number % 2))
        broken = chance.random() < 0.02
        yield (
            user,
            chance.choice([None, "", " "]) if broken else items[first],
            chance.choice(TIMES) if chance.random() < 0.02 else str(happened),
            chance.choice(
                ["Purchase", "view", " click", "addtocart"] * 9 + ["?", None]
            ),
            receipt,
            chance.choice(["1", "2", "1.5", None] * 9 + ["0", "-1", "1d", "many"]),
            str(chance.randrange(1, 9)),
            shop,
        )


def _item(chance: random.Random, item: str) -> tuple[str | None, ...]:
    return (
        item,
        chance.choice(TITLES),
        chance.choice(["1 l", "500 g", None]),
        chance.choice(["dairy", "Bäcker", " ", None]),
        chance.choice(["2024-01-31", "2024-01-31 10:00", "31.1.2024", None]),
    )


def _table(names: str, rows: list[tuple[str | None, ...]]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(dict(zip(names.split(), columns, strict=True)))


@dataclass(frozen=True)
class Engines:
    """The whole project, built on both engines from the same raw tables."""

    plan: Plan
    duckdb: Warehouse
    spark: Any
    failures: dict[str, str]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    raw = raw_tables()
    plan = compile_project(PROJECT.with_vars(VARS))
    session = _start_spark(tmp_path_factory.mktemp("spark"))
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        warehouse.connection.execute("create schema raw")
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
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
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
            cursor = warehouse.connection.execute(f"from main.{name}")
            _store(session, f"main.{name}", cursor.to_arrow_table())
            continue
        try:
            query = dialect.translate(compiled)
            session.sql(f"create table main.{name} using parquet as {query}")
        except (RecsqlError, Exception) as error:
            failures[name] = str(error)
    return failures


@pytest.mark.parametrize("name", sorted(PROJECT.models))
def test_spark_gives_the_rows_of_duckdb(engines: Engines, name: str) -> None:
    if name not in engines.plan.models:
        pytest.skip(f"{name} is switched off")
    assert name not in engines.failures, engines.failures[name]
    expected = engines.duckdb.connection.execute(f"from main.{name}").fetchall()
    found = [tuple(row) for row in engines.spark.sql(f"from main.{name}").collect()]
    assert expected, f"{name} is empty: it proves nothing"
    assert len(found) == len(expected)
    for mine, theirs in zip(_sorted(expected), _sorted(found), strict=True):
        assert all(map(_alike, mine, theirs)), f"{mine} on DuckDB, {theirs} on Spark"


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sort rows by what both engines give exactly, then by their numbers."""

    def key(row: tuple[Any, ...]) -> tuple[list[str], list[float]]:
        inexact = [x for x in row if isinstance(x, float | Decimal)]
        return [str(x) for x in row if not isinstance(x, float | Decimal)], [
            round(float(x), 6) for x in inexact
        ]

    return sorted(rows, key=key)


def _alike(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, float | Decimal) and isinstance(theirs, float | int | Decimal):
        return math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(mine, dict) and not isinstance(theirs, dict):
        theirs = theirs.asDict()
    return bool(mine == theirs)
