"""Linear models and factors: edge cases and hand-made numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsql.numerics.best import best_items
from recsql.numerics.factorize import sparse
from recsql.numerics.filtered import best_filtered, filtered_terms
from recsql.numerics.filters import Filter, Steps, frequencies
from recsql.numerics.graphs import ItemWeights, Shared
from recsql.numerics.latent import truncated_svd
from recsql.numerics.linear import ease, items_that_fit

NOBODY = np.zeros(0, dtype=np.int32)
EMPTY = sparse(NOBODY, NOBODY, NOBODY.astype(np.float32))


def some(users: int = 300, items: int = 90, seed: int = 1) -> Any:
    """Return a matrix whose first items are taken most; the last user takes nothing."""
    chance = np.random.default_rng(seed)
    dense = chance.random((users, items)) < 0.6 / np.arange(1, items + 1) ** 0.5
    dense[-1] = False
    cells = np.nonzero(dense * chance.uniform(0.5, 2, dense.shape).round(2))
    matrix = sparse(*cells, chance.uniform(0.5, 2, len(cells[0])).astype(np.float32))
    matrix.resize(users, items)
    return matrix


def graphs(matrix: Any) -> dict[str, ItemWeights]:
    vectors = frequencies(matrix, 5)
    return {
        "graph_filter": Filter.of(matrix, vectors, 0.3),
        "bspm": Filter.of(matrix, vectors, 0.3, Steps(2, 1.5), Steps(1, 0.7)),
        "sar": Shared.of(matrix, "jaccard", 2),
    }


def test_nothing_gives_nothing() -> None:
    weights = ease(EMPTY, 1.0)
    assert weights.shape == (0, 0)
    assert len(best_items(EMPTY, weights, EMPTY, 5).users) == 0
    for graph in graphs(EMPTY).values():
        assert len(best_filtered(EMPTY, graph, EMPTY, 5).users) == 0
        assert len(filtered_terms(EMPTY, graph, (NOBODY, NOBODY), 5).users) == 0


def test_what_nobody_likes_has_no_frequencies() -> None:
    disliked = some()
    disliked.data[:] = 0
    assert frequencies(disliked, 3).shape == (90, 0)


@pytest.mark.parametrize("name", graphs(EMPTY))
def test_a_graph_scores_as_its_weights_do(name: str) -> None:
    """Scores, best lists and terms are those of the dense matrix."""
    matrix = some()
    graph, every = graphs(matrix)[name], np.arange(matrix.shape[1])
    weights = graph.columns(every)
    scores = np.vstack([graph.scores(matrix[:128]), graph.scores(matrix[128:256])])
    np.testing.assert_allclose(scores, matrix[:256] @ weights, atol=1e-5)
    crossed = graph.crossings(every[3:7], every[::2])
    if name != "bspm":
        np.testing.assert_allclose(crossed, weights[3:7, ::2], atol=1e-6)
    found = best_filtered(matrix, graph, matrix.sign(), 4)
    dense = best_items(matrix, weights, matrix.sign(), 4)
    np.testing.assert_array_equal(found.users, dense.users)
    np.testing.assert_allclose(found.scores, dense.scores, atol=1e-5)
    pairs = dense.users[::7], dense.items[::7]
    terms = filtered_terms(matrix, graph, pairs, 200)
    totals = np.zeros(matrix.shape)
    np.add.at(totals, (terms.users, terms.items), terms.amounts)
    np.testing.assert_allclose(totals[pairs], (matrix @ weights)[pairs], atol=1e-5)


@pytest.mark.parametrize("name", graphs(EMPTY))
def test_a_user_gets_the_same_bits_beside_any_others(name: str) -> None:
    matrix = some()
    graph = graphs(matrix)[name]
    whole = best_filtered(matrix, graph, matrix.sign(), 4)
    alone = matrix.copy()
    alone.data[: alone.indptr[200]] = 0
    alone.eliminate_zeros()
    part = best_filtered(alone, graph, alone.sign(), 4)
    mine = whole.users >= 200
    for column in ("users", "items", "scores"):
        expected = getattr(whole, column)[mine]
        np.testing.assert_array_equal(getattr(part, column), expected)


def test_sar_drops_items_taken_together_too_rarely() -> None:
    dense = np.array([[1.0, 2, 0, 0], [3, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 4]])
    matrix, every = sparse(*np.nonzero(dense), dense[np.nonzero(dense)]), np.arange(4)
    counts = [[3, 2, 2, 0], [2, 2, 0, 0], [2, 0, 2, 0], [0, 0, 0, 0]]
    eye = sparse(every, every, np.ones(4))
    for similarity, first in (
        ("count", counts[0]),
        ("jaccard", [1, 2 / 3, 2 / 3, 0]),
        ("lift", [3 / 9, 2 / 6, 2 / 6, 0]),
    ):
        shared = Shared.of(matrix, similarity, 2)
        assert shared.columns(every)[0].tolist() == pytest.approx(first)
        assert shared.scores(eye)[0].tolist() == pytest.approx(first)


def test_sar_refuses_a_similarity_it_does_not_know() -> None:
    with pytest.raises(ValueError, match='"cosine" is neither count'):
        Shared.of(sparse(np.array([0]), np.array([0]), np.ones(1)), "cosine", 1)


def test_a_dropout_is_below_1() -> None:
    with pytest.raises(ValueError, match="below 1"):
        ease(sparse(np.array([0]), np.array([0]), np.ones(1)), 1.0, 1.0)


@pytest.mark.parametrize(
    ("share", "items"), [(0, 0), (15, 0), (16e6, 1000), (1e18, 46340)]
)
def test_a_matrix_has_the_items_that_fit(share: float, items: int) -> None:
    assert items_that_fit(share) == items


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
def test_ease_refuses_a_regularization_that_is_not_above_0(wrong: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ease(sparse(np.array([0]), np.array([0]), np.array([1.0])), wrong)


def test_ease_of_an_item_nobody_took_is_0() -> None:
    weights = ease(sparse(np.array([0, 0]), np.array([0, 2]), np.ones(2)), 1.0)
    assert not weights[1].any()
    assert not weights[:, 1].any()
    assert weights[0, 2] == weights[2, 0] == pytest.approx(1 / 2)


@pytest.mark.parametrize("factors", [1, 3, 7, 8, 50])
def test_truncated_svd_is_that_of_numpy_with_fixed_signs(factors: int) -> None:
    dense = np.random.default_rng(1).random((12, 8)).astype(np.float32)
    matrix = sparse(*np.nonzero(dense), dense[np.nonzero(dense)])
    left, values, right = truncated_svd(matrix, factors)
    u, s, vt = np.linalg.svd(dense.astype(np.float64), full_matrices=False)
    kept = min(factors, 8)
    np.testing.assert_allclose(values, s[:kept])
    expected = (u[:, :kept] * s[:kept]) @ vt[:kept]
    np.testing.assert_allclose((left * values) @ right, expected, atol=1e-9)
    assert (right[np.arange(kept), np.abs(right).argmax(axis=1)] > 0).all()


def test_truncated_svd_needs_a_factor() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        truncated_svd(sparse(np.array([0]), np.array([0]), np.array([1.0])), 0)
