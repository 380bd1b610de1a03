"""Data tests on many rows: each of them ends, and says what it saw."""

from __future__ import annotations

from multiprocessing import get_context

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine import checks as engine_checks
from recsql.engine import records
from recsql.engine.checks import Check, plan_checks, run_checks
from recsql.engine.warehouse import open_warehouse

VARS = {
    "as_of": "2018-06-01",
    "eval_split": "last_n",
    "eval_last_n": 3,
    "events": {
        "table": "ratings",
        "user_id": "user_id",
        "item_id": "item_id",
        "event_at": "to_timestamp(rated_at)",
        "rating": "rating",
    },
    "items": {"table": None},
    "users": {"table": None},
}
# DuckDB 2.0.0 waited for ever for one row of this test, from about 30,000 lines on
RATINGS = """
create table raw.ratings as
select
    hash(number) % 610 as user_id,
    (hash(number + 1) % 97) * (hash(number + 2) % 97) as item_id,
    1 + hash(number + 3) % 5 as rating,
    830000000 + hash(number + 4) % 700000000 as rated_at
from range(120000) as lines(number)
"""


def check_both() -> None:
    """Run the tests of both stagings, and let the first problem be the end."""
    plan = compile_project(load_project(builtin_root(), VARS))
    names = ("stg_events", "stg_holdout_events")
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 2}) as warehouse:
        warehouse.rows("create schema raw")
        warehouse.rows(RATINGS)
        for name in names:
            warehouse.materialize(warehouse.connection, plan.models[name])
        checks = plan_checks(plan, names, names)
        assert "held_out_is_not_seen" in {check.name for check in checks}
        for result in run_checks(checks, warehouse, 1):
            assert result.status == "passed", result.problem


def test_a_test_over_two_readers_of_the_same_lines_ends() -> None:
    process = get_context("spawn").Process(target=check_both)
    process.start()
    process.join(60)
    process.kill()
    assert process.exitcode == 0, "None: it did not end"


def null_tests(*columns: str) -> list[Check]:
    """Return the tests that columns of table `t` are never null."""
    return [
        Check(c, "t.yml", f"select * from t where ({c}) is null", "error", ("t",), null)
        for c in columns
        for null in [f"({c}) is null"]
    ]


def test_conditions_on_one_table_are_asked_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_warehouse(None, {}) as warehouse:
        warehouse.rows("create table t as select 1 as a, 2 as b, null::int as c")
        found = list(run_checks(null_tests("a", "c", "b", "gone"), warehouse, 2))
        assert [(result.name, result.status) for result in found] == [
            *(("a", "passed"), ("c", "failed"), ("b", "passed"), ("gone", "failed"))
        ]
        assert [bool(result.row) for result in found] == [False, True, False, False]
        monkeypatch.setattr(engine_checks, "_run", None)  # none is asked for itself
        found = list(run_checks(null_tests("a", "b"), warehouse, 2))
        assert [result.status for result in found] == ["passed", "passed"]


def test_rows_of_a_raw_table_are_inserted_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "AT_ONCE", 2)
    rows = [{"n": n, "text": None if n % 2 else "x"} for n in range(5)]
    with open_warehouse(None, {}) as warehouse:
        warehouse.rows("create table t (text varchar, other int, n bigint)")
        records.insert_rows(warehouse, "t", rows)
        records.insert_rows(warehouse, "t", [])
        assert warehouse.rows("select n, text, other from t order by n") == [
            (n, None if n % 2 else "x", None) for n in range(5)
        ]
