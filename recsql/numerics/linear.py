"""A matrix in, item by item weights out: EASE, and EASE with dropout.

A linear model scores an item by the sum of the user's own weights times a matrix of
item by item weights. That of EASE is dense, so it has as many items as fit in memory.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.factorize import Floats
from recsql.numerics.threads import single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CELL_BYTES = 16  # the matrix in doubles while it is inverted, and twice in floats
MOST_ITEMS = isqrt(2**31 - 1)  # entries of one result
ITEMS_AT_ONCE = 256


def items_that_fit(share: float) -> int:
    """Return of how many items a dense matrix fits in some bytes of memory.

    >>> items_that_fit(16 * 4000**2)
    4000
    """
    return min(isqrt(max(int(share), 0) // CELL_BYTES), MOST_ITEMS)


def ease(matrix: csr_matrix, regularization: float, dropout: float = 0.0) -> Floats:
    """Return item weights (items, items) with a diagonal of zeros.

    EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019:
    B = I - P diag(P)^-1 with P = (X'X + regularization I)^-1, from one Cholesky
    factorization in doubles. Column j holds what each item says about item j.

    EDLAE: Steck, "Autoencoders that don't overfit towards the Identity", NeurIPS 2020:
    what dropping each cell with probability `dropout` amounts to is more regularization
    of popular items, by dropout / (1 - dropout) diag(X'X).

    Args:
        matrix: shape (users, items).
        regularization: above 0.
        dropout: from 0 to below 1.

    Raises:
        ValueError: the regularization is not above 0, or there is no such dropout.

    >>> from recsql.numerics.factorize import sparse
    >>> both = sparse(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    >>> ease(both, 1.0)  # X'X + I = [[2, 1], [1, 2]]
    array([[0. , 0.5],
           [0.5, 0. ]], dtype=float32)
    >>> ease(both, 1.0, 0.5)  # 1 more on the diagonal: [[3, 1], [1, 3]]
    array([[0.        , 0.33333334],
           [0.33333334, 0.        ]], dtype=float32)
    """
    from scipy.linalg.lapack import dpotrf, dpotri

    if not regularization > 0:
        raise ValueError("ease needs a regularization above 0")
    if not 0 <= dropout < 1:
        raise ValueError("a dropout is a probability below 1")
    if matrix.nnz == 0:
        return np.zeros((matrix.shape[1],) * 2, dtype=np.float32)
    gram = _gram(matrix)
    own = np.diag_indices_from(gram)
    gram[own] *= 1 + dropout / (1 - dropout)
    gram[own] += regularization
    single_blas()
    factor, failed = dpotrf(gram, lower=1, overwrite_a=1)
    inverse, failed_too = dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("ease cannot invert the matrix; raise the regularization")
    return _without_diagonal(inverse)


def _gram(matrix: csr_matrix) -> Any:
    """Return X'X in doubles, by columns, made some rows at a time."""
    exact = matrix.astype(np.float64)
    turned = exact.T.tocsr()
    gram = np.empty((exact.shape[1],) * 2, order="F")
    for start in range(0, len(gram), ITEMS_AT_ONCE):
        rows = turned[start : start + ITEMS_AT_ONCE] @ exact
        gram[start : start + ITEMS_AT_ONCE] = rows.toarray()
    return gram


def _without_diagonal(inverse: Any) -> Floats:
    """Return -P diag(P)^-1 with zeros on the diagonal, of P's lower triangle."""
    diagonal = inverse.diagonal().copy()
    weights = np.empty(inverse.shape, dtype=np.float32)
    for start in range(0, len(diagonal), ITEMS_AT_ONCE):
        end = min(start + ITEMS_AT_ONCE, len(diagonal))
        rows = np.zeros((end - start, len(diagonal)))
        rows[:, :end] = inverse[start:end, :end]
        rows[:, end:] = inverse[end:, start:end].T
        inside = np.tril(rows[:, start:end], -1)
        rows[:, start:end] = inside + inside.T
        weights[start:end] = rows / -diagonal
    weights += 0  # no zero is negative
    return weights
