"""Closest rows of a sparse matrix by Euclidean distance, exactly and some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.neighbours import Neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CELLS_AT_ONCE = 16_000_000  # distances that are held, 128 MB


def closest_rows(matrix: csr_matrix, count: int) -> Neighbours:
    """Return each row's `count` closest other rows, the closest first.

    Rows without a cell have no neighbours and are none. Of distances whose squares are
    equal to 12 decimals the smaller row comes first.

    Args:
        matrix: shape (rows, columns).
        count: neighbours wanted per row; there are no more than other rows.

    Returns:
        Neighbours whose scores are distances.

    >>> from recsql.numerics.neighbours import cells_matrix
    >>> line = cells_matrix(np.arange(3), np.zeros(3, int), np.array([1.0, 2.0, 5.0]))
    >>> closest_rows(line, 1)
    Neighbours(rows=array([0, 1, 2], dtype=int32), \
neighbours=array([1, 0, 1], dtype=int32), scores=array([1., 1., 3.]), \
ranks=array([1, 1, 1], dtype=int32))
    """
    held = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    cells = matrix[held]
    turned, squares = cells.T.tocsr(), np.asarray(cells.multiply(cells).sum(1)).ravel()
    wanted = min(count, len(held) - 1)
    near = np.zeros((len(held), max(wanted, 0)), dtype=np.int32)
    scores = np.zeros(near.shape)
    at_once = max(CELLS_AT_ONCE // max(len(held), 1), 1)
    for start in range(0, len(held) if wanted > 0 else 0, at_once):
        block = slice(start, min(start + at_once, len(held)))
        products = (cells[block] @ turned).toarray()
        apart = np.round(squares[block, None] + squares - 2 * products, 12)
        apart[np.arange(len(apart)), np.arange(block.start, block.stop)] = np.inf
        places = _smallest(apart, wanted)
        near[block] = held[places]
        scores[block] = np.sqrt(np.abs(np.take_along_axis(apart, places, axis=1)))
    ranks = np.tile(np.arange(1, near.shape[1] + 1), len(held)).astype(np.int32)
    rows = np.repeat(held, near.shape[1])
    return Neighbours(rows, near.ravel(), scores.ravel(), ranks)


def _smallest(values: Any, count: int) -> Any:
    """Return the places of the smallest of each row, in order; ties by place."""
    last = np.partition(values, count - 1, axis=1)[:, count - 1 : count]
    places = np.empty((len(values), count), dtype=np.int64)
    for row, (apart, most) in enumerate(zip(values, last, strict=True)):
        kept = np.flatnonzero(apart <= most)
        places[row] = kept[np.argsort(apart[kept], kind="stable")][:count]
    return places
