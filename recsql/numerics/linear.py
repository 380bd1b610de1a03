"""A matrix in, item by item weights out: EASE, the graph filter and SAR.

A linear model scores an item by the sum of the user's own weights times a matrix of
item by item weights. That matrix is dense, so it never leaves Python: `best` makes each
user's list of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.factorize import Floats
from recsql.numerics.latent import truncated_svd
from recsql.numerics.threads import single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


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

    >>> from recsql.numerics.factorize import sparse
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
    single_blas()
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

    >>> from recsql.numerics.factorize import sparse
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
    single_blas()
    ideal = (item_scale[:, None] * right.T) @ (right * np.sqrt(items))
    linear = (normal.T.tocsr() @ normal).toarray()
    return np.asarray(linear + low_pass * ideal, np.float32)


def _inverse_root(sums: Any) -> Any:
    """Return 1 / sqrt(sum), and 0 for a sum of 0."""
    return np.divide(1, np.sqrt(sums), out=np.zeros_like(sums), where=sums > 0)


def sar(matrix: csr_matrix, similarity: str, min_cooccurrence: int) -> Floats:
    """Return how often items are taken together (items, items), as similarity.

    SAR: Aggarwal, "Recommender Systems", 2016, section 2.3, as Microsoft's Recommenders
    publish it: users who took both items, of whom at least `min_cooccurrence` are
    needed, as they are (count), over the users of either (jaccard), or over the product
    of the users of each (lift). The diagonal is an item's similarity with itself.

    Args:
        matrix: shape (users, items); only which cells are above 0 is read.
        similarity: count, jaccard or lift.
        min_cooccurrence: fewer common users are none.

    Raises:
        ValueError: the similarity is none of these.

    >>> from recsql.numerics.factorize import sparse
    >>> three = sparse(np.array([0, 0, 1]), np.array([0, 1, 0]), np.ones(3))
    >>> sar(three, "jaccard", 1)
    array([[1. , 0.5],
           [0.5, 1. ]], dtype=float32)
    """
    if similarity not in ("count", "jaccard", "lift"):
        raise ValueError(f'"{similarity}" is neither count nor jaccard nor lift')
    taken = (matrix > 0).astype(np.float32)
    both = (taken.T @ taken).toarray()
    both[both < min_cooccurrence] = 0
    alone = both.diagonal().copy()
    for item, row in enumerate(both):
        if similarity == "jaccard":
            row /= np.maximum(alone[item] + alone - row, 1)
        elif similarity == "lift":
            row /= np.maximum(alone[item] * alone, 1)
    return np.asarray(both, dtype=np.float32)
