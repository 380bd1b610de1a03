"""Graph filters: GF-CF and blurring-sharpening processes, for any catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.factorize import Floats
from recsql.numerics.graphs import Graph, dense, power, scaled, sums
from recsql.numerics.latent import truncated_svd
from recsql.numerics.threads import ROWS_AT_ONCE

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Steps:
    """Euler steps of one process: how many, over how much time in all."""

    count: int
    time: float

    @property
    def each(self) -> float:
        """Return the time of one step.

        >>> Steps(2, 1.0).each
        0.5
        """
        return self.time / max(self.count, 1)


ONE_STEP, NO_STEP = Steps(1, 1.0), Steps(0, 0.0)


@dataclass(frozen=True)
class Filter:
    """A graph filter: what is smooth over the graph passes, what is not does less.

    With R, the matrix divided by the square roots of its row and column sums (D: the
    column sums), and V, right singular vectors of R, a row x is

    - blurred: steps of x + t (x R'R - x), to which low_pass x D^-1/2 V V' D^1/2 of the
      first x is added;
    - sharpened: steps of x - t x R'R.

    One step of time 1 and no sharpening is GF-CF: Shen et al., "How Powerful is Graph
    Convolution for Recommendation?", CIKM 2021, equation 10. All of it is BSPM: Choi,
    Hong, Park and Cho, "Blurring-Sharpening Process Models for Collaborative
    Filtering", SIGIR 2023, both filters merged before sharpening.

    >>> from recsql.numerics.factorize import sparse
    >>> both = sparse(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    >>> vectors = frequencies(both, 1)  # R = [.5^.5, .5^.5] = V'
    >>> Filter.of(both, vectors, 0.5).scores(both).round(6)  # 2 * (.5 + .5 * .5)
    array([[1.5, 1.5]])
    """

    graph: Graph
    inward: Floats  # (items, f): low_pass D^-1/2 V
    outward: Floats  # (items, f): D^1/2 V
    blur: Steps
    sharpen: Steps

    @classmethod
    def of(
        cls,
        matrix: csr_matrix,
        vectors: Floats,
        low_pass: float,
        blur: Steps = ONE_STEP,
        sharpen: Steps = NO_STEP,
    ) -> Filter:
        """Return the filter of a matrix (users, items), non-negative.

        Args:
            matrix: whose graph it is.
            vectors: what `frequencies` returns, shape (items, f).
            low_pass: weight of the ideal low-pass filter against the linear one.
            blur: steps of the linear filter.
            sharpen: steps against it.
        """
        normal, root = _normalized(matrix)
        ones = np.ones(len(root))
        thin = np.zeros((len(root), vectors.shape[1]))
        thin[: len(vectors)] = vectors[: len(root)]
        inward = low_pass * thin * power(root, -1)[:, None]
        outward = (thin * root[:, None]).astype(np.float32)
        graph = Graph.of(normal, ones, ones)
        return cls(graph, inward.astype(np.float32), outward, blur, sharpen)

    @property
    def width(self) -> int:
        """Return how many items there are."""
        return self.graph.width

    def scores(self, rows: csr_matrix) -> Any:
        """Return rows after the filter."""
        first = dense(rows)
        ideal = _product(first, self.inward, self.outward)
        return self._sharpened(self._blurred(first) + ideal)

    def columns(self, items: Any) -> Any:
        """Return the weights of all items (rows) for some, at most ROWS_AT_ONCE."""
        first = np.zeros((len(items), self.width))
        first[np.arange(len(items)), items] = 1
        last = self._sharpened(first)
        ideal = _product(last, self.outward, self.inward)
        return (self._blurred(last) + ideal).T

    def crossings(self, some: Any, others: Any) -> Any:
        """Return weights of some items (rows) for others; where that is cheap."""
        if self.sharpen.count or self.blur != ONE_STEP:
            return None
        ideal = self.inward[some].astype(np.float64) @ self.outward[others].T
        return self.graph.crossings(some, others) + ideal

    def _blurred(self, rows: Any) -> Any:
        for _ in range(self.blur.count):
            rows = rows + self.blur.each * (self.graph.walked(rows) - rows)
        return rows

    def _sharpened(self, rows: Any) -> Any:
        for _ in range(self.sharpen.count):
            rows = rows - self.sharpen.each * self.graph.walked(rows)
        return rows


def frequencies(matrix: csr_matrix, factors: int) -> Floats:
    """Return the lowest frequencies of a graph: right singular vectors (items, f).

    Args:
        matrix: shape (users, items), non-negative.
        factors: at least 1; f is at most the smaller side of the matrix.

    >>> from recsql.numerics.factorize import sparse
    >>> both = sparse(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 1.0]))
    >>> frequencies(both, 1).round(6)
    array([[0.707107],
           [0.707107]], dtype=float32)
    """
    if matrix.nnz == 0:
        return np.zeros((matrix.shape[1], 0), dtype=np.float32)
    _, _, right = truncated_svd(_normalized(matrix)[0], factors)
    return np.ascontiguousarray(right.T, dtype=np.float32)


def _normalized(matrix: csr_matrix) -> tuple[csr_matrix, Any]:
    """Return R, and the square roots of the column sums."""
    users, items = sums(matrix)
    root = np.sqrt(items)
    by_row = scaled(matrix.astype(np.float64), power(users, -0.5))
    return by_row.multiply(power(root, -1)).tocsr(), root


def _product(rows: Any, inward: Floats, outward: Floats) -> Any:
    """Return rows @ inward @ outward', always of as many rows at once.

    How many rows a product has decides how BLAS adds up those at its edge.
    """
    padded = np.zeros((ROWS_AT_ONCE, rows.shape[1]), dtype=np.float32)
    padded[: len(rows)] = rows
    return (padded @ inward @ outward.T)[: len(rows)]
