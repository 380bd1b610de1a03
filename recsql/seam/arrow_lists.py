"""Arrow scalars in, NumPy arrays out, and back: what the seam's functions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

MOST_ENTRIES = 2**31 - 1
FEWER_ROWS = "Lower var rows_per_block, so that a block has fewer users."
FEWER_NUMBERS = (
    "Lower the number of factors or of items: var als_factors, ease_max_items ..."
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from recsql.numerics.best import BestItems
    from recsql.numerics.eligible import Eligible
    from recsql.numerics.neighbours import Neighbours
    from recsql.numerics.resampling import Bounds
    from recsql.numerics.terms import Terms


def as_numbers(scalar: Any, dtype: str) -> npt.NDArray[Any]:
    """Return a list scalar as an array; NULL is empty, a NULL inside is refused."""
    import numpy as np

    if scalar.values is None:
        return np.zeros(0, dtype=dtype)
    if scalar.values.null_count:
        raise ValueError("a list holds NULL where a number is needed")
    return np.asarray(scalar.values.to_numpy(zero_copy_only=False), dtype=dtype)


def as_matrix(scalar: Any) -> npt.NDArray[np.float32]:
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


def require_room(entries: int, what: str, advice: str) -> None:
    """Refuse more entries than the lists of one value can have.

    Raises:
        ValueError: what does not fit, and which var to change.
    """
    if entries > MOST_ENTRIES:
        raise ValueError(
            f"{entries:,} {what} are more than one value of SQL holds "
            f"({MOST_ENTRIES:,}). {advice}"
        )


def require_vectors(users: Any, items: Any, numbers: int, var: str) -> None:
    """Refuse a fit whose vectors no value could hold, before it begins.

    Args:
        users: shape (n,), user of each cell.
        items: shape (n,), item of each cell.
        numbers: of each vector, with biases.
        var: which sets them.

    Raises:
        ValueError: of what there is too much, and what the var may be.
    """
    for what, index in (("users", users), ("items", items)):
        rows = int(index.max(initial=-1)) + 1
        most = MOST_ENTRIES // max(rows, 1)
        require_room(
            rows * numbers,
            f"numbers ({rows:,} {what} x {numbers:,})",
            f"Set var {var} so that a vector has at most {most:,}.",
        )


def as_vectors(matrix: npt.NDArray[np.float32], advice: str = FEWER_NUMBERS) -> Any:
    """Return a matrix as an Arrow array with one list per row.

    Raises:
        ValueError: it has more numbers than a list can have.
    """
    import numpy as np
    import pyarrow as pa

    rows, columns = matrix.shape
    require_room(rows * columns, f"numbers ({rows:,} x {columns:,})", advice)
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(columns)
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(matrix).ravel())


def one_list(values: Any) -> Any:
    """Wrap an array into a list array of length 1.

    Raises:
        ValueError: it has more entries than a list can have.
    """
    import pyarrow as pa

    require_room(len(values), "rows of a result", FEWER_ROWS)
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def list_of(**columns: Any) -> Any:
    """Return equally long columns as a list of structs, wrapped as `one_list` does."""
    import pyarrow as pa

    return one_list(pa.StructArray.from_arrays([*columns.values()], names=[*columns]))


def as_cells(users: Any, items: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the lists of a matrix's cells as arrays."""
    return (
        as_numbers(users, "int32"),
        as_numbers(items, "int32"),
        as_numbers(weights, "float32"),
    )


def as_pairs(pairs: Any, first: str, second: str) -> tuple[Any, Any]:
    """Return two lists of a struct as arrays of equal length."""
    return as_numbers(pairs[first], "int32"), as_numbers(pairs[second], "int32")


def as_eligible(shown: Any) -> Eligible | None:
    """Return the struct that macro `eligibility` makes; NULL is no restriction."""
    from recsql.numerics.eligible import Eligible

    if not shown.is_valid:
        return None
    return Eligible.of(
        as_pairs(shown["scopes"], "user_index", "scope_index"),
        as_pairs(shown["items"], "scope_index", "item_index"),
        as_pairs(shown["excluded"], "user_index", "item_index"),
    )


def as_sparse(matrix: Any) -> csr_matrix:
    """Return a struct of the lists of a matrix's cells as a matrix of doubles."""
    from recsql.numerics.neighbours import cells_matrix

    return cells_matrix(
        as_numbers(matrix["row_index"], "int32"),
        as_numbers(matrix["column_index"], "int32"),
        as_numbers(matrix["weight"], "float64"),
    )


def as_factors(factors: tuple[Any, Any]) -> Any:
    """Return user factors and item factors as a struct of two lists of vectors."""
    import pyarrow as pa

    return pa.StructArray.from_arrays(
        [one_list(as_vectors(matrix)) for matrix in factors],
        names=["user_factors", "item_factors"],
    )


def as_folded(folded: tuple[Any, Any]) -> Any:
    """Return users and their vectors as a list of structs."""
    users, factors = folded
    return list_of(user_index=users, factors=as_vectors(factors))


def as_best_items(found: BestItems) -> Any:
    """Return the best items as a list of structs."""
    import pyarrow as pa

    return list_of(
        user_index=found.users,
        item_index=found.items,
        score=found.scores.astype("float64"),
        is_known=pa.array(found.known),
    )


def as_terms(found: Terms) -> Any:
    """Return terms as a list of structs."""
    return list_of(
        user_index=found.users,
        item_index=found.items,
        reason_index=found.columns,
        contribution=found.amounts,
    )


def as_neighbours(found: Neighbours) -> Any:
    """Return neighbours as a list of structs."""
    return list_of(
        row_index=found.rows,
        near_index=found.neighbours,
        score=found.scores,
        near_rank=found.ranks,
    )


def as_bounds(found: Bounds) -> Any:
    """Return the bounds of means as a list of structs."""
    return list_of(
        column_index=found.columns,
        low=found.lows,
        high=found.highs,
        p_value=found.p_values,
        joint_low=found.joint_lows,
        joint_high=found.joint_highs,
    )
