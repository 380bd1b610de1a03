"""Best lists of linear models against plain NumPy; factors and their edge cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsql import linear
from recsql.factorize import sparse
from recsql.latent import truncated_svd
from recsql.linear import best_items, ease, graph_filter


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    users=st.integers(1, 30),
    items=st.integers(2, 20),
    count=st.integers(1, 25),
    at_once=st.integers(1, 40),
)
def test_best_items_equals_brute_force(
    seed: int, users: int, items: int, count: int, at_once: int
) -> None:
    """Small whole numbers make ties; some users have nothing, some have everything."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 3, (users, items)) * (rng.random((users, 1)) > 0.2)
    matrix = sparse(*np.nonzero(dense), dense[np.nonzero(dense)])
    weights = rng.integers(-2, 3, (items, items)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "USERS_AT_ONCE", at_once)
        found = best_items(matrix, weights[: matrix.shape[1], : matrix.shape[1]], count)
    dense, width = dense[: matrix.shape[0], : matrix.shape[1]], matrix.shape[1]
    scores = dense @ weights[:width, :width]
    expected: dict[tuple[int, bool], list[Any]] = {}
    for user in np.flatnonzero(dense.any(axis=1)):
        for repeat in (False, True):
            mine = np.flatnonzero((dense[user] > 0) == repeat)
            best = sorted(mine, key=lambda i: (-scores[user, i], i))[:count]
            expected[user, repeat] = [(i, scores[user, i]) for i in best]
    listed: dict[tuple[int, bool], list[Any]] = {key: [] for key in expected}
    columns = (found.users, found.repeats, found.items, found.scores, found.reasons)
    for user, repeat, item, score, reason in zip(*columns, strict=True):
        listed[user, repeat].append((item, score))
        terms = np.where(dense[user] > 0, dense[user] * weights[:width, item], -np.inf)
        assert reason == (item if repeat else terms.argmax())
    assert listed == expected


def test_nothing_gives_nothing() -> None:
    none = np.zeros(0, dtype=np.int32)
    empty = sparse(none, none, none.astype(np.float32))
    for weights in (ease(empty, 1.0), graph_filter(empty, 3, 0.3)):
        assert weights.shape == (0, 0)
        assert len(best_items(empty, weights, 5).users) == 0


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
