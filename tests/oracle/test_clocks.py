"""Two clocks: what is learned ages by events, what is shown is judged at refresh."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import AS_OF, Line, tiny_world

LAST = datetime(2024, 11, 20)
ITEMS = range(1, 9)
LINES = [
    Line(user, item, user * 100 + week, LAST - timedelta(weeks=week))
    for user in (100, 101, 102)
    for week in range(6)
    for item in ITEMS
]
WINDOWS = {3: (None, "2024-11-25"), 4: ("2024-11-27", None), 5: ("2024-12-01", None)}
CATALOGUE: dict[str, Any] = {
    "table": "catalogue",
    "item_id": "id",
    "title": "title",
    "available_from": "starts",
    "available_to": "ends",
}
SETTINGS: dict[str, Any] = {
    "as_of": None,
    "items": CATALOGUE,
    "min_item_baskets": 2,
    "new_item_days": 10,
    "wanted": "+elig_scope_items +int_user_items +elig_user_scopes",
}


def tables() -> dict[str, pa.Table]:
    """Return a catalogue with windows and lists, and users with their country."""
    ids = [*ITEMS, 20, 21]
    windows = {**WINDOWS, 20: ("2024-11-16", None), 21: ("2024-11-26", None)}
    starts, ends = zip(*[windows.get(i, (None, None)) for i in ids], strict=True)
    blocked = {
        "item": [6, 7],
        "starts": ["2024-11-01", "2024-11-25"],
        "ends": ["2024-11-24", None],
    }
    sold = [(i, "DE") for i in (1, 2, 3, 4)] + [(i, "FR") for i in (1, 5, 6)]
    return {
        "catalogue": pa.table(
            {
                "id": pa.array(ids, pa.int64()),
                "title": [f"item {i}" for i in ids],
                "starts": pa.array(starts, pa.string()),
                "ends": pa.array(ends, pa.string()),
            }
        ),
        "blocked": pa.table(blocked),
        "people": pa.table({"id": [100, 900], "country": ["FR", "DE"]}),
        "sold": pa.table({"item": [i for i, _ in sold], "land": [r for _, r in sold]}),
    }


@pytest.mark.parametrize(
    ("show_at", "shown"),
    [
        ("2024-11-20", {1, 2, 3, 7, 8, 20}),
        ("2024-11-24 23:59:59", {1, 2, 3, 6, 7, 8, 20}),
        ("2024-11-28", {1, 2, 4, 6, 8, 21}),
        (None, {1, 2, 4, 5, 6, 8}),  # now: every start has come, and nothing is new
    ],
)
def test_what_is_shown_is_judged_when_it_is_shown(
    show_at: str | None, shown: set[int]
) -> None:
    restrictions = {
        "table": "blocked",
        "kind": "'block'",
        "item_id": "item",
        "starts_at": "starts",
        "ends_at": "ends",
    }
    given = {**SETTINGS, "show_at": show_at, "restrictions": restrictions}
    with tiny_world(LINES, tables=tables(), **given) as world:
        found = world.rows("select item_id from elig_scope_items")
        assert {item for (item,) in found} == shown
        weights = world.rows("select max(weight), max(last_at) from int_user_items")
    expected = sum(2.718281828459045 ** (-7 * week / 60) for week in range(6))
    assert weights == [(pytest.approx(expected), LAST)]


def test_as_of_is_both_clocks() -> None:
    given = {**SETTINGS, "as_of": str(AS_OF), "show_at": "2030-01-01"}
    given["wanted"] = "+int_item_ages +int_reference_time"
    with tiny_world(LINES, tables=tables(), **given) as world:
        clocks = world.rows(
            "select reference_at, shown_at from int_reference_time, int_serving_time"
        )
    assert clocks == [(AS_OF, AS_OF)]


def test_a_sign_up_gets_what_is_sold_in_their_country() -> None:
    given = {
        **SETTINGS,
        "show_at": "2024-11-20",
        "items": {"table": None, "item_id": "item_id"},
        "users": {"table": "people", "user_id": "id", "region": "country"},
        "availability": {"table": "sold", "region": "land", "item_id": "item"},
    }
    with tiny_world(LINES, tables=tables(), **given) as world:
        rows = world.rows(
            "select user_id, item_id from elig_user_scopes "
            "join elig_scope_items using (scope_index) where user_id in (100, 101, 900)"
        )
    mine = {u: {i for user, i in rows if user == u} for u in (100, 101, 900)}
    # 101 is known by the shop they buy in, which has no list
    assert mine == {100: {1, 5, 6}, 101: {1, 2, 3, 4, 5, 6}, 900: {1, 2, 3, 4}}
