"""The ranker's features and scores against short re-implementations."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from statistics import median
from typing import Any

import lightgbm
import numpy as np
import pytest

from tests.oracle.test_signals import age, sets_by
from tests.rankers import feature_names, rankers_table
from tests.worlds import (
    SMALL,
    Line,
    World,
    plan_with,
    random_lines,
    shuffled,
    tiny_world,
)

VARS = {"ranker": True, "ranker_depth": 4}
Pair = tuple[int, int]
Values = dict[Pair, float]


@pytest.fixture(scope="module")
def ranked() -> Iterator[World]:
    """A world with all features and labels, without a ranker."""
    wanted = "+rank_features +rank_labels"
    with tiny_world(random_lines(7), wanted=wanted, **VARS) as built:
        yield built


def features(world: World, *names: str) -> list[Values]:
    """Return each feature by pair, where it is known; a float has 7 digits."""
    rows = world.rows(
        f"select user_id, item_id, {', '.join(names)} from rank_features "
        "inner join rank_pairs using (user_index, item_index)"
    )
    return [
        {(row[0], row[1]): row[i] for row in rows if row[i] is not None}
        for i in range(2, len(names) + 2)
    ]


def same(found: Values, expected: Values) -> None:
    assert found == pytest.approx(expected, rel=1e-6)
    assert found, "nothing was compared"


def pairs_of(world: World) -> set[Pair]:
    return set(world.rows("select user_id, item_id from rank_pairs"))  # type: ignore[arg-type]


def lines_of(world: World) -> dict[Pair, list[Line]]:
    """Return the lines of each user and item."""
    found = defaultdict(list)
    for line in world.past:
        if line.user:
            found[line.user, line.item].append(line)
    return found


def test_pairs_are_the_best_of_each_source(ranked: World) -> None:
    best: dict[Pair, Any] = {}
    for row in ranked.dicts("cand_all"):
        if row["kind_rank"] <= 4:
            key = (row["user_id"], row["item_id"])
            lead = (row["kind_rank"], row["candidate_source"], row["reason_item_id"])
            best[key] = min(best.get(key, lead), lead, key=lambda x: x[:2])
    found = ranked.rows(
        "select user_id, item_id, lead_source, reason_item_id from rank_pairs"
    )
    assert {(u, i): (s, r) for u, i, s, r in found} == {
        key: lead[1:] for key, lead in best.items()
    }


@pytest.mark.parametrize("source", SMALL["candidate_sources"])
def test_sources_say_their_score_and_rank(ranked: World, source: str) -> None:
    rows = [x for x in ranked.dicts("cand_all") if x["candidate_source"] == source]
    pairs = pairs_of(ranked)
    for found, column in zip(
        features(ranked, f"{source}_score", f"{source}_rank"),
        ("score", "kind_rank"),
        strict=True,
    ):
        keyed = {(x["user_id"], x["item_id"]): x[column] for x in rows}
        same(found, {key: keyed[key] for key in pairs & set(keyed)})


def test_sources_are_counted(ranked: World) -> None:
    counts: Values = defaultdict(int)
    for row in ranked.dicts("cand_all"):
        counts[row["user_id"], row["item_id"]] += 1
    (found,) = features(ranked, "source_count")
    same(found, {key: counts[key] for key in pairs_of(ranked)})


@pytest.mark.parametrize("days", [7, 14, 30, 60, 120, 240])
def test_counts_halve_with_age(ranked: World, days: int) -> None:
    lines = lines_of(ranked)
    (found,) = features(ranked, f"decayed_{days}")
    same(
        found,
        {
            key: sum(2 ** (-age(line.at) / days) for line in lines[key])
            for key in pairs_of(ranked) & set(lines)
        },
    )


def test_half_lives_are_any_days() -> None:
    asked = {**VARS, "ranker_half_lives": [3, 45]}
    with tiny_world(random_lines(7), wanted="+rank_features", **asked) as world:
        for days in asked["ranker_half_lives"]:
            lines = lines_of(world)
            (found,) = features(world, f"decayed_{days}")
            keys = pairs_of(world) & set(lines)
            same(
                found,
                {k: sum(2 ** (-age(x.at) / days) for x in lines[k]) for k in keys},
            )
        assert world.broken() == []
        columns = {c for row in world.dicts("rank_history")[:1] for c in row}
    assert {name for name in columns if name.startswith("decayed_")} == {
        "decayed_3",
        "decayed_45",
    }


def test_history_is_in_days_and_baskets(ranked: World) -> None:
    lines = lines_of(ranked)
    baskets: dict[Any, dict[int, Any]] = defaultdict(dict)
    for line in ranked.past:
        baskets[line.user][line.basket] = line.at
    expected: dict[str, Values] = defaultdict(dict)
    for key in pairs_of(ranked) & set(lines):
        ages = [age(line.at) for line in lines[key]]
        last = max(line.at for line in lines[key])
        first = min(line.at for line in lines[key])
        times = baskets[key[0]].values()
        mine = len({line.basket for line in lines[key]})
        expected["basket_count"][key] = mine
        expected["basket_share"][key] = mine / sum(at >= first for at in times)
        expected["days_since_last"][key] = min(ages)
        expected["days_since_first"][key] = max(ages)
        expected["baskets_since_last"][key] = sum(at > last for at in times)
    for found, values in zip(
        features(ranked, *expected), expected.values(), strict=True
    ):
        same(found, values)


def test_gaps_are_the_users_own_then_the_items(ranked: World) -> None:
    lines = lines_of(ranked)
    own: Values = {}
    for key, taken in lines.items():
        times = sorted({line.basket: line.at for line in taken}.values())
        gaps = [age(x) - age(y) for x, y in pairwise(times)]
        if gaps:
            own[key] = median(gaps)
    by_item = defaultdict(list)
    for (_, item), gap in own.items():
        by_item[item].append(gap)
    usual = {item: median(gaps) for item, gaps in by_item.items() if len(gaps) >= 3}
    repeats = pairs_of(ranked) & set(lines)
    mine = {key: own[key] for key in repeats & set(own)}
    items = {key: usual[key[1]] for key in repeats if key[1] in usual}
    late = {
        key: min(age(line.at) for line in lines[key]) / gap
        for key, gap in {**items, **mine}.items()
    }
    found = features(ranked, "own_gap_days", "item_gap_days", "overdue")
    for values, expected in zip(found, (mine, items, late), strict=True):
        same(values, expected)


def test_users_are_counted(ranked: World) -> None:
    baskets = sets_by((line.user, (line.basket, line.at)) for line in ranked.past)
    items = sets_by((line.user, line.item) for line in ranked.past)
    lines = lines_of(ranked)
    often = {key for key, taken in lines.items() if len({x.basket for x in taken}) > 1}
    expected: dict[str, Values] = defaultdict(dict)
    for key in pairs_of(ranked):
        user, ages = key[0], [age(at) for _, at in baskets[key[0]]]
        if ages:
            mine = len(items[user])
            repeated = sum((user, item) in often for item in items[user])
            expected["order_count"][key] = len(ages)
            expected["recent_orders"][key] = sum(days < 28 for days in ages)
            expected["days_since_order"][key] = min(ages)
            expected["user_item_count"][key] = mine
            expected["user_repeat_share"][key] = repeated / mine
    for found, values in zip(
        features(ranked, *expected), expected.values(), strict=True
    ):
        same(found, values)


def test_items_are_counted(ranked: World) -> None:
    lines = lines_of(ranked)
    expected: dict[str, Values] = defaultdict(dict)
    for key in pairs_of(ranked):
        item = key[1]
        taken = {user: found for (user, i), found in lines.items() if i == item}
        if not taken:
            continue
        ages = {user: [age(x.at) for x in found] for user, found in taken.items()}
        baskets = [len({x.basket for x in found}) for found in taken.values()]
        for days in (7, 28, 84):
            expected[f"item_users_{days}"][key] = sum(
                min(a) < days for a in ages.values()
            )
        expected["item_users"][key] = len(taken)
        expected["item_repeat_share"][key] = sum(n > 1 for n in baskets) / len(taken)
        expected["item_baskets_per_user"][key] = sum(baskets) / len(taken)
        sold = [age(line.at) for line in ranked.past if line.item == item]
        expected["item_age_days"][key] = math.floor(max(sold))
        expected["item_days_since_sold"][key] = min(sold)
        if len({x.basket for x in ranked.past if x.item == item}) >= 6:
            before = [a for a in ages.values() if any(28 <= x < 56 for x in a)]
            again = sum(min(a) < 28 for a in before)
            recent = sum(min(a) < 28 for a in ages.values())
            expected["item_trend"][key] = (recent + 10) / (len(before) + 10)
            expected["item_weight"][key] = sum(
                math.exp(-x / 60) for a in ages.values() for x in a
            )
            if before:
                expected["item_return_share"][key] = again / len(before)
    for found, values in zip(
        features(ranked, *expected), expected.values(), strict=True
    ):
        same(found, values)


@pytest.mark.parametrize(
    ("attribute", "count"), [("category", 5), ("department", 2), ("type", 10**6)]
)
def test_affinity_is_of_what_shares_an_attribute(
    ranked: World, attribute: str, count: int
) -> None:
    lines = lines_of(ranked)
    weights = {k: sum(math.exp(-age(x.at) / 60) for x in v) for k, v in lines.items()}
    expected: dict[str, Values] = defaultdict(dict)
    for user, item in pairs_of(ranked):
        owned = [key for key in lines if key[0] == user]
        alike = [key for key in owned if key[1] % count == item % count]
        if alike:
            weight = sum(weights[key] for key in alike)
            total = sum(weights[key] for key in owned)
            ages = [age(line.at) for key in alike for line in lines[key]]
            baskets = sum(len({x.basket for x in lines[key]}) for key in alike)
            expected["weight"][user, item] = weight
            expected["share"][user, item] = weight / total
            expected["baskets"][user, item] = baskets
            expected["days"][user, item] = min(ages)
    names = [f"{attribute}_{figure}" for figure in expected]
    for found, values in zip(features(ranked, *names), expected.values(), strict=True):
        same(found, values)


def test_copurchase_is_with_the_latest_items(ranked: World) -> None:
    index = dict(ranked.rows("select item_id, item_index from int_items"))
    baskets = sets_by((line.item, line.basket) for line in ranked.past)
    lines = lines_of(ranked)
    counts: Values = {}
    for one, other in combinations(baskets, 2):
        both = len(baskets[one] & baskets[other])
        if both >= 2:
            cosine = both / math.sqrt(len(baskets[one]) * len(baskets[other]))
            counts[one, other] = counts[other, one] = cosine

    def late(key: Pair) -> tuple[Any, ...]:
        ages = [age(line.at) for line in lines[key]]
        return (min(ages), -sum(math.exp(-x / 60) for x in ages), index[key[1]])

    expected: list[Values] = [{}, {}, {}]
    for user, item in pairs_of(ranked):
        latest = sorted((key for key in lines if key[0] == user), key=late)[:4]
        found = [counts[key[1], item] for key in latest if (key[1], item) in counts]
        if found:
            figures = (max(found), sum(found) / len(found), sum(found))
            for values, figure in zip(expected, figures, strict=True):
                values[user, item] = figure
    names = ("copurchase_max", "copurchase_mean", "copurchase_sum")
    for values, wanted in zip(features(ranked, *names), expected, strict=True):
        same(values, wanted)


def test_factors_are_multiplied(ranked: World) -> None:
    users = ranked.factors("als", "user")
    items = ranked.factors("als", "item")
    rows = ranked.rows(
        "select user_id, item_id, user_index, item_index from rank_pairs"
    )
    product, cosine = {}, {}
    for user, item, row, column in rows:
        if row in users and column in items:
            one, other = np.array(users[row]), np.array(items[column])
            product[user, item] = one @ other
            lengths = np.linalg.norm(one) * np.linalg.norm(other)
            if lengths:
                cosine[user, item] = one @ other / lengths
    found = features(ranked, "factor_product", "factor_cosine")
    for values, expected in zip(found, (product, cosine), strict=True):
        assert values == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_labels_are_what_the_holdout_took(ranked: World) -> None:
    later = {
        (line.user, line.item)
        for line in ranked.lines
        if line.quantity > 0 and -28 <= age(line.at) <= 0
    }
    active = {user for user, _ in later}
    found = ranked.rows(
        "select user_id, item_id, is_taken from rank_labels "
        "inner join rank_pairs using (user_index, item_index)"
    )
    assert {(user, item): taken for user, item, taken in found} == {
        key: key in later for key in pairs_of(ranked) if key[0] in active
    }
    assert any(taken for *_, taken in found)


def scored_world(lines: list[Line], **changed: Any) -> Any:
    """Build a world with a ranker in it, and its scores."""
    plan = plan_with(**{**SMALL, **VARS})
    tables = {"rankers": rankers_table(plan)}
    return tiny_world(lines, wanted="+rank_scores", tables=tables, **VARS, **changed)


def test_scores_are_those_of_lightgbm() -> None:
    plan = plan_with(**{**SMALL, **VARS})
    names = feature_names(plan)
    with scored_world(random_lines(7)) as world:
        ((text,),) = world.rows("select booster from stg_rankers")
        rows = world.rows(
            f"select user_id, item_id, {', '.join(names)} from rank_features "
            "inner join rank_pairs using (user_index, item_index)"
        )
        values = np.array([row[2:] for row in rows], dtype=np.float64)
        scores = lightgbm.Booster(model_str=text).predict(values)
        expected = {row[:2]: score for row, score in zip(rows, scores, strict=True)}
        found = world.dicts("rank_scores")
        index = dict(world.rows("select item_id, item_index from int_items"))
    assert {(x["user_id"], x["item_id"]): x["score"] for x in found} == expected
    assert len(set(expected.values())) > 10
    for kinds, column in (((True, False), "item_rank"), ((False,), "kind_rank")):
        for user in {x["user_id"] for x in found}:
            mine = [
                x for x in found if x["user_id"] == user and x["is_repeat"] in kinds
            ]
            mine.sort(key=lambda x: (-x["score"], index[x["item_id"]]))
            assert [x[column] for x in mine] == list(range(1, len(mine) + 1))


def test_scores_are_the_same_for_any_order_and_threads() -> None:
    lines = random_lines(3)
    tables = []
    for order, threads in ((lines, 1), (shuffled(lines, 5), 4)):
        with scored_world(order, threads=threads) as world:
            scores = world.rows("from rank_scores order by user_id, item_rank")
            features = world.rows("from rank_features order by user_index, item_index")
            tables.append((scores, features))
    assert tables[0] == tables[1]
