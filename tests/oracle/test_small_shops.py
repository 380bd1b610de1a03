"""Shops of a few items, in which each word of a setting can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from recsql.questions.shows import Shown
from tests.worlds import AS_OF, Line, tiny_world

EVERYTHING = {"min_item_baskets": 1, "min_pair_count": 1, "min_support": 0.0001}


def baskets(*contents: Sequence[int], users: int = 4) -> list[Line]:
    """Return lines of receipts, one a day up to yesterday, of some users in turn."""
    return [
        Line(100 + day % users, item, day, AS_OF - timedelta(days=len(contents) - day))
        for day, items in enumerate(contents)
        for item in items
    ]


def restrictions(**mapped: str) -> dict[str, Any]:
    names = ("user_id", "region", "item_id", "category", "starts_at", "ends_at")
    empty = dict.fromkeys((*names, "where"))
    return {"table": "lists", "kind": "'block'", **empty, **mapped}


@pytest.mark.parametrize(
    "mapped",
    [
        {"item_id": "item"},
        {"kind": "'allow'", "item_id": "item", "region": "'1'"},
        {"item_id": "item", "user_id": "buyer"},
    ],
)
def test_six_items_of_which_one_is_blocked_can_be_published(
    mapped: dict[str, str],
) -> None:
    lines = baskets((1, 2, 3), (4, 5, 6), (1, 3, 5), (2, 4, 6), (1, 2), (3, 4), (5, 6))
    lists = pa.table({"item": pa.array([3], pa.int64()), "buyer": [101]})
    asked = {**EVERYTHING, "restrictions": restrictions(**mapped)}
    with tiny_world(lines, tables={"lists": lists}, **asked) as world:
        assert world.broken() == []
        listed = world.rows(
            "select item_id, count(*) from rec_complements group by 1 order by 1"
        )
    if mapped == {"item_id": "item"}:
        assert listed == [(1, 4), (2, 4), (3, 5), (4, 4), (5, 4), (6, 4), (999, 5)]


def test_a_source_that_is_personal_and_fallback_fills() -> None:
    both = {
        "name": "home",
        "allow_repeat": "all",
        "length": 3,
        "personal": ["popular"],
        "fallback": ["popular"],
    }
    lines = baskets((1, 2, 3), (2, 3, 4), (1, 4), (3, 4), users=2)
    lines += [Line(9, 1, 99, AS_OF - timedelta(days=1))]  # one order, 3 are personal
    asked = {**EVERYTHING, "surfaces": [both], "wanted": "+rec_for_user"}
    with tiny_world(lines, **asked) as world:
        shown = world.rows(
            "select user_id, count(*) from rec_for_user group by 1 order by 1"
        )
        assert world.broken() == []
    assert shown == [(9, 3), (100, 3), (101, 3)]


@pytest.mark.parametrize(
    ("total", "said"),
    [(2, ""), (40, "2 of 40 rows, 38 left out. More of them: --limit 40")],
)
def test_rows_that_are_not_printed_are_counted(total: int, said: str) -> None:
    assert Shown(("item_id",), ((1,), (2,)), total).left_out == said
