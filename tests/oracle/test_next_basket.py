"""TIFU-kNN against its paper, in NumPy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsql.numerics.distances import closest_rows
from tests.oracle.test_models import assert_best, matrix_of
from tests.worlds import World, random_lines, tiny_world

WITHIN, BETWEEN, OWN, SIZE, COUNT = 0.9, 0.7, 0.6, 3, 5


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tiny_world(
        random_lines(5),
        wanted="+cand_tifu_knn",
        candidate_sources=["tifu_knn"],
        tifu_within_decay=WITHIN,
        tifu_between_decay=BETWEEN,
        tifu_own_share=OWN,
        tifu_group_size=SIZE,
        tifu_neighbours=COUNT,
    ) as built:
        yield built


def published(world: World) -> Any:
    """Return the users' vectors: groups of baskets from the latest back."""
    histories: dict[int, dict[Any, set[int]]] = defaultdict(lambda: defaultdict(set))
    for user, moment, item in world.rows(
        "select u.user_index, b.basket_at, i.item_index from int_events e "
        "join int_baskets b using (basket_id) "
        "join int_users u on b.user_id = u.user_id "
        "join int_items i on e.item_id = i.item_id where e.is_taken"
    ):
        histories[user][moment].add(item)
    (items,) = world.rows("select max(item_index) + 1 from int_items")[0]
    (users,) = world.rows("select max(user_index) + 1 from int_users")[0]
    vectors = np.zeros((users, items))
    for user, baskets in histories.items():
        latest = [baskets[moment] for moment in sorted(baskets, reverse=True)]
        groups = [latest[at : at + SIZE] for at in range(0, len(latest), SIZE)]
        for ago, group in enumerate(groups):
            for before, basket in enumerate(group):
                part = WITHIN**before * BETWEEN**ago / len(group) / len(groups)
                vectors[user, list(basket)] += part
    return vectors


def predicted(vectors: Any) -> Any:
    apart = np.round(((vectors[:, None] - vectors[None]) ** 2).sum(axis=2), 12)
    apart[:, ~vectors.any(axis=1)] = np.inf
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :COUNT]
    return OWN * vectors + (1 - OWN) * vectors[near].mean(axis=1)


def test_vectors_and_scores_are_the_published_ones(world: World) -> None:
    vectors = published(world)
    found = np.zeros_like(vectors)
    sql = "select user_index, item_index, weight from sig_tifu_vectors"
    for user, item, weight in world.rows(sql):
        found[user, item] = weight
    np.testing.assert_allclose(found, vectors, rtol=1e-12)
    known = matrix_of(world, "") > 0
    scores = np.where(vectors.any(axis=1)[:, None], predicted(vectors), 0)
    scores = scores[: known.shape[0], : known.shape[1]]
    assert_best(world, "tifu_knn", np.where(scores > 0, scores, -np.inf), known)


@pytest.mark.parametrize("seed", range(3))
def test_closest_rows_equal_brute_force(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of any size say the same; rows without cells are nobody's neighbour."""
    chance = np.random.default_rng(seed)
    dense = chance.integers(0, 3, (23, 6)) * (chance.random((23, 6)) < 0.3) * 1.0
    held = np.flatnonzero(dense.any(axis=1))
    apart = np.linalg.norm(dense[held, None] - dense[None, held], axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :4]
    for cells in (1, 100, 10**6):
        monkeypatch.setattr("recsql.numerics.distances.CELLS_AT_ONCE", cells)
        found = closest_rows(csr_matrix(dense), 4)
        assert found.rows.tolist() == np.repeat(held, 4).tolist()
        assert found.neighbours.tolist() == held[near].ravel().tolist()
        np.testing.assert_allclose(
            found.scores, np.take_along_axis(apart, near, axis=1).ravel()
        )
