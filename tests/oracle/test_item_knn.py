"""Item neighbours against textbook weights and a plain sum over the user's items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from tests.oracle.test_candidates import Scores, assert_candidates
from tests.worlds import World, random_lines, tiny_world


@pytest.fixture(scope="module", params=["cosine", "tfidf", "bm25"])
def knn_world(request: pytest.FixtureRequest) -> Iterator[World]:
    given = {"candidate_sources": ["item_knn", "popular"], "knn_neighbours": 5}
    weighting = {"knn_weighting": request.param, "knn_shrinkage": 0.5}
    lines = random_lines(4)
    with tiny_world(lines, wanted="+cand_item_knn", **given, **weighting) as built:
        yield built


def dense_weights(world: World) -> np.ndarray:
    """Return the weights of all items (rows) and users (columns), by the textbook."""
    cells = world.rows(
        "select item_index, user_index, basket_count from int_user_items "
        "where is_eligible"
    )
    amounts = np.zeros((max(c[0] for c in cells) + 1, max(c[1] for c in cells) + 1))
    for item, user, weight in cells:
        amounts[item, user] = weight
    rows, held = len(amounts), (amounts > 0).sum(axis=0)
    rarity = np.log((rows + 1) / (held + 1))
    length = amounts.sum(axis=1, keepdims=True) / amounts.sum(axis=1).mean()
    weights = {
        "cosine": amounts,
        "tfidf": np.sqrt(amounts) * rarity,
        "bm25": amounts * 2.2 / (amounts + 1.2 * (0.25 + 0.75 * length)) * rarity,
    }[world.vars["knn_weighting"]]
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / (norms + world.vars["knn_shrinkage"])


def test_neighbours_are_the_nearest_by_weighted_users(knn_world: World) -> None:
    weights = dense_weights(knn_world)
    similarity = weights @ weights.T
    np.fill_diagonal(similarity, 0)
    for item, row in enumerate(similarity):
        found = knn_world.rows(
            "select similar_item_index, similarity from sig_knn_neighbours "
            f"where item_index = {item} order by neighbour_rank"
        )
        best = np.sort(row[row > 0])[::-1][:5]
        np.testing.assert_allclose([s for _, s in found], best)
        np.testing.assert_allclose([row[i] for i, _ in found], best)


def test_scores_add_up_over_the_users_items(knn_world: World) -> None:
    items = dict(knn_world.rows("select item_index, item_id from int_items"))
    near = defaultdict(list)
    for item, other, similarity in knn_world.rows(
        "select item_index, similar_item_index, similarity from sig_knn_neighbours"
    ):
        near[item].append((items[other], similarity))
    terms: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for user, item, weight, is_eligible in knn_world.rows(
        "select user_id, item_index, weight, is_eligible from int_user_items"
    ):
        if is_eligible:
            terms[user][items[item]].append(weight)
        for other, similarity in near[item]:
            terms[user][other].append(weight * similarity)
    scores: Scores = {
        user: {item: sum(sorted(parts)) for item, parts in given.items()}
        for user, given in terms.items()
    }
    assert_candidates(knn_world, "item_knn", scores)
