"""The cascade and the filled lists against short re-implementations."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from scipy.stats import chi2_contingency

from tests.worlds import AS_OF, World, random_lines, tiny_world

DAY = timedelta(days=1)


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


def test_complements_are_rules_and_popular_items_go_on(world: World) -> None:
    n = world.vars["complements_per_item"]
    rules: dict[int, list[Any]] = defaultdict(list)
    for rule in sorted(world.dicts("sig_rules"), key=lambda rule: rule["rule_rank"]):
        if rule["leverage"] > 0:
            entry = (rule["consequent_item_id"], rule["rule_pass"])
            rules[rule["antecedent_item_id"]].append(entry)
    popular = world.rows("select item_id from sig_popularity order by popularity_rank")
    lists: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(world.dicts("rec_complements"), key=lambda row: row["item_rank"]):
        lists[row["item_id"]].append((row["related_item_id"], row["rule_pass"]))
        assert row["item_rank"] == len(lists[row["item_id"]])
    fill = world.rows("select item_id from rec_complement_fill order by item_rank")
    assert fill == popular[: n + 1]
    for (item,) in world.rows("select item_id from int_items"):
        assert lists[item] == rules[item][:n]
        known = {item, *(other for other, _ in lists[item])}
        filled = [other for (other,) in fill if other not in known]
        assert len(known) - 1 + len(filled) >= min(n, len(popular) - 1)
    passes = {kind for entries in lists.values() for _, kind in entries}
    assert passes == {"strict", "relaxed"}


def test_complements_carry_the_rules_figures(world: World) -> None:
    rules = {
        (rule["antecedent_item_id"], rule["consequent_item_id"]): rule
        for rule in world.dicts("sig_rules")
    }
    for row in world.dicts("rec_complements"):
        rule = rules[row["item_id"], row["related_item_id"]]
        for name in ("pair_count", "support", "confidence", "lift"):
            assert row[name] == rule[name]


def test_buy_again_expects_the_users_rhythm_or_the_items(world: World) -> None:
    times: dict[Any, set[Any]] = defaultdict(set)
    baskets: dict[Any, set[int]] = defaultdict(set)
    for line in world.past:
        times[line.user, line.item].add(line.at)
        baskets[line.user, line.item].add(line.basket)
    gaps = {
        key: median(
            (later - earlier) / DAY for earlier, later in pairwise(sorted(moments))
        )
        for key, moments in times.items()
        if key[0] is not None and len(moments) > 1
    }
    of_item: dict[int, list[float]] = defaultdict(list)
    for (_, item), gap in gaps.items():
        of_item[item].append(gap)
    rows = world.dicts("rec_buy_again")
    for row in rows:
        key = (row["user_id"], row["item_id"])
        last = max(times[key])
        assert row["basket_count"] == len(baskets[key])
        assert row["last_at"] == last
        assert row["days_since"] == pytest.approx((AS_OF - last) / DAY)
        gap, basis = gaps.get(key), "own"
        if gap is None and len(of_item[key[1]]) >= 3:
            gap, basis = median(of_item[key[1]]), "item"
        if gap is None:
            assert (row["gap_days"], row["status"], row["expected_at"]) == (None,) * 3
            continue
        assert (row["gap_days"], row["gap_basis"]) == (pytest.approx(gap), basis)
        assert abs(row["expected_at"] - last - gap * DAY) <= timedelta(seconds=1)
        late = (AS_OF - last) / DAY / gap
        assert row["status"] == (
            "not_yet" if late < 0.8 else "due" if late <= 1.5 else "overdue"
        )
    assert {row["gap_basis"] for row in rows} == {"own", "item", None}
    assert {row["status"] for row in rows} == {"not_yet", "due", "overdue", None}


def test_segment_items_are_what_scipy_finds_unlikely() -> None:
    with tiny_world(
        random_lines(1, baskets=400), wanted="+rec_segment_items", segment_min_ratio=2.0
    ) as world:
        users = [user for user in world.dicts("int_users") if user["order_count"]]
        takers: dict[int, set[Any]] = defaultdict(set)
        for row in world.dicts("int_user_items"):
            if row["is_eligible"]:
                takers[row["item_id"]].add(row["user_id"])
        rows = world.dicts("rec_segment_items")
    expected = {}
    for group in {(user["group_kind"], user["group_name"]) for user in users}:
        inside = {
            u["user_id"] for u in users if (u["group_kind"], u["group_name"]) == group
        }
        outside = {user["user_id"] for user in users} - inside
        for item, who in takers.items():
            table = [[len(s & who), len(s - who)] for s in (inside, outside)]
            mine, others = (both / (both + lacks) for both, lacks in table)
            if mine > others:
                ratio = chi2_contingency(table, False, lambda_="log-likelihood")[0]
                expected[*group, item] = (mine, others, ratio)
    found = {
        (row["group_kind"], row["group_name"], row["item_id"]): (
            row["user_share"],
            row["other_share"],
            row["log_likelihood_ratio"],
        )
        for row in rows
    }
    assert len(found) > 3
    assert found == {
        key: pytest.approx(figures)
        for key, figures in expected.items()
        if figures[2] >= 2.0 and key[0] is not None
    }


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
