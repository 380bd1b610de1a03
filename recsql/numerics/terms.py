"""What each known item adds to a score: the largest terms of the sums that models make.

Linear models and projections are sums over the user's items. So is a user's vector of
least squares, and with it a score of ALS (Hu, Koren and Volinsky 2008, section 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recsql.numerics.factorize import AlsParameters, Floats, Ints
from recsql.numerics.threads import single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Pairs = tuple[Ints, Ints]
# (columns, weights of a user, shown items) -> what each column adds to each item
AddsOf = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True)
class Terms:
    """Largest terms, flat: one entry per (user, item, column that adds to it)."""

    users: Ints
    items: Ints
    columns: Ints
    amounts: npt.NDArray[np.float64]


def linear_terms(
    matrix: csr_matrix, weights: Floats, shown: Pairs, count: int
) -> Terms:
    """Return the `count` largest terms of scores that are sums of weights.

    Args:
        matrix: shape (users, columns), sorted cells; only cells above 0 add anything.
        weights: shape (columns, items); the score is `matrix @ weights`.
        shown: (user, item) pairs, each once.
        count: terms wanted per pair; of equal ones the smaller columns are taken.

    >>> from recsql.numerics.factorize import sparse
    >>> one = sparse(np.zeros(2, int), np.array([0, 1]), np.array([2.0, 1.0]))
    >>> weights = np.array([[0.0, 0.5], [0.25, 0.0]], np.float32)
    >>> linear_terms(one, weights, (np.array([0]), np.array([1])), 1)
    Terms(users=array([0], dtype=int32), items=array([1], dtype=int32), \
columns=array([0], dtype=int32), amounts=array([1.]))
    """

    def adds(columns: Any, amounts: Any, items: Any) -> Any:
        return weights[np.ix_(columns, items)] * amounts[:, None]

    return _largest(matrix, shown, count, adds)


def factor_terms(
    matrix: csr_matrix,
    factors: Floats,
    shown: Pairs,
    count: int,
    parameters: AlsParameters | None = None,
) -> Terms:
    """Return the `count` largest terms of scores by factors, as `linear_terms`.

    A user's vector is the history times the factors (SVD), or solves the least squares
    of ALS: x = W Y'C p with W = (Y'CY + regularization I)^-1. Then item i with
    confidence c adds c y_i' W y_j to the score of item j, as `implicit` explains it.

    Args:
        matrix: shape (users, columns); a cell below 0 is sure absence to ALS.
        factors: shape (columns, f); columns from there on are left out.
        shown: (user, item) pairs, each once.
        count: terms wanted per pair.
        parameters: those of the fit of ALS; without, SVD's.
    """
    single_blas()
    matrix = matrix[:, : len(factors)]
    exact = factors.astype(np.float64)
    if parameters is None:

        def project(columns: Any, amounts: Any, items: Any) -> Any:
            return amounts[:, None] * (exact[columns] @ exact[items].T)

        return _largest(matrix, shown, count, project)
    alpha, identity = parameters.alpha, np.eye(exact.shape[1])
    base = exact.T @ exact + parameters.regularization * identity

    def solve(columns: Any, amounts: Any, items: Any) -> Any:
        own, confidence = exact[columns], alpha * amounts
        normal = base + (own.T * (np.abs(confidence) - 1)) @ own
        return confidence[:, None] * (own @ np.linalg.solve(normal, exact[items].T))

    return _largest(matrix, shown, count, solve)


def _largest(matrix: csr_matrix, shown: Pairs, count: int, adds: AddsOf) -> Terms:
    """Return the largest terms of each shown pair, user by user."""
    order = np.lexsort((shown[1], shown[0]))
    users, items = shown[0][order], shown[1][order]
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    matrix.resize(max(matrix.shape[0], users.max(initial=-1) + 1), matrix.shape[1])
    none = np.zeros(0, dtype=np.int32)
    parts = [(none, none, none, none.astype(np.float64))]
    for start, end in pairwise([*starts, len(users)]):
        user, mine = users[start], items[start:end]
        own = slice(*matrix.indptr[user : user + 2])
        columns, amounts = matrix.indices[own], matrix.data[own].astype(np.float64)
        terms = np.where(amounts > 0, adds(columns, amounts, mine).T, -np.inf)
        for _ in range(min(count, int((amounts > 0).sum()))):
            best = terms.argmax(axis=1)
            largest = terms[np.arange(len(mine)), best]
            parts.append((users[start:end], mine, columns[best], largest))
            terms[np.arange(len(mine)), best] = -np.inf
    owners, ranked, because, found = map(np.concatenate, zip(*parts, strict=True))
    keys = (owners, ranked, because)
    first, second, third = (key.astype(np.int32) for key in keys)
    return Terms(first, second, third, found)
