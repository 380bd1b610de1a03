"""Arrays in, factors out: BPR, logistic factorization, and truncated SVD.

Each fit returns user factors and item factors whose inner product is the score, as
`factorize.als` does. All are seeded and run on one thread, as their updates race else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recsql.numerics.factorize import Floats, Ints, histories, sparse
from recsql.numerics.threads import single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BprParameters:
    """Settings of `bpr`."""

    factors: int
    learning_rate: float
    regularization: float
    iterations: int
    seed: int


@dataclass(frozen=True)
class LmfParameters:
    """Settings of `lmf`; `negatives` are sampled per positive cell."""

    factors: int
    learning_rate: float
    regularization: float
    negatives: int
    iterations: int
    seed: int


@dataclass(frozen=True)
class SvdParameters:
    """Settings of `svd`."""

    factors: int


def bpr(
    rows: Ints, columns: Ints, weights: Floats, parameters: BprParameters
) -> tuple[Floats, Floats]:
    """Return user factors (users, f + 1) and item factors (items, f + 1).

    Bayesian personalized ranking: Rendle, Freudenthaler, Gantner and Schmidt-Thieme,
    UAI 2009, as `implicit` does it. The last number is the item's bias, against a 1.
    A weight only says that a cell is there: BPR learns orders, not amounts.

    Args:
        rows: shape (n,), user of each cell.
        columns: shape (n,), item of each cell.
        weights: shape (n,), positive.
        parameters: see `BprParameters`.

    >>> none = np.zeros(0, dtype=np.int32)
    >>> users, items = bpr(none, none, none, BprParameters(3, 0.1, 0.1, 5, 42))
    >>> users.shape, items.shape
    ((0, 4), (0, 4))
    """
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    if len(rows) == 0:
        return _nothing(parameters.factors + 1)
    model = BayesianPersonalizedRanking(
        factors=parameters.factors,
        learning_rate=parameters.learning_rate,
        regularization=parameters.regularization,
        iterations=parameters.iterations,
        random_state=parameters.seed,
        num_threads=1,
    )
    return _fitted(model, sparse(rows, columns, weights))


def lmf(
    rows: Ints, columns: Ints, weights: Floats, parameters: LmfParameters
) -> tuple[Floats, Floats]:
    """Return user factors (users, f + 2) and item factors (items, f + 2).

    Logistic matrix factorization: Johnson, "Logistic Matrix Factorization for Implicit
    Feedback Data", NIPS workshop 2014, as `implicit` does it. The last two numbers are
    the user's and the item's bias, each against a 1.

    Args:
        rows: shape (n,), user of each cell.
        columns: shape (n,), item of each cell.
        weights: shape (n,), positive; how much a cell counts.
        parameters: see `LmfParameters`.

    >>> none = np.zeros(0, dtype=np.int32)
    >>> users, items = lmf(none, none, none, LmfParameters(3, 1.0, 0.6, 30, 5, 42))
    >>> users.shape, items.shape
    ((0, 5), (0, 5))
    """
    from implicit.cpu.lmf import LogisticMatrixFactorization

    if len(rows) == 0:
        return _nothing(parameters.factors + 2)
    model = LogisticMatrixFactorization(
        factors=parameters.factors,
        learning_rate=parameters.learning_rate,
        regularization=parameters.regularization,
        neg_prop=parameters.negatives,
        iterations=parameters.iterations,
        random_state=parameters.seed,
        num_threads=1,
    )
    return _fitted(model, sparse(rows, columns, weights))


def _fitted(model: Any, matrix: csr_matrix) -> tuple[Floats, Floats]:
    """Fit a model of `implicit` and return its factors."""
    single_blas()
    model.fit(matrix, show_progress=False)
    return model.user_factors, model.item_factors


def _nothing(width: int) -> tuple[Floats, Floats]:
    empty = np.zeros((0, width), dtype=np.float32)
    return empty, empty


def svd(
    rows: Ints, columns: Ints, weights: Floats, parameters: SvdParameters
) -> tuple[Floats, Floats]:
    """Return user factors (users, f), singular values in them, and item factors.

    PureSVD: Cremonesi, Koren and Turrin, RecSys 2010. The product of both is the best
    approximation of rank f. f is at most the smaller side of the matrix.

    Args:
        rows: shape (n,), user of each cell.
        columns: shape (n,), item of each cell.
        weights: shape (n,).
        parameters: see `SvdParameters`.

    >>> one = np.arange(2, dtype=np.int32)
    >>> users, items = svd(one, one, np.array([3.0, 4.0]), SvdParameters(1))
    >>> users @ items.T
    array([[0., 0.],
           [0., 4.]], dtype=float32)
    """
    if len(rows) == 0:
        return _nothing(parameters.factors)
    left, values, right = truncated_svd(
        sparse(rows, columns, weights), parameters.factors
    )
    return (left * values).astype(np.float32), right.T.astype(np.float32)


def svd_fold_in(
    rows: Ints, columns: Ints, weights: Floats, item_factors: Floats
) -> tuple[Ints, Floats]:
    """Return users, ascending, and their vectors (users, f); the items stay as given.

    A history times the item factors: where U S V' is the decomposition, X V = U S.

    Args:
        rows: shape (n,), user of each cell; any numbers.
        columns: shape (n,), item of each cell; those without factors are left out.
        weights: shape (n,), the user's whole history.
        item_factors: shape (items, f).

    >>> one = np.zeros(1, dtype=np.int32)
    >>> svd_fold_in(one + 7, one, one + 3.0, np.array([[0.5]], np.float32))
    (array([7], dtype=int32), array([[1.5]], dtype=float32))
    """
    users, matrix = histories(rows, columns, weights, len(item_factors))
    return users, np.asarray(matrix @ item_factors, dtype=np.float32)


def truncated_svd(matrix: csr_matrix, factors: int) -> tuple[Doubles, Doubles, Doubles]:
    """Return U (rows, f), singular values (f,), largest first, and V^T (f, columns).

    Signs are fixed: the largest number of each row of V^T is positive.

    >>> eye = sparse(np.arange(3), np.arange(3), np.array([1.0, 3.0, 2.0]))
    >>> abs(truncated_svd(eye, 2)[1].round(6))
    array([3., 2.])
    """
    from scipy.sparse.linalg import svds

    if factors < 1:
        raise ValueError("a singular value decomposition needs at least 1 factor")
    matrix = matrix.astype(np.float64)
    smaller = min(matrix.shape)
    single_blas()
    if factors < smaller:
        start = np.random.default_rng(0).uniform(0.5, 1.5, smaller)
        left, values, right = svds(matrix, factors, v0=start)
        left, values, right = left[:, ::-1], values[::-1], right[::-1]
    else:
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
    largest = np.abs(right).argmax(axis=1)
    signs = np.where(right[np.arange(len(right)), largest] < 0, -1.0, 1.0)
    return left * signs, values, right * signs[:, None]
