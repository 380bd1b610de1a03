"""Popularity, its variants, and places kept for new items, over the raw lines."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest

from tests.oracle.test_candidates import Scores, assert_candidates, owned
from tests.oracle.test_signals import age, sets_by
from tests.worlds import SMALL, World, random_lines, tiny_world

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
        days = max(age(x.at) for x in world.past if x.item == item)
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
            row["item_id"]: (row["user_count"] + 1) / (age(row["first_at"]) + 7)
            for row in world.dicts("int_items")
            if row["is_eligible"] or row["is_new"]
            if age(row["first_at"]) <= 100
        }
        assert scores
        lists: Scores = dict.fromkeys(owned(world), scores)
        assert_candidates(world, "new_items", lists)


@pytest.mark.parametrize("slots", [1, 3, 9])
def test_the_last_places_hold_new_items(slots: int) -> None:
    surfaces = [
        {**surface, "personal": [], "fallback": ["history", "popular"]}
        for surface in SMALL["surfaces"]
    ]
    given = {**SETTINGS, "new_item_days": 100, "surfaces": surfaces}
    lines = random_lines(8)
    with (
        tiny_world(lines, **given) as plain,
        tiny_world(lines, new_item_slots=slots, **given) as world,
    ):
        order = "select user_id, surface, item_id from rec_for_user order by all"
        assert {r[:2] for r in plain.rows(order)} == {r[:2] for r in world.rows(order)}
        fresh = defaultdict(list)
        for user, item in world.rows(
            "select user_id, item_id from cand_new_items where not is_repeat "
            "order by item_rank"
        ):
            fresh[user].append(item)
        lists = (listed(plain), listed(world))
        for (user, surface), before in lists[0].items():
            after = lists[1][user, surface]
            new = [i for i in fresh[user] if i not in before][: min(slots, 5)]
            kept = 0 if surface == "again" else len(new)
            assert after[len(after) - kept :] == new[:kept]
            assert after[: len(after) - kept] == before[: 5 - kept]


def listed(world: World) -> dict[tuple[int, str], list[int]]:
    """Return every list of `rec_for_user`, in order."""
    lists: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in sorted(world.dicts("rec_for_user"), key=lambda r: int(r["item_rank"])):
        lists[row["user_id"], row["surface"]].append(row["item_id"])
    return lists
