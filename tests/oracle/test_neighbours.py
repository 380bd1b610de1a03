"""Neighbours and SAR against textbook formulas over dense matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.oracle.test_models import assert_best, matrix_of
from tests.worlds import AS_OF, World, random_lines, tiny_world

COUNT, SHRINKAGE, DISCOUNT, ASYMMETRY = 5, 0.5, 0.4, 0.3
K1, B = 2.0, 0.3
EXPONENTS = {"user": 0.7, "source": 0.4, "target": 0.2}
HALF_LIFE = 30


@pytest.fixture(
    scope="module",
    params=[
        ("cosine", "source", False),
        ("tfidf", "target", False),
        ("bm25", "source", True),
        ("jaccard", "target", True),
        ("lift", "source", False),
        ("conditional", "target", False),
        ("asymmetric", "source", False),
        ("exponents", "target", False),
    ],
    ids=lambda given: "-".join(map(str, given)),
)
def near(request: pytest.FixtureRequest) -> Iterator[World]:
    similarity, truncation, normalize = request.param
    with tiny_world(
        random_lines(4),
        wanted="+cand_all",
        candidate_sources=["item_knn", "user_knn"],
        knn_similarity=similarity,
        knn_truncation=truncation,
        knn_normalize=normalize,
        knn_neighbours=COUNT,
        knn_shrinkage=SHRINKAGE,
        knn_discount=DISCOUNT,
        knn_asymmetry=ASYMMETRY,
        **{f"knn_{whose}_exponent": power for whose, power in EXPONENTS.items()},
        bm25_k1=K1,
        bm25_b=B,
        user_knn_similarity=similarity,
        user_knn_neighbours=COUNT,
    ) as built:
        yield built


def baskets(world: World) -> Any:
    """Return in how many baskets each user (rows) has each eligible item (columns)."""
    amounts = np.zeros(matrix_of(world, "").shape)
    for user, item, count in world.rows(
        "select user_index, item_index, basket_count from int_user_items "
        "where is_eligible"
    ):
        amounts[user, item] = count
    return amounts


def weights_of(amounts: Any, kind: str) -> Any:
    """Return how much each column says of each row."""
    rarity = np.log((len(amounts) + 1) / ((amounts > 0).sum(axis=0) + 1))
    length = amounts.sum(axis=1, keepdims=True)
    share = 1 - B + B * length / length.mean()
    return {
        "cosine": amounts,
        "tfidf": np.sqrt(amounts) * rarity,
        "bm25": amounts * (K1 + 1) / (amounts + K1 * share) * rarity,
        "exponents": (amounts > 0)
        * np.maximum((amounts > 0).sum(axis=0), 1.0) ** (-EXPONENTS["user"] / 2),
    }.get(kind, (amounts > 0).astype(float))


def similarity_of(amounts: Any, kind: str) -> Any:
    """Return how much the first of two rows (axis 0) speaks for the second (axis 1)."""
    weights = weights_of(amounts, kind)
    both, columns = weights @ weights.T, amounts.shape[1]
    n = (amounts > 0).sum(axis=1).astype(float)
    x, y, length = n[:, None], n[None, :], np.linalg.norm(weights, axis=1)
    denominator = {
        "jaccard": x + y - both,
        "lift": x * y / columns,
        "conditional": x * y**DISCOUNT,
        "asymmetric": x**ASYMMETRY * y ** (1 - ASYMMETRY),
        "exponents": x ** EXPONENTS["source"] * y ** EXPONENTS["target"],
    }.get(kind, np.outer(length, length))
    return both / (denominator + SHRINKAGE)


def table(world: World, sql: str, size: int) -> Any:
    """Return a table of (row, column, number) as a matrix, 0 where there is no row."""
    matrix = np.zeros((size, size))
    for row, column, number in world.rows(sql):
        matrix[row, column] = number
    return matrix


def assert_nearest(found: Any, ranks: Any, similarity: Any, normalize: bool) -> None:
    """Compare kept similarities, row by row, with the best of all."""
    for row, all_of_row in enumerate(similarity):
        others = np.delete(all_of_row, row)
        best = np.sort(others[others > 0])[::-1][:COUNT]
        kept = np.flatnonzero(ranks[row])
        kept = kept[np.argsort(ranks[row, kept])]
        scale = best.sum() if normalize else 1.0
        assert ranks[row, kept].tolist() == list(range(1, len(best) + 1))
        np.testing.assert_allclose(found[row, kept] * scale, best)
        np.testing.assert_allclose(all_of_row[kept], best)
        assert found[row, row] == pytest.approx(all_of_row[row])


def test_items_are_near_by_the_formula_of_their_measure(near: World) -> None:
    amounts = baskets(near)
    size = amounts.shape[1]
    similarity = similarity_of(amounts.T, near.vars["knn_similarity"])
    columns = "select item_index, similar_item_index"
    found = table(near, f"{columns}, similarity from sig_knn_neighbours", size)
    ranks = table(near, f"{columns}, neighbour_rank from sig_knn_neighbours", size)
    if near.vars["knn_truncation"] == "target":
        found, ranks, similarity = found.T, ranks.T, similarity.T
    assert_nearest(found, ranks, similarity, near.vars["knn_normalize"])


def test_users_are_near_by_the_formula_of_their_measure(near: World) -> None:
    amounts = baskets(near)
    similarity = similarity_of(amounts, near.vars["knn_similarity"])
    columns = "select user_index, similar_user_index"
    found, ranks = (
        table(near, f"{columns}, {name} from sig_user_neighbours", len(amounts))
        for name in ("similarity", "neighbour_rank")
    )
    assert_nearest(found, ranks, similarity.T, normalize=False)


def test_item_scores_add_up_over_the_users_items(near: World) -> None:
    x = matrix_of(near, "")
    sql = "select item_index, similar_item_index, similarity from sig_knn_neighbours"
    similarity = table(near, sql, x.shape[1])
    scores = x @ similarity
    assert_best(near, "item_knn", np.where(scores > 0, scores, -np.inf), x > 0)


def test_user_scores_add_up_over_similar_users(near: World) -> None:
    x = matrix_of(near, "")
    sql = "select user_index, similar_user_index, similarity from sig_user_neighbours"
    scores = table(near, sql, len(x)) @ x
    assert_best(near, "user_knn", np.where(scores > 0, scores, -np.inf), x > 0)


@pytest.mark.parametrize(
    ("similarity", "least"), [("jaccard", 1), ("lift", 3), ("count", 2)]
)
def test_sar_is_the_published_one(similarity: str, least: int) -> None:
    """A = sum of rating 2^(-age / half-life), C = X'X of at least `least`, A S."""
    with tiny_world(
        random_lines(6),
        wanted="+cand_linear",
        candidate_sources=["sar", "popular"],
        decay_days=None,
        half_life_days=HALF_LIFE,
        weight_column="amount",
        sar_similarity=similarity,
        sar_min_cooccurrence=least,
    ) as world:
        affinity = np.zeros(matrix_of(world, "").shape)
        users = dict(world.rows("select user_id, user_index from int_users"))
        items = dict(
            world.rows("select item_id, item_index from int_items where is_eligible")
        )
        for line in world.past:
            if line.user and line.item in items:
                age = (AS_OF - line.at).total_seconds() / 86400
                cell = users[line.user], items[line.item]
                affinity[cell] += line.paid * 2 ** (-age / HALF_LIFE)
        taken = (affinity > 0).astype(float)
        c = taken.T @ taken
        c[c < least] = 0
        n = np.diag(c)
        with np.errstate(invalid="ignore"):
            s = {
                "jaccard": c / (n[:, None] + n - c),
                "lift": c / (n[:, None] * n),
                "count": c,
            }[similarity]
        s = np.nan_to_num(s)
        assert_best(world, "sar", affinity @ s, taken > 0)


def test_exponents_hold_rp3beta() -> None:
    """RP3beta: two steps of a random walk, popular targets divided by n^beta."""
    beta = 0.6
    with tiny_world(
        random_lines(4),
        wanted="+sig_knn_neighbours",
        candidate_sources=["item_knn"],
        knn_similarity="exponents",
        knn_user_exponent=1.0,
        knn_source_exponent=1.0,
        knn_target_exponent=beta,
        knn_neighbours=1000,
    ) as world:
        took = (baskets(world) > 0).astype(float)
        size = took.shape[1]
        sql = (
            "select item_index, similar_item_index, similarity from sig_knn_neighbours"
        )
        found = table(world, sql, size)
    users, items = took.sum(axis=1), took.sum(axis=0)
    back = np.divide(took.T, items[:, None], where=items[:, None] > 0, out=took.T * 0)
    forth = np.divide(took, users[:, None], where=users[:, None] > 0, out=took * 0)
    expected = back @ forth / np.maximum(items, 1) ** beta
    np.testing.assert_allclose(found, expected, rtol=1e-12)
