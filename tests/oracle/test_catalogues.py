"""A surface with a catalogue of its own: lists are made of it before they are cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.worlds import ALL_SOURCES, SMALL, World, random_lines, tiny_world

SOURCES = [name for name in ALL_SOURCES if name not in ("bpr", "lmf")]
ITEMS = {
    "table": "products",
    "item_id": "product_id",
    "title": "product_type",
    "category": "product_category",
    "attributes": {"department": "department", "margin": "product_id * 2.5"},
}
# sources that look only at the best rules or neighbours of an item
CUT_PER_ITEM = {"rules", "sequential", "content", "embedding"}
Row = dict[str, Any]
# `where` of a surface, and the same in Python
WHERES: dict[str, tuple[str, Callable[[Row, Row], bool]]] = {
    "cheap": ("attributes.margin < 10", lambda item, user: item["item_id"] * 2.5 < 10),
    "theirs": (
        "items.category = 'category 1' and order_count > 5 "
        "or items.item_id > 20 and users.order_count <= 5",
        lambda item, user: (
            item["category"] == "category 1"
            if user["order_count"] > 5
            else item["item_id"] > 20
        ),
    ),
    "none": ("items.title = 'nothing'", lambda item, user: False),
}


def surface(name: str, **more: Any) -> Row:
    return {
        "name": name,
        "allow_repeat": "all",
        "length": 3,
        "personal": ["history", "als"],
        "fallback": ["popular"],
        "where": WHERES[name][0],
        **more,
    }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    own = [
        surface("cheap", strategy="blend", max_per={"department": 1}),
        surface("theirs", allow_repeat="new_only"),
        surface("none"),
    ]
    with tiny_world(
        random_lines(5, baskets=250),
        items=ITEMS,
        candidate_sources=SOURCES,
        svd_factors=4,
        surfaces=[*SMALL["surfaces"], *own],
        wanted="+rec_for_user +rec_excluded",
    ) as world:
        yield world


@pytest.fixture(scope="module")
def plain() -> Iterator[World]:
    """Return the same without such surfaces, and with all candidates."""
    with tiny_world(
        random_lines(5, baskets=250),
        items=ITEMS,
        candidate_sources=SOURCES,
        svd_factors=4,
        candidates_per_user=1000,
        wanted="+rec_for_user",
    ) as world:
        yield world


def catalogue(world: World, name: str) -> dict[int, set[int]]:
    items = world.dicts("int_items")
    return {
        user["user_id"]: {i["item_id"] for i in items if WHERES[name][1](i, user)}
        for user in world.dicts("int_users")
    }


def test_candidates_are_the_best_of_the_catalogue(world: World, plain: World) -> None:
    found, wanted = defaultdict(list), defaultdict(list)
    for row in sorted(world.dicts("list_candidates"), key=lambda row: row["item_rank"]):
        key = row["surface"], row["candidate_source"], row["user_id"], row["is_repeat"]
        found[key].append((row["item_id"], row["kind_rank"]))
    own = {name: catalogue(plain, name) for name in WHERES}
    for row in sorted(plain.dicts("cand_all"), key=lambda row: row["item_rank"]):
        for name in (None, *WHERES):
            if name is None or row["item_id"] in own[name][row["user_id"]]:
                key = name, row["candidate_source"], row["user_id"], row["is_repeat"]
                wanted[key].append((row["item_id"], len(wanted[key]) + 1))
    for key in {*found, *wanted}:
        if key[1] not in CUT_PER_ITEM:
            assert found[key] == wanted[key][:6], key


def test_lists_are_full_as_far_as_the_catalogue_goes(world: World) -> None:
    assert world.broken() == []
    lists = defaultdict(list)
    for row in world.dicts("rec_for_user"):
        lists[row["surface"], row["user_id"]].append(row["item_id"])
    taken = defaultdict(set)
    for row in world.dicts("int_user_items"):
        taken[row["user_id"]].add(row["item_id"])
    eligible = {i["item_id"] for i in world.dicts("int_items") if i["is_eligible"]}
    lengths = set()
    for name in WHERES:
        for user, items in catalogue(world, name).items():
            left = items & eligible - (taken[user] if name == "theirs" else set())
            shown = lists[name, user]
            assert set(shown) <= left
            assert len(shown) == min(3, len(left))
            lengths.add(len(shown))
    assert {0, 3} <= lengths


def test_other_surfaces_are_as_without(world: World) -> None:
    columns = "user_id, surface, item_id, score, candidate_source, item_rank"
    asked = f"select {columns} from rec_for_user where surface in {{}} order by all"
    names = tuple(entry["name"] for entry in SMALL["surfaces"])
    with tiny_world(
        random_lines(5, baskets=250),
        items=ITEMS,
        candidate_sources=SOURCES,
        svd_factors=4,
        wanted="+rec_for_user",
    ) as without:
        assert world.rows(asked.format(names)) == without.rows(asked.format(names))
