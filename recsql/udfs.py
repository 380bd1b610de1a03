"""The seam between SQL and Python: every function SQL may call, with its SQL types.

Each is an Arrow scalar function: a whole matrix travels as the list columns of one row,
so what a function reads is visible in the query that calls it. Functions never query.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt

    from recsql import linear

INDEXES = "integer[]"
VECTORS = "float[][]"
ALS_PARAMETERS = (
    "struct(factors integer, regularization double, alpha double, "
    "iterations integer, seed integer)"
)


CELLS = (INDEXES, INDEXES, "float[]")
FACTORS = f"struct(user_factors {VECTORS}, item_factors {VECTORS})"
BPR_PARAMETERS = (
    "struct(factors integer, learning_rate double, regularization double, "
    "iterations integer, seed integer)"
)
LMF_PARAMETERS = (
    "struct(factors integer, learning_rate double, regularization double, "
    "negatives integer, iterations integer, seed integer)"
)
BEST = (
    "struct(user_index integer, item_index integer, score float, "
    "is_repeat boolean, reason_index integer)[]"
)


@dataclass(frozen=True)
class Function:
    """One SQL function: its name, argument types, return type, and its body.

    The body gets one Arrow scalar per argument and returns an Arrow array of length 1.
    """

    name: str
    arguments: tuple[str, ...]
    returns: str
    body: Callable[..., Any]


def als_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit ALS on one list of cells; see `factorize.als`."""
    from recsql import factorize

    settings = factorize.AlsParameters(**parameters.as_py())
    return _factors(factorize.als(*_cells(users, items, weights), settings))


def bpr_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit BPR on one list of cells; see `latent.bpr`."""
    from recsql import latent

    settings = latent.BprParameters(**parameters.as_py())
    return _factors(latent.bpr(*_cells(users, items, weights), settings))


def lmf_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Fit logistic factorization on one list of cells; see `latent.lmf`."""
    from recsql import latent

    settings = latent.LmfParameters(**parameters.as_py())
    return _factors(latent.lmf(*_cells(users, items, weights), settings))


def svd_fit(users: Any, items: Any, weights: Any, parameters: Any) -> Any:
    """Decompose one list of cells; see `latent.svd`."""
    from recsql import latent

    settings = latent.SvdParameters(**parameters.as_py())
    return _factors(latent.svd(*_cells(users, items, weights), settings))


def ease_top(
    users: Any, items: Any, weights: Any, regularization: Any, count: Any
) -> Any:
    """Return best new items and repeats by EASE; see `linear.ease`."""
    from recsql import factorize, linear

    matrix = factorize.sparse(*_cells(users, items, weights))
    fitted = linear.ease(matrix, regularization.as_py())
    return _best(linear.best_items(matrix, fitted, count.as_py()))


def graph_top(users: Any, items: Any, weights: Any, parameters: Any, count: Any) -> Any:
    """Return best new items and repeats by graph filter; see `linear.graph_filter`."""
    from recsql import factorize, linear

    matrix = factorize.sparse(*_cells(users, items, weights))
    fitted = linear.graph_filter(matrix, **parameters.as_py())
    return _best(linear.best_items(matrix, fitted, count.as_py()))


def top_items(
    users: Any, user_factors: Any, item_factors: Any, seen: Any, count: Any
) -> Any:
    """Return each user's best unseen items; see `factorize.top_items`.

    `users` names the rows of `user_factors`; row i of `item_factors` is item_index i;
    `seen` holds two lists, (user_index, item_index), of pairs to leave out.
    """
    import pyarrow as pa

    from recsql import factorize

    owners = _numbers(users, "int32")
    vectors, catalogue = _matrix(user_factors), _matrix(item_factors)
    if len(owners) != len(vectors):
        raise ValueError(f"{len(owners)} users but {len(vectors)} vectors of users")
    hidden = factorize.pairs_matrix(
        owners,
        _numbers(seen["user_index"], "int32"),
        _numbers(seen["item_index"], "int32"),
        len(catalogue),
    )
    best = factorize.top_items(vectors, catalogue, hidden, count.as_py())
    rows = pa.StructArray.from_arrays(
        [owners[best.users], best.items, best.scores],
        names=["user_index", "item_index", "score"],
    )
    return _one_list(rows)


def nearest_rows(rows: Any, columns: Any, weights: Any, among: Any, count: Any) -> Any:
    """Return each row's nearest other rows; see `neighbours.nearest_rows`."""
    import pyarrow as pa

    from recsql import neighbours

    found = neighbours.nearest_rows(
        _numbers(rows, "int32"),
        _numbers(columns, "int32"),
        _numbers(weights, "float64"),
        among.as_py(),
        count.as_py(),
    )
    nearest = pa.StructArray.from_arrays(
        [found.rows, found.neighbours, found.scores, found.ranks],
        names=["row_index", "near_index", "score", "near_rank"],
    )
    return _one_list(nearest)


FUNCTIONS = (
    Function("als_fit", (*CELLS, ALS_PARAMETERS), FACTORS, als_fit),
    Function("bpr_fit", (*CELLS, BPR_PARAMETERS), FACTORS, bpr_fit),
    Function("lmf_fit", (*CELLS, LMF_PARAMETERS), FACTORS, lmf_fit),
    Function("svd_fit", (*CELLS, "struct(factors integer)"), FACTORS, svd_fit),
    Function("ease_top", (*CELLS, "double", "integer"), BEST, ease_top),
    Function(
        "graph_top",
        (*CELLS, "struct(factors integer, low_pass double)", "integer"),
        BEST,
        graph_top,
    ),
    Function(
        "top_items",
        (
            INDEXES,
            VECTORS,
            VECTORS,
            f"struct(user_index {INDEXES}, item_index {INDEXES})",
            "integer",
        ),
        "struct(user_index integer, item_index integer, score float)[]",
        top_items,
    ),
    Function(
        "nearest_rows",
        (INDEXES, INDEXES, "double[]", "integer", "integer"),
        "struct(row_index integer, near_index integer, score double, "
        "near_rank integer)[]",
        nearest_rows,
    ),
)


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every function callable from SQL on this connection and its cursors."""
    for function in FUNCTIONS:
        connection.create_function(  # type: ignore[call-overload]
            function.name,
            _by_row(function.body),
            list(function.arguments),
            function.returns,
            type="arrow",
            null_handling="special",
        )


def _by_row(body: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of Arrow scalars run over the rows of a chunk."""

    def call(*columns: Any) -> Any:
        import pyarrow as pa

        return pa.concat_arrays([body(*row) for row in zip(*columns, strict=True)])

    call.__signature__ = inspect.signature(body)  # type: ignore[attr-defined]
    return call


def _cells(users: Any, items: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the lists of a matrix's cells as arrays."""
    return (
        _numbers(users, "int32"),
        _numbers(items, "int32"),
        _numbers(weights, "float32"),
    )


def _factors(factors: tuple[Any, Any]) -> Any:
    """Return user factors and item factors as a struct of two lists of vectors."""
    import pyarrow as pa

    return pa.StructArray.from_arrays(
        [_one_list(_vectors(matrix)) for matrix in factors],
        names=["user_factors", "item_factors"],
    )


def _best(best: linear.BestItems) -> Any:
    """Return the best items as a list of structs."""
    import pyarrow as pa

    rows = pa.StructArray.from_arrays(
        [best.users, best.items, best.scores, pa.array(best.repeats), best.reasons],
        names=["user_index", "item_index", "score", "is_repeat", "reason_index"],
    )
    return _one_list(rows)


def _numbers(scalar: Any, dtype: str) -> npt.NDArray[Any]:
    """Return a list scalar as an array; NULL is empty, a NULL inside is refused."""
    import numpy as np

    if scalar.values is None:
        return np.zeros(0, dtype=dtype)
    if scalar.values.null_count:
        raise ValueError("a list holds NULL where a number is needed")
    return np.asarray(scalar.values.to_numpy(zero_copy_only=False), dtype=dtype)


def _matrix(scalar: Any) -> npt.NDArray[np.float32]:
    """Return a list of equally long lists as a matrix of shape (rows, columns)."""
    import numpy as np

    vectors = scalar.values
    if vectors is None or len(vectors) == 0:
        return np.zeros((0, 0), dtype=np.float32)
    numbers = vectors.flatten()
    if vectors.null_count or numbers.null_count:
        raise ValueError("a list of vectors holds NULL where a number is needed")
    lengths = np.diff(vectors.offsets)
    if lengths.min() != lengths.max():
        raise ValueError(
            f"vectors of {lengths.min()} and of {lengths.max()} numbers do not make "
            "a matrix; all must be equally long"
        )
    matrix = np.asarray(numbers, dtype=np.float32)
    return matrix.reshape(len(vectors), int(lengths[0]))


def _vectors(matrix: npt.NDArray[np.float32]) -> Any:
    """Return a matrix as an Arrow array with one list per row."""
    import numpy as np
    import pyarrow as pa

    rows, columns = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(columns)
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(matrix).ravel())


def _one_list(values: Any) -> Any:
    """Wrap an array into a list array of length 1."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
