"""What each item adds to a score, against `implicit` and against plain sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsql.numerics.factorize import AlsParameters, sparse
from recsql.numerics.terms import Terms, factor_terms, linear_terms

ALL = 100


def random_matrix(seed: int, users: int = 12, items: int = 9) -> Any:
    """Return users' weights; a few are below 0."""
    rng = np.random.default_rng(seed)
    dense = rng.random((users, items)) * (rng.random((users, items)) < 0.5)
    dense[rng.random(dense.shape) < 0.05] = -0.5
    rows, columns = np.nonzero(dense)
    return sparse(rows, columns, dense[rows, columns].astype(np.float32))


def all_pairs(matrix: Any) -> tuple[Any, Any]:
    users, items = np.indices(matrix.shape)
    order = np.random.default_rng(3).permutation(users.size)
    return users.ravel()[order], items.ravel()[order]


def as_dict(found: Terms) -> dict[tuple[int, int], list[tuple[int, float]]]:
    terms: dict[tuple[int, int], list[tuple[int, float]]] = {}
    columns = (found.users, found.items, found.columns, found.amounts)
    for user, item, column, amount in zip(
        *map(np.ndarray.tolist, columns), strict=True
    ):
        terms.setdefault((user, item), []).append((column, amount))
    return terms


def test_als_terms_are_those_that_implicit_explains() -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    matrix = random_matrix(1)
    model = AlternatingLeastSquares(
        factors=4, regularization=0.1, alpha=3.0, iterations=4, random_state=42
    )
    model.fit(matrix, show_progress=False)
    settings = AlsParameters(4, 0.1, 3.0, 4, 42)
    found = as_dict(
        factor_terms(matrix, model.item_factors, all_pairs(matrix), ALL, settings)
    )
    solved = model.recalculate_user(np.arange(matrix.shape[0]), matrix)
    assert len(found) == matrix.shape[0] * matrix.shape[1]
    for (user, item), terms in found.items():
        total, expected, _ = model.explain(user, matrix, item, N=ALL)
        assert dict(terms) == pytest.approx(dict(expected), abs=1e-5)
        assert sum(amount for _, amount in terms) == pytest.approx(total, abs=1e-5)
        assert total == pytest.approx(solved[user] @ model.item_factors[item], abs=1e-4)


def test_projections_add_up() -> None:
    matrix = random_matrix(2)
    matrix.data = np.maximum(matrix.data, 0)
    factors = np.random.default_rng(4).normal(size=(9, 3)).astype(np.float32)
    found = as_dict(factor_terms(matrix, factors, all_pairs(matrix), ALL))
    exact = factors.astype(np.float64)  # floats would differ by BLAS where terms cancel
    scores = matrix.toarray().astype(np.float64) @ exact @ exact.T
    for (user, item), terms in found.items():
        assert sum(amount for _, amount in terms) == pytest.approx(scores[user, item])


@pytest.mark.parametrize("count", [1, 3, ALL])
def test_linear_terms_are_the_largest_of_the_sum(count: int) -> None:
    matrix = random_matrix(5)
    weights = np.random.default_rng(6).integers(-2, 3, (9, 9)).astype(np.float32)
    found = as_dict(linear_terms(matrix, weights, all_pairs(matrix), count))
    for user, row in enumerate(matrix.toarray()):
        liked = np.flatnonzero(row > 0)
        for item in range(9):
            terms = row[liked].astype(float) * weights[liked, item]
            order = np.argsort(-terms, kind="stable")[:count]
            expected = [(int(liked[i]), float(terms[i])) for i in order]
            assert found.get((user, item), []) == expected


def test_users_and_items_that_the_matrix_does_not_know() -> None:
    matrix = sparse(np.array([0, 0]), np.array([0, 3]), np.ones(2, np.float32))
    shown = np.array([0, 7]), np.array([1, 1])
    found = factor_terms(matrix, np.eye(2, dtype=np.float32) + 1, shown, 5)
    assert as_dict(found) == {(0, 1): [(0, 2.0 * 1 + 1.0 * 2)]}
