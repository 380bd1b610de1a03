"""Linear models and factors: edge cases and hand-made numbers."""

from __future__ import annotations

import numpy as np
import pytest

from recsql.numerics.best import best_items
from recsql.numerics.factorize import sparse
from recsql.numerics.latent import truncated_svd
from recsql.numerics.linear import ease, graph_filter, sar


def test_nothing_gives_nothing() -> None:
    none = np.zeros(0, dtype=np.int32)
    empty = sparse(none, none, none.astype(np.float32))
    fitted = (ease(empty, 1.0), graph_filter(empty, 3, 0.3), sar(empty, "lift", 1))
    for weights in fitted:
        assert weights.shape == (0, 0)
        assert len(best_items(empty, weights, empty, 5).users) == 0


def test_sar_drops_items_taken_together_too_rarely() -> None:
    dense = np.array([[1.0, 2, 0, 0], [3, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 4]])
    matrix = sparse(*np.nonzero(dense), dense[np.nonzero(dense)])
    counts = [[3, 2, 2, 0], [2, 2, 0, 0], [2, 0, 2, 0], [0, 0, 0, 0]]
    assert sar(matrix, "count", 2).tolist() == counts
    assert sar(matrix, "jaccard", 2)[0].tolist() == pytest.approx([1, 2 / 3, 2 / 3, 0])
    assert sar(matrix, "lift", 2)[0].tolist() == pytest.approx([3 / 9, 2 / 6, 2 / 6, 0])


def test_sar_refuses_a_similarity_it_does_not_know() -> None:
    with pytest.raises(ValueError, match='"cosine" is neither count'):
        sar(sparse(np.array([0]), np.array([0]), np.ones(1)), "cosine", 1)


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
