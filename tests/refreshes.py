"""Refreshes for tests: raw tables as if recsql had recorded some."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from recsql.config.project import builtin_root, load_project

TYPES = {
    "varchar": pa.string(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "integer": pa.int32(),
    "bigint": pa.int64(),
}
FIRST = datetime(2000, 1, 1)
Profile = dict[tuple[str, str, str], float]
Rows = Sequence[dict[str, object]]


def history_tables(**rows: Rows) -> dict[str, pa.Table]:
    """Return all tables of source history, with the types that its yml declares."""
    sources = load_project(builtin_root()).sources
    return {
        name: pa.Table.from_pylist(
            list(rows.get(name, [])),
            pa.schema([(c.name, TYPES[str(c.data_type)]) for c in table.columns]),
        )
        for (group, name), table in sources.items()
        if group == "history"
    }


def refreshes(profiles: Sequence[Profile]) -> tuple[Rows, Rows]:
    """Return rows of refreshes, all published, and of their profiles."""
    runs = [
        {
            "run_id": f"run {number}",
            "command": "refresh",
            "started_at": FIRST + timedelta(days=number),
            "outcome": "published",
            "version": number + 1,
        }
        for number in range(len(profiles))
    ]
    kept = [
        {"run_id": run["run_id"], "measure": m, "part": p, "bin": b, "amount": amount}
        for run, profile in zip(runs, profiles, strict=True)
        for (m, p, b), amount in profile.items()
    ]
    return runs, kept


def some_history(
    users: Sequence[str], items: Sequence[str], surface: str
) -> dict[str, pa.Table]:
    """Return two refreshes, and lists of the given users and items."""
    counts: Profile = {
        ("event_type", "all", "purchase"): 90.0,
        ("event_type", "all", "view"): 10.0,
        ("weight", "all", "2^0"): 50.0,
        ("verdict", "all", "accepted"): 95.0,
        ("verdict", "all", "missing_item"): 5.0,
        ("size", "all", "users"): 7.0,
    }
    runs, kept = refreshes([counts, {**counts, ("event_type", "all", "view"): 30.0}])
    return history_tables(
        refreshes=runs,
        refresh_profiles=kept,
        refresh_models=[{"run_id": "run 1", "model_name": "int_users", "row_count": 7}],
        refresh_lists=[
            {"user_id": user, "surface": surface, "item_id": item, "item_rank": rank}
            for user in users
            for rank, item in enumerate(items, 1)
        ],
        refresh_items=[
            {"surface": surface, "item_id": item, "list_count": 1, "mean_rank": 1.0}
            for item in items
        ],
    )
