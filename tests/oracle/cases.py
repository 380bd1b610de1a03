"""The evaluation models over lists and truth that a test writes down itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsql.engine.warehouse import open_warehouse
from tests.worlds import AS_OF, World, plan_with

Row = Mapping[str, Any]


def cases_of(shared_data: Path) -> list[dict[str, Any]]:
    """Return the cases that well-known toolkits publish."""
    return list(json.loads((shared_data / "metric_cases.json").read_text()))


def case_of(cases: Sequence[dict[str, Any]], start: str) -> dict[str, Any]:
    """Return the case whose name starts so."""
    return next(case for case in cases if case["name"].startswith(start))


def listed(rows: Iterable[tuple[Any, Any, int]]) -> list[Row]:
    """Return rows of eval_lists for (user, item, rank)."""
    return [
        {
            "list_name": "case",
            "allow_repeat": "all",
            "user_id": user,
            "item_id": item,
            "item_rank": rank,
        }
        for user, item, rank in rows
    ]


def taken(rows: Iterable[tuple[Any, Any, float]]) -> list[Row]:
    """Return rows of eval_truth for (user, item, weight)."""
    return [
        {
            "user_id": user,
            "item_id": item,
            "is_newcomer": False,
            "is_repeat": False,
            "weight": float(weight),
            "popularity_place": number,
            "item_weight": 1.0,
            "unlistable_because": "",
        }
        for number, (user, item, weight) in enumerate(rows, 1)
    ]


def users_of(rows: Iterable[Row]) -> list[Row]:
    """Return rows of int_users for whoever is in the rows."""
    return [
        {"user_id": user, "order_count": 1, "home_region": "r", "user_group": "g"}
        for user in sorted({row["user_id"] for row in rows})
    ]


def catalogue(counts: Mapping[Any, int]) -> list[Row]:
    """Return rows of int_items for the number of users per item."""
    return [
        {
            "item_id": item,
            "item_index": number,
            "category": None,
            "user_count": count,
            "is_eligible": True,
            "is_new": False,
        }
        for number, (item, count) in enumerate(counts.items())
    ]


@contextmanager
def evaluated(
    tables: Mapping[str, Sequence[Row]], models: Sequence[str], **changed: Any
) -> Iterator[World]:
    """Build some models over tables that are given row by row."""
    plan = plan_with(as_of=str(AS_OF), eval_resamples=50, **changed)
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        for name, rows in tables.items():
            warehouse.connection.register("given", pa.Table.from_pylist(list(rows)))
            warehouse.rows(f"create table {name} as from given")
            warehouse.connection.unregister("given")
        for model in models:
            warehouse.materialize(warehouse.connection, plan.models[model])
        yield World([], {}, warehouse)


def by_score(rows: Sequence[Row], score: str) -> list[tuple[int, int, int]]:
    """Return (user, item, rank), the rank counted by falling score."""
    ranked = []
    order = sorted(rows, key=lambda r: (r["user_id"], -r.get(score, 0), r["item_id"]))
    for user, group in groupby(order, key=lambda row: row["user_id"]):
        ranked += [(user, row["item_id"], rank) for rank, row in enumerate(group, 1)]
    return ranked
