"""Columns of the tables that a version keeps in memory, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ask = Callable[[str], pa.Table | None]  # rows of a query of `queries/serve/`, by name


def owners(table: pa.Table, numbers: Mapping[str, int]) -> npt.NDArray[np.int32]:
    """Return the number of the user of each row."""
    found = [numbers[text] for text in table["user_text"].to_pylist()]
    return np.array(found, dtype=np.int32)


def numbers_of(column: pa.ChunkedArray | pa.Array) -> np.ndarray[Any, Any]:
    """Return the values of a column as an array."""
    is_whole = isinstance(column, pa.Array)
    return np.asarray(
        column.to_numpy(**({"zero_copy_only": False} if is_whole else {}))
    )


def vectors_of(column: pa.ChunkedArray) -> npt.NDArray[np.float32] | None:
    """Return vectors as a matrix, zeros where there are none; None without any."""
    lists = column.combine_chunks()
    lengths = numbers_of(lists.value_lengths().fill_null(0)).astype(np.int64)
    width = int(lengths.max(initial=0))
    if width == 0:
        return None
    matrix = np.zeros((len(lists), width), dtype=np.float32)
    matrix[lengths == width] = numbers_of(lists.flatten()).reshape(-1, width)
    return matrix
