"""Signals against short re-implementations over the raw lines."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest

from tests.worlds import AS_OF, World, log_lift


def sets_by(pairs: Any) -> dict[Any, set[Any]]:
    """Return the set of values of every key."""
    found: dict[Any, set[Any]] = defaultdict(set)
    for key, member in pairs:
        found[key].add(member)
    return found


def age(moment: datetime) -> float:
    return (AS_OF - moment).total_seconds() / 86400


def test_items_are_numbered_from_the_most_popular(world: World) -> None:
    baskets = sets_by((line.item, line.basket) for line in world.past)
    users = sets_by((line.item, line.user) for line in world.past if line.user)
    eligible = {i for i in baskets if len(baskets[i]) >= world.vars["min_item_baskets"]}
    listed = {*(line.item for line in world.lines), 999}
    first = {item: min(x.at for x in world.past if x.item == item) for item in baskets}
    new = {item for item in first if age(first[item]) <= 90} - eligible

    def place(item: int) -> tuple[Any, ...]:
        kind = (item not in eligible, item not in new)
        return (*kind, -len(users[item]), -len(baskets[item]), item)

    assert new < set(baskets) - eligible
    assert 0 < len(new) < len(baskets) - len(eligible)
    assert world.rows("select item_id from int_items order by item_index") == [
        (item,) for item in sorted(listed, key=place)
    ]


def test_weights_decay(world: World) -> None:
    expected: dict[Any, float] = defaultdict(float)
    for line in world.past:
        if line.user:
            expected[line.user, line.item] += math.exp(-age(line.at) / 60)
    found = world.rows("select user_id, item_id, weight from int_user_items")
    assert {(user, item): weight for user, item, weight in found} == pytest.approx(
        dict(expected), rel=1e-12
    )


def test_pairs_are_counted_once_per_basket(world: World) -> None:
    counts: dict[Any, int] = defaultdict(int)
    for items in sets_by((line.basket, line.item) for line in world.past).values():
        for pair in combinations(sorted(items), 2):
            counts[pair] += 1
    found = world.rows(
        "select least(a.item_id, b.item_id), greatest(a.item_id, b.item_id), "
        "pair_count "
        "from sig_item_pairs p join int_items a using (item_index) "
        "join int_items b on p.other_item_index = b.item_index"
    )
    assert len(found) == len({row[:2] for row in found})
    least = world.vars["min_pair_count"]
    assert {(one, other): count for one, other, count in found} == {
        pair: count for pair, count in counts.items() if count >= least
    }


def test_rule_measures(world: World) -> None:
    baskets = sets_by((line.item, line.basket) for line in world.past)
    total = len({line.basket for line in world.past})
    rules = world.dicts("sig_rules")
    assert {rule["rule_pass"] for rule in rules} == {"strict", "relaxed"}
    for rule in rules:
        with_x = baskets[rule["antecedent_item_id"]]
        with_y = baskets[rule["consequent_item_id"]]
        support = len(with_x & with_y) / total
        confidence = len(with_x & with_y) / len(with_x)
        share_x, share_y = len(with_x) / total, len(with_y) / total
        assert rule["support"] == support
        assert rule["confidence"] == confidence
        assert rule["lift"] == pytest.approx(confidence / share_y)
        assert rule["leverage"] == pytest.approx(support - share_x * share_y)
        if confidence < 1:
            assert rule["conviction"] == pytest.approx((1 - share_y) / (1 - confidence))


def test_rules_are_the_strict_ones_and_the_best_relaxed_ones(world: World) -> None:
    baskets = sets_by((line.item, line.basket) for line in world.past)
    places = dict(world.rows("select item_id, item_index from int_items"))
    eligible = {
        item
        for (item,) in world.rows("select item_id from int_items where is_eligible")
    }
    total = len({line.basket for line in world.past})
    strict = world.vars["min_support"]
    relaxed = strict * world.vars["relaxed_support_share"]
    expected = []
    for x in baskets:
        options = []
        for y in eligible - {x}:
            both = len(baskets[x] & baskets[y])
            if both >= world.vars["min_pair_count"] and both / total >= relaxed:
                leverage = both / total - len(baskets[x]) / total * (
                    len(baskets[y]) / total
                )
                kind = "strict" if both / total >= strict else "relaxed"
                expected_count = len(baskets[x]) * len(baskets[y]) / total
                evidence = log_lift(both, expected_count, len(baskets[x]))
                order = (leverage <= 0, kind == "relaxed", -evidence, places[y])
                options.append((order, x, y, kind))
        for rank, (_, x, y, kind) in enumerate(sorted(options), 1):
            if kind == "strict" or rank <= world.vars["rules_per_item"]:
                expected.append((x, y, kind, rank))
    found = world.rows(
        "select antecedent_item_id, consequent_item_id, rule_pass, rule_rank "
        "from sig_rules"
    )
    assert sorted(found) == sorted(expected)


def test_popularity_share_and_trend(world: World) -> None:
    known = [line for line in world.past if line.user]
    users = sets_by((line.item, line.user) for line in known)
    recent = sets_by((x.item, x.user) for x in known if age(x.at) < 28)
    before = sets_by((x.item, x.user) for x in known if 28 <= age(x.at) < 56)
    everyone = len({line.user for line in known})
    for row in world.dicts("sig_popularity"):
        item = row["item_id"]
        assert row["user_share"] == len(users[item]) / everyone
        assert row["trend"] == (len(recent[item]) + 10) / (len(before[item]) + 10)
        assert row["popularity_rank"] == row["item_index"] + 1


def test_group_popularity(world: World) -> None:
    groups = {
        user: (kind, name)
        for user, kind, name in world.rows(
            "select user_id, group_kind, group_name from int_users"
        )
    }
    assert {kind for kind, _ in groups.values()} == {"user_group", "region"}
    known = [line for line in world.past if line.user]
    members = sets_by((groups[x.user], x.user) for x in known)
    takers = sets_by(((groups[x.user], x.item), x.user) for x in known)
    rows = world.dicts("sig_group_popularity")
    assert rows
    for row in rows:
        group = (row["group_kind"], row["group_name"])
        assert row["user_share"] == len(takers[group, row["item_id"]]) / len(
            members[group]
        )
        better = [
            other
            for other in rows
            if (other["group_kind"], other["group_name"]) == group
            and (-other["user_count"], other["item_index"])
            < (-row["user_count"], row["item_index"])
        ]
        assert row["popularity_rank"] == len(better) + 1


def test_group_is_the_users_own_or_the_region_they_buy_in_most(world: World) -> None:
    visits: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for line in {x.basket: x for x in world.past if x.user}.values():
        visits[line.user][str(line.store)].append(line.at)
    own = dict(world.rows("select household_id, age from raw.demographics"))
    for user, kind, name in world.rows(
        "select user_id, group_kind, group_name from int_users where order_count > 0"
    ):
        stores = visits[user]
        favourite = max(sorted(stores), key=lambda s: (len(stores[s]), max(stores[s])))
        wanted = ("user_group", own[user]) if user in own else ("region", favourite)
        assert (kind, name) == wanted
