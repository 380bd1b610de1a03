"""Session neighbours in SQL against their papers, written down again in Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from math import log, sqrt
from typing import Any

import pytest

from tests.worlds import World, random_lines, tiny_world

LATEST, RECENT, NEAREST, ORDERS = 5, 12, 6, 60


@pytest.fixture(scope="module", params=["vmis_knn", "s_knn"])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[str, World]]:
    with tiny_world(
        random_lines(5),
        wanted="+cand_session_knn",
        candidate_sources=["session_knn"],
        session_similarity=request.param,
        candidates_per_user=1000,
        latest_items=LATEST,
        recent_sessions=ORDERS,
        session_recent=RECENT,
        session_neighbours=NEAREST,
    ) as built:
        yield request.param, built


def orders_of(world: World) -> list[tuple[Any, list[Any]]]:
    """Return whose the latest orders are and what is in them, the latest first."""
    rows = world.rows(
        "select b.user_id, list(i.item_id) filter (where i.is_eligible) "
        "from int_baskets b join int_basket_items using (basket_index) "
        "join int_items i using (item_index) where b.is_order and b.item_count > 1 "
        "group by b.user_id, b.basket_index, b.basket_at "
        "order by b.basket_at desc, b.basket_index desc"
    )
    return [(user, items or []) for user, items in rows][:ORDERS]


def scores_of(
    user: Any, latest: list[Any], orders: list[tuple[Any, list[Any]]], kind: str
) -> dict[Any, float]:
    """Return what the most similar orders vote for; `latest`: the latest first."""
    recent: dict[Any, list[int]] = defaultdict(list)
    for number, (_, items) in enumerate(orders):
        for item in items:
            recent[item].append(number)
    shared: dict[int, list[int]] = defaultdict(list)
    for back, item in enumerate(latest):
        for number in recent[item][:RECENT]:
            if orders[number][0] != user:
                shared[number].append(back)
    alike, votes = {}, {}
    for number, backs in shared.items():
        recency = sum((len(latest) - back) / len(latest) for back in backs)
        cosine = len(backs) / sqrt(len(latest) * len(orders[number][1]))
        is_vmis = kind == "vmis_knn"
        alike[number] = recency if is_vmis else cosine
        votes[number] = alike[number] * (1 - 0.1 * min(backs) if is_vmis else 1)
    total = max(number for numbers in recent.values() for number in numbers) + 1
    scores: Counter[Any] = Counter()
    for number in sorted(alike, key=lambda n: (-round(alike[n], 9), n))[:NEAREST]:
        for item in orders[number][1]:
            rarity = log(total / len(recent[item])) if kind == "vmis_knn" else 1
            scores[item] += votes[number] * rarity
    return dict(scores)


def test_orders_vote_as_published(world: tuple[str, World]) -> None:
    kind, built = world
    orders = orders_of(built)
    latest = built.rows(
        "select user_id, list(item_id order by last_at desc, weight desc, item_index) "
        "from int_user_items where weight > 0 group by user_id"
    )
    found: dict[Any, dict[Any, float]] = defaultdict(dict)
    for user, item, score in built.rows(
        "select user_id, item_id, score from cand_session_knn"
    ):
        found[user][item] = score
    assert len(found) > 10
    for user, items in latest:
        assert found[user] == pytest.approx(
            scores_of(user, items[:LATEST], orders, kind)
        )


def test_the_reason_is_an_item_of_the_user(world: tuple[str, World]) -> None:
    _, built = world
    assert built.rows(
        "select count(*) from cand_session_knn as found "
        "left join int_user_items as own on found.user_id = own.user_id "
        "and found.reason_item_id = own.item_id where own.item_id is null"
    ) == [(0,)]
