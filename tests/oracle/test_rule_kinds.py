"""Decayed rules, rules of levels and of regions, against short re-implementations."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product
from typing import Any

import pytest

from tests.worlds import AS_OF, World, log_lift, plan_with, random_lines, tiny_world


def contents(world: World) -> dict[int, set[int]]:
    """Return the items of every basket."""
    found: dict[int, set[int]] = defaultdict(set)
    for line in world.past:
        found[line.basket].add(line.item)
    return found


def basket_weights(world: World, days: float) -> dict[int, float]:
    """Return exp(-age / days) of every basket, aged from its first line."""
    start: dict[int, Any] = {}
    for line in world.past:
        start[line.basket] = min(line.at, start.get(line.basket, line.at))
    return {
        basket: math.exp(-(AS_OF - at).total_seconds() / 86400 / days)
        for basket, at in start.items()
    }


@pytest.mark.parametrize("days", [20, 1.5])
def test_decayed_rules(days: float) -> None:
    """Of one block of time, or of many (they last 16 times as long)."""
    lines = random_lines(3)
    with tiny_world(lines, wanted="+sig_rule_measures", rule_decay_days=days) as world:
        rules = world.dicts("sig_rules")
        measures = world.dicts("sig_rule_measures")
    with tiny_world(lines, wanted="+sig_rule_measures", min_support=0.0) as undecayed:
        wanted_measures = {
            (row["antecedent_item_id"], row["consequent_item_id"]): row
            for row in undecayed.dicts("sig_rule_measures")
        }
    weights, baskets = basket_weights(world, days), contents(world)
    total = sum(weights.values())
    assert rules

    def weight(*items: int) -> float:
        return sum(w for b, w in weights.items() if baskets[b] >= set(items))

    for rule in rules:
        x, y = rule["antecedent_item_id"], rule["consequent_item_id"]
        both, support = weight(x, y), weight(x, y) / total
        share_x, share_y = weight(x) / total, weight(y) / total
        assert rule["pair_count"] == sum({x, y} <= held for held in baskets.values())
        assert rule["pair_weight"] == pytest.approx(both, rel=1e-9)
        assert rule["support"] == pytest.approx(support)
        assert rule["confidence"] == pytest.approx(both / weight(x), rel=1e-9)
        assert rule["confidence"] <= 1, "equal baskets weigh the same to the last bit"
        assert rule["lift"] == pytest.approx(both / weight(x) / share_y)
        assert rule["leverage"] == pytest.approx(support - share_x * share_y)
        assert rule["rule_pass"] == ("strict" if support >= 0.03 else "relaxed")
        assert support >= 0.03 * 0.5
    for row in measures:
        key = row["antecedent_item_id"], row["consequent_item_id"]
        assert row == wanted_measures[key], "further measures are of plain counts"


LEVELS = [["item", "category"], ["category", "category"], ["item", "size"]]


@pytest.mark.parametrize("seed", [4, 5])
def test_rules_between_levels(seed: int) -> None:
    items = {
        **plan_with().project.vars["items"],
        "attributes": {"size": "package_size"},
    }
    with tiny_world(
        random_lines(seed), wanted="+sig_level_rules", items=items, rule_levels=LEVELS
    ) as world:
        found = world.dicts("sig_level_rules")
        known = world.rows("select item_id, is_eligible from int_items")
    members: dict[Any, set[int]] = defaultdict(set)
    for item, _ in known:
        members["item", str(item)].add(item)
        members["category", f"category {item % 5}"].add(item)
        if item % 4 == 0:
            members["size", "1 kg"].add(item)
    barred = {("item", str(item)) for item, is_eligible in known if not is_eligible}
    baskets = contents(world)
    held = {
        node: {basket for basket, items in baskets.items() if items & of_node}
        for node, of_node in members.items()
    }
    wanted = {}
    for x, y in product(members, members):
        both = len(held[x] & held[y])
        nested = members[x] <= members[y] or members[y] <= members[x]
        enough = both >= 2 and both / len(baskets) >= 0.015
        if [x[0], y[0]] in LEVELS and enough and not nested and y not in barred:
            wanted[x + y] = (both, both / len(held[x]))
    places: dict[Any, int] = defaultdict(int)
    for row in sorted(found, key=lambda row: row["rule_rank"]):
        key = tuple(row[name] for name in list(row)[:4])
        assert (row["pair_count"], row["confidence"]) == wanted.pop(key)
        share = len(held[key[2:]]) / len(baskets)
        assert row["lift"] == pytest.approx(row["confidence"] / share)
        places[key[:3]] += 1
        assert row["rule_rank"] == places[key[:3]]
    assert all(places[key[:3]] >= 4 for key in wanted), "only surplus rules are cut"
    assert {key[::2] for key in places} == {tuple(levels) for levels in LEVELS}


@pytest.mark.parametrize("seed", [6, 7])
def test_rules_of_a_region_and_their_fallback(seed: int) -> None:
    with tiny_world(
        random_lines(seed, baskets=300),
        wanted="+rec_complements",
        rule_region="concat('shop ', region)",
        region_prior_baskets=5,
        complements_per_item=10,
    ) as world:
        overall = world.dicts("sig_rules")
        found = world.dicts("sig_region_rules")
        lists = world.dicts("rec_complements")
        places = dict(world.rows("select item_id, item_index from int_items"))
    shops = {line.basket: f"shop {line.store}" for line in world.past}
    wanted: dict[Any, list[Any]] = defaultdict(list)
    for rule, shop in product(overall, set(shops.values())):
        x, y = rule["antecedent_item_id"], rule["consequent_item_id"]
        held = [v for b, v in contents(world).items() if shops[b] == shop]
        n_x, n_y = sum(x in v for v in held), sum(y in v for v in held)
        both = sum({x, y} <= v for v in held)
        confidence = (both + 5 * rule["confidence"]) / (n_x + 5)
        overall_share = rule["consequent_count"] / rule["basket_count"]
        share = (n_y + 5 * overall_share) / (len(held) + 5)
        if n_x >= 6 and n_y and confidence - share > 1e-12:
            seen, expected = (n_x + 5) * confidence, (n_x + 5) * share
            order = -log_lift(seen, expected, n_x + 5)
            gain = n_x / len(held) * (confidence - share)
            row = (order, places[y], y, both, gain)
            wanted[shop, x].append(row)
    assert len({shop for shop, _ in wanted}) == 3
    assert {(row["region"], row["antecedent_item_id"]) for row in found} == set(wanted)
    for (shop, x), options in wanted.items():
        own = [r for r in found if (r["region"], r["antecedent_item_id"]) == (shop, x)]
        own.sort(key=lambda row: row["rule_rank"])
        assert [row["consequent_item_id"] for row in own] == [
            y for _, _, y, *_ in sorted(options)
        ]
        for row, (order, _, _, both, gain) in zip(own, sorted(options), strict=True):
            assert row["pair_count"] == both
            assert row["leverage"] == pytest.approx(gain)
            assert row["log_lift"] == pytest.approx(-order)
        shown = [r for r in lists if (r["region"], r["item_id"]) == (shop, x)]
        shown.sort(key=lambda row: row["item_rank"])
        assert [row["related_item_id"] for row in shown] == [
            row["consequent_item_id"] for row in own[:10]
        ]
    covered = {row["item_id"] for row in lists if row["region"] == "all"}
    assert covered == {
        rule["antecedent_item_id"] for rule in overall if rule["leverage"] > 0
    }
