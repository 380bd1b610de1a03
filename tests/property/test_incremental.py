"""A refresh that adds to its tables equals one that builds them anew, row for row.

So does one that leaves tables as they are, where nothing they are made of changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from recsql.compilation.compiler import Plan
from recsql.engine.contents import Contents
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from tests.tries import tries
from tests.worlds import SMALL, load_lines, plan_with, store

START = datetime(2024, 1, 1)
MEANWHILE = ["refreshed_at", "since_at", "until_at", "changed_at", "counted_at"]
COLUMNS = [
    "user_id",
    "item_id",
    "basket_id",
    "event_at",
    "event_type",
    "quantity",
    "amount",
    "region",
    "event_id",
    "is_deleted",
]
MAPPED = {"table": "lines", **{name: name for name in COLUMNS[:-2]}}
DELETED = {**MAPPED, "is_deleted": "is_deleted"}
SETTINGS: dict[str, Any] = {
    "events": MAPPED,
    "min_item_baskets": 1,
    "min_pair_count": 1,
    "max_basket_items": 4,
    "max_extra_share": 1.0,
}
CASES: dict[str, dict[str, Any]] = {
    "plain": {"min_pair_count": 2},
    "sums": {"repeated_lines": "sum"},
    "latest": {"repeated_lines": "latest", "max_user_events_per_day": 3},
    "core": {"core_min_items_per_user": 2},
    "decayed": {"rule_decay_days": 0.03, "decay_days": {"purchase": 2, "view": 0.5}},
    "tombstones": {"events": DELETED},
    "event_ids": {"events": {**DELETED, "event_id": "event_id"}},
    "spread": {"max_basket_days": 1},
}
# What is compared: internal numbers are read as the ids that they stand for.
IDS = {
    "basket_index": "(select basket_id from int_baskets b where b.basket_index = t.{})",
    "item_code": "(select item_id from int_item_codes c where c.item_code = t.{})",
}
Row = tuple[Any, ...]

lines = st.tuples(
    st.sampled_from([None, 1, 1, 2, 3]),  # a guest, or a user
    st.integers(1, 6),
    st.sampled_from([None, "a", "b", "c"]),
    st.integers(0, 40).map(lambda hours: START + timedelta(hours=hours)),
    st.sampled_from(["purchase", "purchase", "purchase", "return", "view", "odd"]),
    st.sampled_from([1.0, 1.0, 2.0, -1.0, 0.0]),
    st.sampled_from([1.0, 2.5]),
    st.sampled_from(["north", "south"]),
    st.sampled_from([None, "e1", "e2", "e3", "e4", "e5"]),
    st.sampled_from([False, False, False, True]),
)
# A tombstone may say no more than which event it deletes.
stones = st.sampled_from(["e1", "e2", "e3", "e4"]).map(
    lambda event: (*[None] * (len(COLUMNS) - 2), event, True)
)
# Each refresh: lines that arrived (late ones too), and how many old ones are gone.
arrivals = st.lists(lines | stones, max_size=12)
refreshes = st.lists(st.tuples(arrivals, st.integers(0, 3)), min_size=2, max_size=4)


def names(plan: Plan) -> tuple[str, ...]:
    wanted = ["+sig_rules", "+int_rejected_events", "+mon_giant_baskets"]
    wanted += ["+mon_spread_baskets"]
    return plan.graph.select([*wanted, "+int_basket_items", "+int_user_items"])


@contextmanager
def warehouse_with(lines: Sequence[Row]) -> Iterator[Warehouse]:
    """Open a warehouse in memory with a catalogue, users and the lines."""
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 1}) as warehouse:
        load_lines(warehouse, [])
        replace_lines(warehouse, lines)
        yield warehouse


def replace_lines(warehouse: Warehouse, lines: Sequence[Row]) -> None:
    types = [pa.int64(), pa.int64(), pa.string(), pa.timestamp("us"), pa.string()]
    types += [pa.float64(), pa.float64(), pa.string(), pa.string(), pa.bool_()]
    columns = zip(*lines, strict=True) if lines else [[]] * len(COLUMNS)
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    warehouse.rows("drop table if exists raw.lines")
    store(warehouse, {"lines": pa.table(dict(zip(COLUMNS, arrays, strict=True)))})


def refresh(plan: Plan, warehouse: Warehouse) -> list[str]:
    """Build what can have changed; return the incremental models built anew."""
    again = []
    contents = Contents(plan, warehouse)
    for result in run_models(plan, warehouse, names(plan), 1, contents):
        if result.error:
            raise result.error
        again += [result.name] if "anew" in result.note else []
    return again


def tables(plan: Plan, warehouse: Warehouse) -> dict[str, list[Row]]:
    """Return the rows of all models that say the same after either kind of refresh."""
    found = {}
    for name in names(plan):
        if name not in plan.models or name == "sig_pair_counts":
            continue  # it also keeps what a pair was; sig_item_pairs reads what it is
        columns = [row[0] for row in warehouse.rows(f"describe {name}")]
        shown = [
            IDS.get(column, "t.{}").format(column)
            for column in columns
            if column not in MEANWHILE
            and (name, column) not in {("int_item_codes", "item_code")}
        ]
        kept = {
            "int_owners": "line_count > 0",  # an owner without lines is remembered
            "int_basket_contents": "until_at is null",
            "int_item_codes": "item_id in (select item_id from int_owner_items)",
        }.get(name, "true")
        query = f"select {', '.join(shown)} from {name} t where {kept}"
        found[name] = sorted(warehouse.rows(query), key=repr)
    return found


@settings(
    max_examples=tries(14),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=st.sampled_from(sorted(CASES)), sequence=refreshes)
def test_adding_gives_what_building_anew_gives(
    case: str, sequence: list[tuple[list[Row], int]]
) -> None:
    plan = plan_with(**{**SMALL, "as_of": None, **SETTINGS, **CASES[case]})
    kept: list[Row] = []
    with warehouse_with([]) as added:
        for arrived, gone in sequence:
            kept = [*kept[gone:], *arrived]
            replace_lines(added, kept)
            assert refresh(plan, added) == []
        found = tables(plan, added)
    with warehouse_with(kept) as anew:
        refresh(plan, anew)
        expected = tables(plan, anew)
    for name, rows in expected.items():
        assert found[name] == rows, name
