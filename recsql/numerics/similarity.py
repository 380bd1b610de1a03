"""Similar rows of a sparse matrix by any measure of their common cells.

Every measure is the rows' inner product over a denominator of two numbers, one per row.
The product is made some rows at a time by scipy, and all of its cells are looked at, so
no measure is only an approximation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.best import at_least
from recsql.numerics.neighbours import Doubles, Ints, Neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Measure:
    """What the inner product of a row and a near row is divided by.

    product: row_scale * near_scale + shrinkage.
    union: row_scale + near_scale - inner product + shrinkage.
    """

    row_scale: Doubles  # by row
    near_scale: Doubles  # by row
    denominator: str
    shrinkage: float

    @classmethod
    def of(
        cls, rows: Ints, row_scale: Doubles, near_scale: Doubles, **other: Any
    ) -> Measure:
        """Return the measure of scales that are listed by row, in any order."""
        scales = np.ones((2, int(rows.max(initial=-1)) + 1))
        scales[:, rows] = row_scale, near_scale
        return cls(*scales, **other)

    def __post_init__(self) -> None:
        """Refuse what would divide by nothing."""
        if self.denominator not in ("product", "union"):
            raise ValueError(f'denominator "{self.denominator}" is no product or union')
        if not self.shrinkage >= 0:
            raise ValueError("the shrinkage of similarities cannot be below 0")

    def similarity(self, products: Any, row: int, near: Any) -> Any:
        """Return the similarity of one row with every near row."""
        one, other = self.row_scale[row], self.near_scale.take(near)
        if self.denominator == "product":
            return products / (one * other + self.shrinkage)
        return products / (one + other - products + self.shrinkage)


def similar_rows(matrix: csr_matrix, measure: Measure, count: int) -> Neighbours:
    """Return each row's `count` most similar other rows, and itself at rank 0.

    Only rows with a similarity above 0 are returned. Of equal similarities the smaller
    row comes first.

    Args:
        matrix: shape (rows, columns), none of its cells 0.
        measure: the similarity; its scales hold every row that has a cell.
        count: neighbours wanted per row.

    >>> from recsql.numerics.neighbours import cells_matrix
    >>> three = cells_matrix(np.array([0, 0, 1]), np.array([0, 1, 0]), np.ones(3))
    >>> jaccard = Measure(np.array([2.0, 1]), np.array([2.0, 1]), "union", 0.0)
    >>> similar_rows(three, jaccard, 1)  # one common column of 2
    Neighbours(rows=array([0, 0, 1, 1], dtype=int32), \
neighbours=array([0, 1, 1, 0], dtype=int32), scores=array([1. , 0.5, 1. , 0.5]), \
ranks=array([0, 1, 0, 1], dtype=int32))
    """
    turned = matrix.T.tocsr()
    none = np.zeros(0, dtype=np.int32)
    parts = [(none, none, none.astype(np.float64), none)]
    for start in range(0, matrix.shape[0], ROWS_AT_ONCE):
        products = matrix[start : start + ROWS_AT_ONCE] @ turned
        ends = products.indptr.tolist()
        for row, (low, high) in enumerate(pairwise(ends), start):
            near = products.indices[low:high]
            scores = measure.similarity(products.data[low:high], row, near)
            parts.append(_nearest(row, near, scores, count))
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return Neighbours(*columns)


def _nearest(row: int, near: Any, scores: Any, count: int) -> tuple[Any, Any, Any, Any]:
    """Return rows, near rows, similarities and ranks: the row itself, then the best."""
    ordered = np.where(near == row, np.inf, scores)
    kept = at_least(ordered, count + 1)
    kept = kept[scores[kept] > 0]
    kept = kept[np.lexsort((near[kept], -ordered[kept]))][: count + 1]
    rows = np.full(len(kept), row, dtype=np.int32)
    ranks = np.arange(len(kept), dtype=np.int32)
    return rows, near[kept], scores[kept], ranks
