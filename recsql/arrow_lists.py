"""Arrow scalars in, NumPy arrays out, and back: what the seam's functions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


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


def as_vectors(matrix: npt.NDArray[np.float32]) -> Any:
    """Return a matrix as an Arrow array with one list per row."""
    import numpy as np
    import pyarrow as pa

    rows, columns = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(columns)
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(matrix).ravel())


def one_list(values: Any) -> Any:
    """Wrap an array into a list array of length 1."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
