"""What tombstones delete, against a comparison of every line with every tombstone."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from recsql.engine.runner import run_models
from recsql.engine.warehouse import open_warehouse
from tests.worlds import AS_OF, SMALL, load_lines, plan_with, store

COLUMNS = ("user_id", "item_id", "basket_id", "event_id")
MAPPED = {"table": "lines", "event_at": "event_at", "quantity": "number"}
MAPPED |= {"is_deleted": "op = 'd'"}
DAYS = 10
Row = dict[str, Any]


def random_rows(seed: int) -> list[Row]:
    """Return lines and tombstones around as_of, which meet often; all have a number."""
    chance = random.Random(seed)
    rows = []
    for number in range(250):
        gone = chance.random() < 0.3
        hours = chance.randint(-20, 20) * 12
        rows.append(
            {
                "user_id": chance.choice([None, 1, 11]),
                "item_id": chance.choice([1, 11, 111]),
                "basket_id": chance.choice(["1", "1 1", "11"]),
                "event_id": chance.choice([None, *map(str, range(60))]),
                "event_at": AS_OF + timedelta(hours=hours),
                "op": chance.choice(["d"] if gone else ["c", None]),
                "number": number,
            }
        )
        if gone and chance.random() < 0.1:
            rows[-1]["event_at"] = None
    return rows


def expected(rows: list[Row], keys: tuple[str, ...], known: datetime) -> dict[int, Any]:
    """Return what becomes of each line, by tombstones up to a moment."""
    stones = [
        row
        for row in rows
        if row["op"] == "d" and (row["event_at"] is None or row["event_at"] < known)
    ]

    def fate(row: Row) -> str | None:
        if row["op"] == "d":
            return "tombstone"
        for stone in stones:
            same = all(row[key] == stone[key] for key in keys)
            named = keys != ("event_id",) or row["event_id"] is not None
            late = stone["event_at"] and stone["event_at"] < row["event_at"]
            if same and named and not late:
                return "deleted"
        return None

    return {row["number"]: fate(row) for row in rows}


@pytest.mark.parametrize("keys", [("event_id",), ("user_id", "item_id", "basket_id")])
def test_deleted_is_what_a_known_tombstone_is_about(keys: tuple[str, ...]) -> None:
    rows = random_rows(3)
    mapped = {name: name for name in COLUMNS if name != "event_id" or name in keys}
    given = {"holdout_days": DAYS - 2, "eval_gap_days": 1}
    plan = plan_with(**{**SMALL, **given, "events": {**MAPPED, **mapped}})
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 1}) as warehouse:
        load_lines(warehouse, [])
        store(warehouse, {"lines": pa.Table.from_pylist(rows)})
        names = plan.graph.select(["stg_events", "stg_holdout_events"])
        for result in run_models(plan, warehouse, names, 1):
            assert result.error is None
        for table, known, start in (
            ("stg_events", AS_OF, None),
            ("stg_holdout_events", AS_OF + timedelta(days=DAYS - 1), 1),
        ):
            found = dict(
                warehouse.rows(f"select cast(quantity as int), deletion from {table}")
            )
            fates = expected(rows, keys, known)
            assert found == {
                row["number"]: fates[row["number"]]
                for row in rows
                if is_in(row["event_at"], known, start)
            }
            assert len(set(found.values())) == 3


def is_in(at: datetime | None, known: datetime, gap_days: int | None) -> bool:
    """Say whether a row is in the past, or in the holdout after the gap."""
    if gap_days is None:
        return at is None or at < known
    return at is not None and AS_OF + timedelta(days=gap_days) <= at < known
