"""Arrays in, arrays out: matrix factorization and top-N scoring, without DuckDB.

Every function is deterministic, whatever runs beside it: fits are seeded, rows and
columns are sorted first, and BLAS has one thread (see `threads`). `implicit` has its
own around it; none of its sums depends on how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recsql.numerics.devices import on_gpu
from recsql.numerics.threads import ROWS_AT_ONCE, in_parts, single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AlsParameters:
    """Settings of `als`; the confidence of a cell is alpha * weight, else it is 1.

    `device` is where it is fitted, cpu, gpu or auto; all else is done by the processor.
    """

    factors: int
    regularization: float
    alpha: float
    iterations: int
    seed: int
    device: str = "cpu"


def sparse(rows: Ints, columns: Ints, weights: Floats) -> csr_matrix:
    """Return a CSR matrix with sorted, unique cells; equal cells are summed.

    Args:
        rows: shape (n,), 0-based row of each cell.
        columns: shape (n,), 0-based column of each cell.
        weights: shape (n,), the cells' values.

    >>> sparse(np.array([1, 0]), np.array([0, 2]), np.array([5., 3.])).toarray()
    array([[0., 0., 3.],
           [5., 0., 0.]], dtype=float32)
    """
    from scipy.sparse import csr_matrix

    shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    cells = (np.asarray(weights, dtype=np.float32), (rows, columns))
    matrix = csr_matrix(cells, shape=shape)
    matrix.sum_duplicates()
    return matrix


def als(
    rows: Ints, columns: Ints, weights: Floats, parameters: AlsParameters
) -> tuple[Floats, Floats]:
    """Return user factors (users, f) and item factors (items, f).

    Alternating least squares for implicit feedback: Hu, Koren and Volinsky,
    "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, solved by
    conjugate gradient (Takács, Pilászy and Tikk, RecSys 2011) as `implicit` does it.
    Equal to calling `implicit` on the same matrix with the same seed.

    Args:
        rows: shape (n,), user of each cell.
        columns: shape (n,), item of each cell.
        weights: shape (n,), non-negative.
        parameters: see `AlsParameters`.

    Raises:
        ValueError: factors or iterations below 1, or arrays of different length.
    """
    if parameters.factors < 1 or parameters.iterations < 1:
        raise ValueError("als needs at least 1 factor and 1 iteration")
    if not len(rows) == len(columns) == len(weights):
        raise ValueError(
            f"als needs one user, item and weight per cell, not {len(rows)} users, "
            f"{len(columns)} items and {len(weights)} weights"
        )
    if len(rows) == 0:
        empty = np.zeros((0, parameters.factors), dtype=np.float32)
        return empty, empty
    gpu = on_gpu(parameters.device)
    model = _als_model(parameters, gpu=gpu)
    model.fit(sparse(rows, columns, weights), show_progress=False)
    if gpu:
        return model.user_factors.to_numpy(), model.item_factors.to_numpy()
    return model.user_factors, model.item_factors


def _als_model(parameters: AlsParameters, *, gpu: bool = False) -> Any:
    """Return an unfitted model of `implicit`."""
    if gpu:
        from implicit.gpu.als import AlternatingLeastSquares
    else:
        from implicit.cpu.als import AlternatingLeastSquares

    single_blas()
    return AlternatingLeastSquares(
        factors=parameters.factors,
        regularization=parameters.regularization,
        alpha=parameters.alpha,
        iterations=parameters.iterations,
        random_state=parameters.seed,
    )


def als_fold_in(
    rows: Ints,
    columns: Ints,
    weights: Floats,
    item_factors: Floats,
    parameters: AlsParameters,
) -> tuple[Ints, Floats]:
    """Return users, ascending, and their vectors (users, f); the items stay as given.

    The users' half of one step of `als`, solved exactly: equation 4 of Hu, Koren and
    Volinsky, (Y'CY + regularization I) x = Y'C p. A user needs no other user for it.

    Args:
        rows: shape (n,), user of each cell; any numbers.
        columns: shape (n,), item of each cell; those without factors are left out.
        weights: shape (n,), the user's whole history.
        item_factors: shape (items, f).
        parameters: those of the fit.

    >>> one, half = np.zeros(1, dtype=np.int32), AlsParameters(1, 2.0, 2.0, 1, 42)
    >>> found = als_fold_in(one + 7, one, one + 3.0, np.ones((1, 1), np.float32), half)
    >>> found[0], found[1].round(4)
    (array([7], dtype=int32), array([[0.75]], dtype=float32))
    """
    users, matrix = histories(rows, columns, weights, len(item_factors))
    if len(users) == 0:
        return users, np.zeros((0, parameters.factors), dtype=np.float32)
    model = _als_model(parameters)
    model.item_factors = item_factors.copy()  # `implicit` wants it writable
    return users, model.recalculate_user(np.arange(len(users)), matrix)


def histories(
    rows: Ints, columns: Ints, weights: Floats, width: int
) -> tuple[Ints, csr_matrix]:
    """Return users, ascending, and a matrix whose i-th row is the i-th user's.

    Columns from `width` on are left out.

    >>> users, matrix = histories(np.array([9, 4]), np.array([0, 5]), np.ones(2), 2)
    >>> users, matrix.toarray()
    (array([4, 9], dtype=int32), array([[0., 0.],
           [1., 0.]], dtype=float32))
    """
    users, places = np.unique(rows, return_inverse=True)
    known = columns < width
    matrix = sparse(places[known].astype(np.int32), columns[known], weights[known])
    matrix.resize(len(users), width)
    return users.astype(np.int32), matrix


def pairs_matrix(rows: Ints, owners: Ints, columns: Ints, width: int) -> csr_matrix:
    """Return (owner, column) pairs as a matrix whose i-th row belongs to `rows[i]`.

    Pairs of other owners, and columns from `width` on, are left out.

    >>> pairs_matrix(np.array([7, 3]), np.array([3, 9]), np.array([1, 1]), 2).toarray()
    array([[0., 0.],
           [0., 1.]], dtype=float32)
    """
    from scipy.sparse import csr_matrix

    place = np.full(max(rows.max(initial=0), owners.max(initial=0)) + 1, -1)
    place[rows] = np.arange(len(rows))
    row = place[owners]
    known = (row >= 0) & (columns < width)
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return csr_matrix((ones, (row[known], columns[known])), shape=(len(rows), width))


@dataclass(frozen=True)
class TopItems:
    """Best items per user, flat: all arrays have one entry per (user, item)."""

    users: Ints
    items: Ints
    scores: Floats


def top_items(
    user_factors: Floats, item_factors: Floats, seen: csr_matrix, count: int
) -> TopItems:
    """Return each user's `count` best items by inner product, seen items left out.

    Args:
        user_factors: shape (users, f).
        item_factors: shape (items, f); the row is the item's number.
        seen: shape (users, items), non-zero where an item must not be returned.
        count: items wanted per user; fewer come back where fewer are left. Of items
            with equal scores the smaller numbers are taken.

    Raises:
        ValueError: users and items have vectors of different length.

    >>> eye = np.eye(2, dtype=np.float32)
    >>> none = sparse(np.array([1]), np.array([1]), np.array([1.0]))
    >>> top_items(eye, eye, none, 1)  # user 1 has seen item 1, its best
    TopItems(users=array([0, 1], dtype=int32), items=array([0, 0], dtype=int32), \
scores=array([1., 0.], dtype=float32))
    """
    users, wanted = len(user_factors), min(count, len(item_factors))
    if users == 0 or wanted < 1:
        none = np.zeros(0, dtype=np.int32)
        return TopItems(none, none, np.zeros(0, dtype=np.float32))
    if user_factors.shape[1] != item_factors.shape[1]:
        raise ValueError(
            f"users have vectors of {user_factors.shape[1]} and items of "
            f"{item_factors.shape[1]} numbers; they must be equally long"
        )
    from recsql.numerics.choice import Cells
    from recsql.numerics.products import best_of_scores

    single_blas()
    hidden, room = Cells.of(seen), local()
    catalogue = np.ascontiguousarray(item_factors.T)

    def part(start: int, end: int) -> tuple[Any, ...]:
        scores = _scores(user_factors[start:end], catalogue, room)
        found: tuple[Any, ...] = best_of_scores(scores, hidden, start, wanted)
        return found

    rows, items, best, *_ = in_parts(part, users, wanted)
    return TopItems(rows, items, best.astype(np.float32))


def _scores(user_factors: Floats, catalogue: Floats, room: local) -> Floats:
    """Return inner products, always of as many rows as BLAS multiplies at once.

    How many rows a product has decides how BLAS adds up those at its edge. Each thread
    writes into the same `room` again.
    """
    if not hasattr(room, "scores"):
        shape = ROWS_AT_ONCE, catalogue.shape[1]
        room.scores = np.empty(shape, dtype=np.float32)
        room.rows = np.zeros((ROWS_AT_ONCE, len(catalogue)), dtype=np.float32)
    room.rows[: len(user_factors)] = user_factors
    np.matmul(room.rows, catalogue, out=room.scores)
    scores: Floats = room.scores[: len(user_factors)]
    return scores
