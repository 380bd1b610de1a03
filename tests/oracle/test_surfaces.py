"""Blends, rules, caps, diversity and slots against a short re-implementation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from math import log2
from typing import Any

import pytest

from tests.worlds import (
    AS_OF,
    BLENDED,
    MOVING,
    SMALL,
    World,
    experiments,
    random_lines,
    tiny_world,
)

Row = dict[str, Any]
RULES: dict[str, Callable[[Row, Row, Row], bool]] = {
    "no category 3": lambda row, item, user: item["category"] == "category 3",
    "department 1": lambda row, item, user: (
        item["item_id"] % 2 == 1 and user["order_count"] > 1
    ),
    "repeats": lambda row, item, user: row["is_repeat"],
    "ads": lambda row, item, user: item["user_count"] > 6,
}
VARIANTS = {
    "table": "products",
    "item_id": "product_id",
    "title": "product_type",
    "category": "product_category",
    "attributes": {"department": "department"},
    "variant": "case when product_id < 20 then product_id // 4 end",
}


@pytest.fixture(scope="module", params=[1, 2])
def moved(request: pytest.FixtureRequest) -> Iterator[World]:
    surfaces = [*SMALL["surfaces"], MOVING, BLENDED]
    exposures = {**experiments("2024-03-01")["exposures"], "surface": "'mail'"}
    with tiny_world(
        random_lines(request.param, baskets=250),
        surfaces=surfaces,
        items=VARIANTS,
        exposures=exposures,
        wanted="+rec_excluded +rec_for_user",
        candidate_sources=["history", "als", "rules", "group_popular", "popular"],
    ) as world:
        yield world


def rows_of(world: World, user: int, source: str, allow: str) -> list[Row]:
    rows = [
        row
        for row in world.dicts("cand_all")
        if row["user_id"] == user
        and row["candidate_source"] == source
        and (allow == "all" or row["is_repeat"] == (allow == "repeat_only"))
    ]
    return sorted(rows, key=lambda row: row["item_rank"])


def blend(world: World, surface: Row, user: int, index: dict[int, int]) -> list[int]:
    """Return the items of a blend, best first."""
    scores: dict[int, float] = defaultdict(float)
    for source in surface["personal"]:
        rows = rows_of(world, user, source, surface["allow_repeat"])
        least = surface.get("min_scores", {}).get(source, float("-inf"))
        kept = [(n, row) for n, row in enumerate(rows, 1) if row["score"] >= least]
        if not kept:
            continue
        low, high = (f(row["score"] for _, row in kept) for f in (min, max))
        for rank, row in kept:
            part = 1 / (60 + rank)
            if surface.get("blend_by") == "score":
                part = 1 if high == low else (row["score"] - low) / (high - low)
            scores[row["item_id"]] += surface.get("weights", {}).get(source, 1) * part
    return sorted(scores, key=lambda item: (-round(scores[item], 12), index[item]))


def pool(world: World, surface: Row, user: int, orders: int, index: Any) -> list[Row]:
    """Return the rows of a list by its strategy alone, as long as there are any."""
    stages = [blend(world, surface, user, index)] if orders >= 3 else []
    stages += [
        [
            row["item_id"]
            for row in rows_of(world, user, source, surface["allow_repeat"])
        ]
        for source in surface["fallback"]
    ]
    items = list(dict.fromkeys(item for stage in stages for item in stage))
    taken = {
        row["item_id"]
        for row in world.dicts("int_user_items")
        if row["user_id"] == user
    }
    return [{"item_id": item, "is_repeat": item in taken} for item in items]


def resting(world: World) -> dict[int, set[int]]:
    """Return what users saw too often (an hour before each line), or took just now."""
    views: Counter[tuple[int, int]] = Counter()
    for line in world.lines:
        age = AS_OF - (line.at - timedelta(hours=1))
        if line.user and timedelta(0) < age < timedelta(MOVING["cap"]["days"]):
            views[line.user, line.item] += 1
    found = defaultdict(set)
    for (user, item), count in views.items():
        if count >= MOVING["cap"]["views"]:
            found[user].add(item)
    rest = timedelta(MOVING["not_again_days"])
    for row in world.dicts("int_user_items"):
        if row["is_taken"] and AS_OF - row["last_taken_at"] < rest:
            found[row["user_id"]].add(row["item_id"])
    return found


def moves(rows: list[tuple[int, Row]], items: Any, user: Row) -> list[int]:
    """Return the order after hide, boost, bury, variants, caps and diversity."""
    placed = []
    for rank, row in rows:
        item, factor = items[row["item_id"]], 1.0
        hit = {name for name, rule in RULES.items() if rule(row, item, user)}
        factor = (3 if "department 1" in hit else 1) / (1.5 if "repeats" in hit else 1)
        if "no category 3" not in hit:
            placed.append((round(rank / factor, 6), rank, row["item_id"]))
    kept: list[int] = []
    seen: set[str] = set()
    for _, _, item in sorted(placed):
        variant = items[item]["variant"]
        if variant is None or variant not in seen:
            kept.append(item)
            seen.add(variant)
    held: list[int] = []
    first: list[int] = []
    counts: dict[str, int] = defaultdict(int)
    for item in kept:
        own = {"category": items[item]["category"], "department": f"d {item % 2}"}
        capped = any(counts[own[name]] >= MOVING["max_per"][name] for name in own)
        (held if capped else first).append(item)
        for value in () if capped else own.values():
            counts[value] += 1
    # diversity looks at the first candidates_per_user that no cap holds back
    return [*diverse(first[:6], items), *first[6:], *held]


def diverse(order: list[int], items: Any) -> list[int]:
    """Return the order by maximal marginal relevance of categories."""
    d, found, left = MOVING["diversity"], list[int](), dict(enumerate(order, 1))
    while left:
        used = {items[item]["category"] for item in found}
        place = max(
            left,
            key=lambda place: (
                (1 - d) / log2(1 + place)
                - d * (items[left[place]]["category"] in used),
                -place,
            ),
        )
        found.append(left.pop(place))
    return found


def with_slots(world: World, order: list[int], before: list[int], user: Row) -> Any:
    """Return the list with items of rules ads and new at their ranks."""
    items = {row["item_id"]: row for row in world.dicts("int_items")}
    shown = {
        item
        for (item,) in world.rows(
            "select item_id from elig_scope_items where scope_index = 0"
        )
    }
    ads = {item for item in shown if RULES["ads"]({}, items[item], user)}
    popular = {
        row["item_id"]: row["item_rank"]
        for row in rows_of(world, user["user_id"], "popular", "all")
    }
    place = {item: n for n, item in enumerate(before, 1)}
    hidden = {
        row["item_id"]
        for row in world.dicts("list_orders")
        if row["user_id"] == user["user_id"]
        and row["surface"] == "mail"
        and row["left_out"]
    }
    slots: dict[int, int] = {}
    for ranks, meant, own in (
        ([2, 5], ads, {i: items[i]["item_index"] for i in ads}),
        ([6], set(popular) - ads, popular),
    ):
        free = [i for i in meant - hidden if place.get(i, 10**6) >= ranks[0]]
        best = sorted(free, key=lambda i: (place.get(i, 10**6), own[i]))
        slots.update(zip(ranks, best, strict=False))
    rest = [item for item in order if item not in slots.values()]
    found: list[int] = []
    while rest or slots:
        rank = len(found) + 1
        if rank in slots or not rest:
            found.append(slots.pop(rank) if rank in slots else slots.pop(min(slots)))
        else:
            found.append(rest.pop(0))
    return found


def test_lists_that_rules_move(moved: World) -> None:
    items = {row["item_id"]: row for row in moved.dicts("int_items")}
    index = {item: row["item_index"] for item, row in items.items()}
    lists = defaultdict(list)
    for row in sorted(moved.dicts("rec_for_user"), key=lambda row: row["item_rank"]):
        lists[row["user_id"], row["surface"]].append(row["item_id"])
    rest = resting(moved)
    excluded = defaultdict(set)
    for row in moved.dicts("rec_excluded"):
        excluded[row["user_id"]].add(row["item_id"])
        assert row["surface"] == "mail"
    for user in moved.dicts("int_users"):
        key, orders = user["user_id"], user["order_count"]
        rows = pool(moved, BLENDED, key, orders, index)
        assert lists[key, "sms"] == [row["item_id"] for row in rows][:3]
        rows = pool(moved, MOVING, key, orders, index)
        awake = [
            row for row in enumerate(rows, 1) if row[1]["item_id"] not in rest[key]
        ]
        order = moves(awake, items, user)
        before = order_before_diversity(moved, key)
        assert set(before) == set(order)
        wanted = with_slots(moved, order, before, user)[:6]
        assert lists[key, "mail"] == wanted
        plain = {row["item_id"] for row in rows[:6]}
        assert excluded[key] == plain - set(wanted)
    steps = {row["step"] for row in moved.dicts("rec_excluded")}
    assert steps >= {"hidden", "variant", "buried", "bought lately", "shown often"}


def order_before_diversity(world: World, user: int) -> list[int]:
    """Return the places that slots look at, which `moves` has checked as a set."""
    rows = [
        row
        for row in world.dicts("list_orders")
        if row["user_id"] == user and row["item_place"] and row["surface"] == "mail"
    ]
    return [row["item_id"] for row in sorted(rows, key=lambda row: row["item_place"])]


def test_every_row_names_its_stage_and_rule(moved: World) -> None:
    found = moved.dicts("rec_for_user")
    stages = {row["candidate_source"] for row in found if row["surface"] == "mail"}
    assert stages >= {"blend", "popular"}
    rules = {row["placed_by"] for row in found if row["surface"] == "mail"}
    assert rules >= {None, "department 1", "repeats", "ads"}
    assert {r["placed_by"] for r in found if r["surface"] != "mail"} == {None}
