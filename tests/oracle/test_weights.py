"""Weights and dislikes: plain sums over events, and what no source may recommend."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from recsql.engine.checks import plan_checks, run_checks
from recsql.numerics.factorize import AlsParameters, als
from tests.worlds import (
    ALL_SOURCES,
    AS_OF,
    World,
    listed,
    moved,
    plan_with,
    random_lines,
    tiny_world,
)

SETTINGS = {
    "candidate_sources": ALL_SOURCES,
    "weight_column": "amount",
    "weight_scale": "threshold",
    "weight_threshold": 0.3,
    "weight_below_threshold": -1.0,
    "decay_days": {"purchase": 45},
    "min_item_baskets": 3,
    "graph_filter_factors": 3,
    "bspm_factors": 3,
    "svd_factors": 4,
}
Pair = tuple[int, int]


@pytest.fixture(scope="module")
def rated() -> Iterator[World]:
    """A world in which three lines of ten are dislikes, with every source."""
    with tiny_world(random_lines(9), **SETTINGS) as built:
        yield built


@pytest.fixture(scope="module")
def weights(rated: World) -> dict[Pair, float]:
    found: dict[Pair, float] = defaultdict(float)
    for line in rated.past:
        if line.user:
            age = (AS_OF - line.at).total_seconds() / 86400
            sign = 1 if line.paid >= 0.3 else -1
            found[line.user, line.item] += sign * math.exp(-age / 45)
    return found


def test_a_pair_weighs_the_sum_of_its_events(
    rated: World, weights: dict[Pair, float]
) -> None:
    rows = rated.rows("select user_id, item_id, weight from int_user_items")
    assert {(u, i): w for u, i, w in rows} == pytest.approx(weights, rel=1e-9)
    assert min(weights.values()) < -0.5


@pytest.mark.parametrize(
    ("decay", "days"),
    [
        ({"decay_days": 60}, (60, 60)),
        ({"decay_days": {"purchase": 30, "view": 3}}, (30, 3)),
        ({"decay_days": None, "half_life_days": 20}, (20 / math.log(2),) * 2),
        ({"decay_days": {"view": 7}}, (math.inf, 7)),
    ],
    ids=str,
)
def test_a_weight_far_in_the_past_is_as_exact(
    decay: dict[str, Any], days: tuple[float, float]
) -> None:
    """Of users who left years ago, too: sums of terms that are next to nothing."""
    events = {**plan_with().project.vars["events"]}
    events["event_type"] = "case when store_id = 1 then 'view' else 'purchase' end"
    lines = [moved(line, -365.0 * ((line.user or 0) % 3)) for line in random_lines(3)]
    with tiny_world(lines, wanted="+int_user_items", events=events, **decay) as world:
        rows = world.rows("select user_id, item_id, weight from int_user_items")
        terms = defaultdict(list)
        for line in world.past:
            if line.user:
                age = (AS_OF - line.at).total_seconds() / 86400
                weight, span = (0.1, days[1]) if line.store == 1 else (1, days[0])
                terms[line.user, line.item].append(weight * np.exp(-age / span))
    expected = {pair: math.fsum(weights) for pair, weights in terms.items()}
    assert {(u, i): w for u, i, w in rows} == pytest.approx(expected, rel=1e-9)


def test_only_liked_events_count_for_items_and_baskets(rated: World) -> None:
    baskets, users, pairs = defaultdict(set), defaultdict(set), set()
    for line in rated.past:
        if line.paid >= 0.3:
            baskets[line.item].add(line.basket)
            users[line.item] |= {line.user} - {None}
            pairs.add((line.basket, line.item))
    for item, basket_count, user_count in rated.rows(
        "select item_id, basket_count, user_count from int_items"
    ):
        assert basket_count == len(baskets[item])
        assert user_count == len(users[item])
    found = rated.rows(
        "select cast(basket_id as bigint), item_id from int_basket_items "
        "inner join int_baskets using (basket_index) "
        "inner join int_items using (item_index)"
    )
    assert set(found) == pairs


@pytest.mark.parametrize("source", ALL_SOURCES)
def test_no_source_recommends_what_is_disliked(
    rated: World, weights: dict[Pair, float], source: str
) -> None:
    rows = rated.rows(f"select user_id, item_id, is_repeat from {listed(source)}")
    assert len(rows) > 30
    for user, item, is_repeat in rows:
        assert weights.get((user, item), 0) >= 0
        assert is_repeat == ((user, item) in weights)


def test_history_is_what_is_liked(rated: World, weights: dict[Pair, float]) -> None:
    eligible = rated.rows("select item_id from int_items where is_eligible")
    mine = defaultdict(set)
    for (user, item), weight in weights.items():
        if weight > 0 and (item,) in eligible:
            mine[user].add(item)
    found = rated.rows("select user_id, count(*) from cand_history group by user_id")
    n = rated.vars["candidates_per_user"]
    assert dict(found) == {user: min(len(own), n) for user, own in mine.items()}


def test_a_dislike_in_the_holdout_is_no_hit(rated: World) -> None:
    last = 28 * 86400
    liked = {
        (x.user, x.item)
        for x in rated.lines
        if x.user
        and x.quantity
        and x.paid >= 0.3
        and 0 <= (x.at - AS_OF).total_seconds() <= last
    }
    assert liked == set(rated.rows("select user_id, item_id from int_holdout"))


def test_every_data_test_holds(rated: World) -> None:
    plan = plan_with(**rated.vars)
    checks = plan_checks(plan, list(plan.models), rated.warehouse.kinds)
    for result in run_checks(checks, rated.warehouse, 1):
        assert result.status == "passed", result.problem


def test_als_reads_a_negative_weight_as_sure_absence() -> None:
    """The last half-step solves Hu, Koren and Volinsky's equation 5 for every item."""
    rng = np.random.default_rng(4)
    dense = rng.choice([0.0, 1.0, 2.0, -1.5], size=(30, 12), p=[0.6, 0.15, 0.15, 0.1])
    rows, columns = np.nonzero(dense)
    settings = AlsParameters(3, 0.1, 2.0, 300, 42)
    cells = (rows.astype(np.int32), columns.astype(np.int32))
    users, items = als(*cells, dense[rows, columns].astype(np.float32), settings)
    for item, factors in enumerate(items):
        confidence = np.where(dense[:, item] == 0, 1, 2.0 * np.abs(dense[:, item]))
        wanted = dense[:, item] > 0
        left = (users * confidence[:, None]).T @ users + 0.1 * np.eye(3)
        right = users.T @ (confidence * wanted)
        np.testing.assert_allclose(factors, np.linalg.solve(left, right), atol=2e-3)


def test_a_region_has_its_own_decay() -> None:
    lines = random_lines(10)
    changed = {"region_decay_days": {"1": 20, 2: 90}, "decay_days": {"view": 5}}
    with tiny_world(lines, wanted="+int_user_items", **changed) as world:
        expected: dict[Pair, float] = defaultdict(float)
        for line in world.past:
            if line.user:
                age = (AS_OF - line.at).total_seconds() / 86400
                days = {1: 20, 2: 90}.get(line.store, math.inf)
                expected[line.user, line.item] += math.exp(-age / days)
        rows = world.rows("select user_id, item_id, weight from int_user_items")
        assert {(u, i): w for u, i, w in rows} == pytest.approx(expected)
