"""The cascade and the filled lists against short re-implementations."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from tests.worlds import World


def cascade(world: World, surface: dict[str, Any], user: int, orders: int) -> list[Any]:
    """Return (item, source) of one list: each source in turn until it is full."""
    rows = [row for row in world.dicts("cand_all") if row["user_id"] == user]
    personal = surface["personal"] if orders >= 3 else []
    kept: dict[int, str] = {}
    for source in [*personal, *surface["fallback"]]:
        own = [row for row in rows if row["candidate_source"] == source]
        if surface["allow_repeat"] != "all":
            repeat = surface["allow_repeat"] == "repeat_only"
            own = [row for row in own if row["is_repeat"] == repeat]
        own.sort(key=lambda row: row["item_rank"])
        for row in own[: surface["length"]]:
            kept.setdefault(row["item_id"], source)
    return list(kept.items())[: surface["length"]]


def test_cascade(world: World) -> None:
    lists: dict[Any, list[Any]] = defaultdict(list)
    for row in sorted(world.dicts("rec_for_user"), key=lambda row: row["item_rank"]):
        entry = (row["item_id"], row["candidate_source"])
        lists[row["user_id"], row["surface"]].append(entry)
        assert row["item_rank"] == len(lists[row["user_id"], row["surface"]])
    orders = dict(world.rows("select user_id, order_count from int_users"))
    assert min(orders.values()) < 3 <= max(orders.values())
    sources = {source for entries in lists.values() for _, source in entries}
    assert sources >= {"history", "als", "rules", "group_popular"}
    for user, count in orders.items():
        for surface in world.vars["surfaces"]:
            wanted = cascade(world, surface, user, count)
            assert lists[user, surface["name"]] == wanted


def test_complements_are_rules_then_popular_items(world: World) -> None:
    n = world.vars["complements_per_item"]
    rules: dict[int, list[Any]] = defaultdict(list)
    for rule in sorted(world.dicts("sig_rules"), key=lambda rule: rule["rule_rank"]):
        if rule["leverage"] > 0:
            entry = (rule["consequent_item_id"], rule["rule_pass"])
            rules[rule["antecedent_item_id"]].append(entry)
    popular = [
        item
        for (item,) in world.rows(
            "select item_id from sig_popularity order by popularity_rank"
        )
    ]
    lists: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(world.dicts("rec_complements"), key=lambda row: row["item_rank"]):
        lists[row["item_id"]].append((row["complement_item_id"], row["rule_pass"]))
        assert row["item_rank"] == len(lists[row["item_id"]])
    for (item,) in world.rows("select item_id from int_items"):
        wanted = rules[item][:n]
        known = {item, *(other for other, _ in wanted)}
        wanted += [(other, "popular") for other in popular if other not in known]
        assert lists[item] == wanted[:n]
    passes = {kind for entries in lists.values() for _, kind in entries}
    assert passes == {"strict", "relaxed", "popular"}


def test_complements_carry_the_rules_figures(world: World) -> None:
    rules = {
        (rule["antecedent_item_id"], rule["consequent_item_id"]): rule
        for rule in world.dicts("sig_rules")
    }
    for row in world.dicts("rec_complements"):
        figures = ("pair_count", "support", "confidence", "lift")
        rule = rules.get((row["item_id"], row["complement_item_id"]), {})
        if row["rule_pass"] == "popular":
            rule = {}
        assert [row[name] for name in figures] == [rule.get(name) for name in figures]


def test_buy_again_expects_the_users_own_rhythm(world: World) -> None:
    times: dict[Any, set[Any]] = defaultdict(set)
    baskets: dict[Any, set[int]] = defaultdict(set)
    for line in world.past:
        times[line.user, line.item].add(line.at)
        baskets[line.user, line.item].add(line.basket)
    rows = world.dicts("rec_buy_again")
    assert rows
    for row in rows:
        key = (row["user_id"], row["item_id"])
        moments = sorted(times[key])
        assert row["basket_count"] == len(baskets[key])
        assert row["last_at"] == moments[-1]
        gaps = [
            (later - earlier).total_seconds() for earlier, later in pairwise(moments)
        ]
        if gaps:
            wanted = moments[-1] + timedelta(seconds=median(gaps))
            assert abs(row["expected_at"] - wanted) <= timedelta(seconds=1)
        else:
            assert row["expected_at"] is None


def test_popular_lists_repeat_the_signals(world: World) -> None:
    n = world.vars.get("popular_per_group", 100)
    assert world.rows(
        "select item_id, user_count, user_share, trend, item_rank from rec_popular "
        "where group_kind = 'all' order by item_rank"
    ) == world.rows(
        "select item_id, user_count, user_share, trend, popularity_rank "
        f"from sig_popularity where popularity_rank <= {n} order by popularity_rank"
    )
    assert world.rows(
        "select group_kind, group_name, item_id, user_share, item_rank "
        "from rec_popular where group_kind <> 'all' order by all"
    ) == world.rows(
        "select group_kind, group_name, item_id, user_share, popularity_rank "
        f"from sig_group_popularity where popularity_rank <= {n} order by all"
    )
