"""Arrays in, item weights out: EASE and the graph filter, and each user's best items.

A linear model scores an item by the sum of the user's own weights times a matrix of
item by item weights. That matrix is dense, so it never leaves Python: what comes back
is each user's exact best list, with the taken item that adds most to each score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.factorize import Floats, Ints, single_blas
from recsql.latent import truncated_svd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

USERS_AT_ONCE = 512


def ease(matrix: csr_matrix, regularization: float) -> Floats:
    """Return item weights (items, items) with a diagonal of zeros.

    EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019:
    B = I - P diag(P)^-1 with P = (X'X + regularization I)^-1, from one Cholesky
    factorization in doubles. Column j holds what each item says about item j.

    Args:
        matrix: shape (users, items).
        regularization: above 0.

    Raises:
        ValueError: the regularization is not above 0.

    >>> from recsql.factorize import sparse
    >>> both = sparse(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    >>> ease(both, 1.0)  # X'X + I = [[2, 1], [1, 2]]
    array([[0. , 0.5],
           [0.5, 0. ]], dtype=float32)
    """
    from scipy.linalg.lapack import dpotrf, dpotri

    if not regularization > 0:
        raise ValueError("ease needs a regularization above 0")
    if matrix.nnz == 0:
        return np.zeros((matrix.shape[1],) * 2, dtype=np.float32)
    exact = matrix.astype(np.float64)
    gram = (exact.T @ exact).toarray(order="F")
    gram[np.diag_indices_from(gram)] += regularization
    with single_blas():
        factor, failed = dpotrf(gram, lower=1, overwrite_a=1)
        inverse, failed_too = dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("ease cannot invert the matrix; raise the regularization")
    diagonal = inverse.diagonal().copy()
    lower = np.tril(inverse, -1)
    return np.asarray((lower + lower.T) / -diagonal, dtype=np.float32) + np.float32(0)


def graph_filter(matrix: csr_matrix, factors: int, low_pass: float) -> Floats:
    """Return item weights (items, items) of a graph filter; nothing is trained.

    GF-CF: Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM
    2021, equation 10: R'R + low_pass D^-1/2 V V' D^1/2, where R is the matrix divided
    by the square roots of its row and column sums (D: column sums) and V holds the
    first `factors` right singular vectors of R.

    Args:
        matrix: shape (users, items), non-negative.
        factors: at least 1; how many frequencies pass the ideal low-pass filter.
        low_pass: weight of that filter against the linear one.

    >>> from recsql.factorize import sparse
    >>> both = sparse(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    >>> graph_filter(both, 1, 0.5).round(6)  # R = [.5^.5, .5^.5] = V'
    array([[0.75, 0.75],
           [0.75, 0.75]], dtype=float32)
    """
    from scipy.sparse import diags_array

    if matrix.nnz == 0:
        return np.zeros((matrix.shape[1],) * 2, dtype=np.float32)
    exact = matrix.astype(np.float64)
    users, items = (np.asarray(exact.sum(axis=axis)).ravel() for axis in (1, 0))
    user_scale, item_scale = _inverse_root(users), _inverse_root(items)
    normal = (diags_array(user_scale) @ exact @ diags_array(item_scale)).tocsr()
    _, _, right = truncated_svd(normal, factors)
    with single_blas():
        ideal = (item_scale[:, None] * right.T) @ (right * np.sqrt(items))
    linear = (normal.T.tocsr() @ normal).toarray()
    return np.asarray(linear + low_pass * ideal, np.float32)


def _inverse_root(sums: Any) -> Any:
    """Return 1 / sqrt(sum), and 0 for a sum of 0."""
    return np.divide(1, np.sqrt(sums), out=np.zeros_like(sums), where=sums > 0)


@dataclass(frozen=True)
class BestItems:
    """Best new items and best repeats per user, flat: one entry per (user, item).

    `reasons` names the taken item that adds most to the score; a repeat is its own.
    """

    users: Ints
    items: Ints
    scores: Floats
    repeats: Any
    reasons: Ints


def best_items(matrix: csr_matrix, weights: Floats, count: int) -> BestItems:
    """Return each user's `count` best new items and `count` best repeats, exactly.

    Args:
        matrix: shape (users, items), sorted cells. A user without a cell has no rows.
        weights: shape (items, items); row i holds what item i says of the others.
        count: wanted of each kind; fewer come back where fewer are left. Of items with
            equal scores the smaller numbers are taken.

    >>> from recsql.factorize import sparse
    >>> one = sparse(np.array([0]), np.array([0]), np.array([2.0]))
    >>> one.resize(1, 2)
    >>> best_items(one, np.array([[0.0, 0.5], [0.5, 0.0]], np.float32), 1)
    BestItems(users=array([0, 0], dtype=int32), items=array([1, 0], dtype=int32), \
scores=array([1., 0.], dtype=float32), repeats=array([False,  True]), \
reasons=array([0, 0], dtype=int32))
    """
    parts = list(_parts(matrix, np.ascontiguousarray(weights), count))
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return BestItems(none, none, none.astype(np.float32), none == 1, none)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    users, items, scores, repeats, reasons = columns
    whole = (users.astype(np.int32), items.astype(np.int32))
    return BestItems(*whole, scores, repeats, reasons.astype(np.int32))


def _parts(
    matrix: csr_matrix, weights: Floats, count: int
) -> Iterator[tuple[Any, Any, Any, Any, Any]]:
    """Yield users, items, scores, repeats and reasons, some users at a time."""
    if count < 1:
        return
    for start in range(0, matrix.shape[0], USERS_AT_ONCE):
        taken = matrix[start : start + USERS_AT_ONCE]
        scores = np.asarray(taken @ weights, dtype=np.float32)
        rows = np.repeat(np.arange(taken.shape[0]), np.diff(taken.indptr))
        cells = (rows, taken.indices)
        best = _top(rows, scores[cells], count)
        own = cells[0][best], cells[1][best]
        own_scores = scores[own]
        scores[cells] = -np.inf
        scores[np.diff(taken.indptr) == 0] = -np.inf
        new = _new(scores, count)
        reasons = _reasons(taken, weights, *new)
        yield start + new[0], new[1], scores[new], np.zeros(len(new[0]), bool), reasons
        yield start + own[0], own[1], own_scores, np.ones(len(own[0]), bool), own[1]


def _new(scores: Floats, count: int) -> tuple[Any, Any]:
    """Return rows and columns of the best finite scores of each row."""
    place = max(scores.shape[1] - count, 0)
    least = np.partition(scores, place, axis=1)[:, place]
    rows, items = np.nonzero((scores >= least[:, None]) & np.isfinite(scores))
    best = _top(rows, scores[rows, items], count)
    return rows[best], items[best]


def _top(rows: Any, scores: Any, count: int) -> Any:
    """Return the places of the best `count` scores of each row.

    The cells are ordered by row and item; a stable sort keeps small items first.
    """
    order = np.lexsort((-scores, rows))
    ordered = rows[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[rank < count]


def _reasons(taken: csr_matrix, weights: Floats, rows: Any, items: Any) -> Any:
    """Return for each (row, item) the row's taken item that adds most to its score."""
    reasons = np.zeros(len(rows), dtype=np.int32)
    ends = np.searchsorted(rows, np.arange(taken.shape[0] + 1))
    for row in np.unique(rows):
        mine = slice(ends[row], ends[row + 1])
        own = slice(taken.indptr[row], taken.indptr[row + 1])
        columns, amounts = taken.indices[own], taken.data[own]
        terms = weights[np.ix_(columns, items[mine])] * amounts[:, None]
        reasons[mine] = columns[terms.argmax(axis=0)]
    return reasons
