"""A world whose right answer is visible: two kinds of users, two blocks of items.

Every user takes all of their own block but one item. Whatever looks at other people, at
the items' text or at their attributes must put that one item first among the new ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from recsql.config.project import builtin_root, load_project
from tests.worlds import ALL_SOURCES, AS_OF, Line, World, listed, tiny_world

BLOCKS = (range(10, 40, 5), range(11, 41, 5))  # by category; numbers in titles differ
USERS = range(100, 148, 2)
OWN_RIGHT_ANSWER = {"history", "popular", "new_items"}
ITEMS = load_project(builtin_root()).vars["items"]
SETTINGS = {
    "items": {**ITEMS, "text": "product_category"},
    "candidate_sources": ALL_SOURCES,
    "as_of": str(AS_OF),
    "min_item_baskets": 1,
    "min_support": 0.001,
    "rules_per_item": 20,
    "latest_items": 6,
    "substitutes_per_item": 8,
    "candidates_per_user": 12,
    "als_regularization": 1.0,
    "bpr_factors": 4,
    "bpr_iterations": 300,
    "lmf_factors": 4,
    "svd_factors": 2,
    "graph_filter_factors": 2,
    "bspm_factors": 2,
    "edlae_regularization": 10.0,
    "ease_regularization": 10.0,
}


def block_of(user: int) -> int:
    return user // 2 % 2


def hole(user: int) -> int:
    """The one item of their own block that the user has not taken."""
    return BLOCKS[block_of(user)][user // 4 % 6]


def checkerboard() -> list[Line]:
    chance = random.Random(5)
    lines, basket = [], 0
    for user in USERS:
        own = [item for item in BLOCKS[block_of(user)] if item != hole(user)]
        for visit in range(4):
            basket += 1
            at = AS_OF - timedelta(days=40 - 7 * visit, minutes=user)
            picked = own if visit % 2 else chance.sample(own, 4)
            store = block_of(user) + 1
            lines += [Line(user, item, basket, at, store) for item in picked]
    return lines


@pytest.fixture(scope="module")
def board() -> Iterator[World]:
    with tiny_world(checkerboard(), **SETTINGS) as built:
        yield built


@pytest.mark.parametrize(
    "source", [s for s in ALL_SOURCES if s not in OWN_RIGHT_ANSWER]
)
def test_the_missing_item_is_the_first_new_one(board: World, source: str) -> None:
    found = dict(
        board.rows(
            f"select user_id, item_id from {listed(source)} where not is_repeat "
            "and kind_rank = 1"
        )
    )
    assert found == {user: hole(user) for user in USERS}


def test_history_is_what_the_user_took(board: World) -> None:
    found = set(board.rows("select user_id, item_id from cand_history"))
    assert found == {(line.user, line.item) for line in board.lines}


def test_popular_follows_the_number_of_takers(board: World) -> None:
    takers = {
        item: sum(item != hole(user) for user in USERS if block_of(user) == block)
        for block, items in enumerate(BLOCKS)
        for item in items
    }
    scores = board.rows("select item_id, score from cand_popular")
    ranks = board.rows("select item_id, user_count from sig_popularity")
    assert dict(ranks) == takers
    assert all(
        score == pytest.approx(takers[item] / len(USERS)) for item, score in scores
    )
