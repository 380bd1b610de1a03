"""Substitutes and complements by behaviour, against a short re-implementation."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from tests.worlds import AS_OF, Line, random_lines, tiny_world


def kish(sizes: list[int]) -> float:
    """Return how many equal ones would meet as often as ones of these sizes."""
    return sum(sizes) ** 2 / sum(size**2 for size in sizes)


@pytest.mark.parametrize("seed", [8, 9])
def test_relations_of_items(seed: int) -> None:
    with tiny_world(
        random_lines(seed, baskets=400),
        wanted="+sig_item_relations",
        item_relations=True,
        relation_min_users=4,
        relation_prior=3,
        relation_min_similarity=0.4,
    ) as world:
        found = world.dicts("sig_item_relations")
        items = world.rows(
            "select item_index, item_id from int_items where is_eligible order by 1"
        )
        rows = world.rows("select item_index, term, weight from sig_item_term_weights")
    weights: dict[int, dict[str, float]] = defaultdict(dict)
    for index, term, weight in rows:
        weights[index][term] = weight
    taken: dict[Any, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for line in world.past:
        if line.user:
            taken[line.user][line.basket].add(line.item)
    times = {
        user: Counter(item for held in baskets.values() for item in held)
        for user, baskets in taken.items()
    }
    crowd = kish([len(own) for own in times.values()])
    wanted = {}
    for (i, x), (j, y) in combinations(items, 2):
        both = [user for user, own in times.items() if own[x] and own[y]]
        if x % 5 != y % 5 or len(both) < 4:
            continue
        n_x, n_y = (sum(own[item] > 0 for own in times.values()) for item in (x, y))
        expected = 0.0
        for user in both:
            sizes = [len(held) for held in taken[user].values()]
            expected += times[user][x] * times[user][y] / kish(sizes)
        together = sum({x, y} <= held for b in taken.values() for held in b.values())
        similarity = sum(w * weights[j].get(term, 0) for term, w in weights[i].items())
        wanted[i, j] = (len(both), n_x * n_y / crowd, together, expected, similarity)
    assert {(row["item_index"], row["other_item_index"]) for row in found} == set(
        wanted
    )
    for row in found:
        users, by_chance, together, expected, similarity = wanted[
            row["item_index"], row["other_item_index"]
        ]
        user_z = (users - by_chance) / max(users, by_chance) ** 0.5
        pair_z = (together - expected) / max(together, expected) ** 0.5
        assert row["user_lift"] == pytest.approx((users + 3) / (by_chance + 3))
        assert row["pair_lift"] == pytest.approx((together + 3) / (expected + 3))
        assert row["user_z"] == pytest.approx(user_z)
        assert row["pair_z"] == pytest.approx(pair_z)
        assert row["similarity"] == pytest.approx(similarity)
        assert row["is_complement"] == (pair_z >= 1.96)
        apart = user_z >= 1.96 and pair_z <= -1.96
        assert row["is_substitute"] == (apart and similarity >= 0.4)


def two_milks_and_a_spread() -> list[Line]:
    """Return trips of 50 users; 12 take one of two milks, 5 whenever it is milk 0."""
    lines = []
    for user in range(101, 151):
        for trip in range(12):
            milk = 10 * (trip % 2)
            held = [milk, *([5] if milk == 0 else [])] if user <= 112 else [user]
            for item in [*held, 20 + (trip + user) % 9]:
                at = AS_OF + timedelta(days=trip - 200)
                lines.append(Line(user, item, user * 100 + trip, at))
    return lines


def test_what_the_same_users_never_take_at_once_is_a_substitute() -> None:
    with tiny_world(
        two_milks_and_a_spread(),
        wanted="+rec_item_relations",
        item_relations=True,
        relation_min_similarity=0.0,
    ) as world:
        places = dict(world.rows("select item_index, item_id from int_items"))
        relations = world.dicts("sig_item_relations")
        published = world.dicts("rec_item_relations")
    verdicts = {
        frozenset((places[row["item_index"]], places[row["other_item_index"]])): (
            row["is_substitute"],
            row["is_complement"],
        )
        for row in relations
    }
    assert verdicts[frozenset((0, 10))] == (True, False)
    assert verdicts[frozenset((5, 10))] == (True, False)
    assert verdicts[frozenset((0, 5))] == (False, True)
    assert len(published) == 2 * len(relations)
    for row in published:
        key = frozenset((row["item_id"], row["related_item_id"]))
        assert (row["is_substitute"], row["is_complement"]) == verdicts[key]
