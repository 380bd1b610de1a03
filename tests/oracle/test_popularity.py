"""Popularity, its variants, and places kept for new items, over the raw lines."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest

from tests.oracle.test_candidates import Scores, assert_candidates, owned
from tests.oracle.test_signals import age, sets_by
from tests.worlds import World, random_lines, tiny_world

VARIANTS = ("users", "window", "decayed", "trending")
SETTINGS = {
    "candidate_sources": ["history", "group_popular", "new_items", "popular"],
    "trend_days": 20,
    "trend_shrinkage": 3,
    "novelty_boost": 2.0,
    "novelty_days": 14,
}


def expected_scores(world: World, members: set[int]) -> dict[int, float]:
    """Return the score of every item that was sold, among some of the users."""
    known = [line for line in world.past if line.user in members]
    users, now, before = (
        sets_by((x.item, x.user) for x in known if low <= age(x.at) < high)
        for low, high in ((0, math.inf), (0, 20), (20, 40))
    )
    decayed: dict[int, float] = defaultdict(float)
    for line in known:
        decayed[line.item] += math.exp(-age(line.at) / 60)
    found = {}
    for item in {line.item for line in world.past}:
        measure = {
            "users": len(users[item]) / len(members),
            "window": len(now[item]) / len(members),
            "decayed": decayed[item],
            "trending": (len(now[item]) + 3) / (len(before[item]) + 3),
        }[world.vars["popularity"]]
        days = max(math.floor(age(x.at)) for x in world.past if x.item == item)
        found[item] = measure * (1 + 2.0 * math.exp(-days / 14))
    return found


@pytest.mark.parametrize("popularity", VARIANTS)
def test_popularity_by_the_textbook(popularity: str) -> None:
    with tiny_world(random_lines(6), popularity=popularity, **SETTINGS) as world:
        everyone = {line.user for line in world.past if line.user}
        scores = expected_scores(world, everyone)
        rows = world.dicts("sig_popularity")
        assert {r["item_id"]: r["score"] for r in rows} == pytest.approx(
            {row["item_id"]: scores[row["item_id"]] for row in rows}
        )
        order = sorted(rows, key=lambda r: (-r["score"], r["item_index"]))
        assert [r["popularity_rank"] for r in order] == [*range(1, len(rows) + 1)]
        groups: dict[Any, set[int]] = defaultdict(set)
        for user, *group in world.rows(
            "select user_id, group_kind, group_name from int_users "
            "where order_count > 0"
        ):
            groups[tuple(group)].add(user)
        for row in world.dicts("sig_group_popularity"):
            members = groups[row["group_kind"], row["group_name"]]
            wanted = expected_scores(world, members)[row["item_id"]]
            assert row["score"] == pytest.approx(wanted)


def test_new_items_are_ranked_by_users_per_day() -> None:
    with tiny_world(random_lines(7), new_item_days=100, **SETTINGS) as world:
        scores = {
            row["item_id"]: (row["user_count"] + 1)
            / (math.floor(age(row["first_at"])) + 7)
            for row in world.dicts("int_items")
            if row["is_eligible"] or row["is_new"]
            if age(row["first_at"]) <= 100
        }
        assert scores
        lists: Scores = dict.fromkeys(owned(world), scores)
        assert_candidates(world, "new_items", lists)


@pytest.mark.parametrize("ranks", [[5], [1, 3], [2, 4, 9]])
def test_slots_hold_new_items(ranks: list[int]) -> None:
    surface = {
        "name": "home",
        "allow_repeat": "new_only",
        "length": 5,
        "personal": [],
        "fallback": ["popular"],
    }
    rule = {"name": "fresh", "do": "slot", "at": ranks, "source": "new_items"}
    lines = random_lines(8)
    given = {**SETTINGS, "new_item_days": 100}
    with (
        tiny_world(lines, surfaces=[surface], **given) as plain,
        tiny_world(lines, surfaces=[{**surface, "rules": [rule]}], **given) as world,
    ):
        fresh = defaultdict(list)
        for user, item in world.rows(
            "select user_id, item_id from cand_new_items where not is_repeat "
            "order by item_rank"
        ):
            fresh[user].append(item)
        popular = defaultdict(list)
        for user, item in world.rows(
            "select user_id, item_id from cand_popular where not is_repeat "
            "order by item_rank"
        ):
            popular[user].append(item)
        lists = (listed(plain), listed(world))
        for (user, name), before in lists[0].items():
            ranked = popular[user]
            assert before == ranked[:5]
            places = {item: n for n, item in enumerate(ranked, 1)}
            free = [i for i in fresh[user] if places.get(i, 99) >= ranks[0]]
            free.sort(key=lambda item: places.get(item, 99))
            slots = dict(zip(ranks, free, strict=False))
            rest = iter(item for item in ranked if item not in slots.values())
            wanted = [
                slots[rank] if rank in slots else next(rest, None)
                for rank in range(1, 6)
            ]
            assert lists[1][user, name] == [item for item in wanted if item is not None]


def listed(world: World) -> dict[tuple[int, str], list[int]]:
    """Return every list of `rec_for_user`, in order."""
    lists: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in sorted(world.dicts("rec_for_user"), key=lambda r: int(r["item_rank"])):
        lists[row["user_id"], row["surface"]].append(row["item_id"])
    return lists
