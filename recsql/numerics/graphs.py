"""Item by item weights that are never a matrix: walks from items to users to items.

Two items are near where the same users take them. That is a product of the users'
matrix with itself, items by items. What follows multiplies by its two sides one after
the other, so a catalogue of any size needs what its cells need, and every item counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from recsql.numerics.choice import Cells

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MEASURES = ("count", "jaccard", "lift")


class ItemWeights(Protocol):
    """What each item says of each other one, as module `filtered` reads it."""

    @property
    def width(self) -> int:
        """Return how many items there are."""

    def scores(self, rows: csr_matrix) -> Any:
        """Return rows times the weights, dense, of at most ROWS_AT_ONCE rows."""

    def crossings(self, some: Any, others: Any) -> Any:
        """Return the weights of some items (rows) for others; None: not cheaply."""

    def columns(self, items: Any) -> Any:
        """Return the weights of all items (rows) for at most ROWS_AT_ONCE others."""


@dataclass(frozen=True)
class Graph:
    """A matrix of users and items by rows of both sides, and scales of items."""

    taken: Cells
    takers: Cells
    before: Any  # by item: what comes in is multiplied by
    after: Any  # by item: what goes out is

    @classmethod
    def of(cls, matrix: csr_matrix, before: Any, after: Any) -> Graph:
        """Return the graph of a matrix (users, items)."""
        return cls(Cells.of(matrix), Cells.of(matrix.T.tocsr()), before, after)

    @property
    def width(self) -> int:
        """Return how many items there are."""
        return len(self.before)

    def walked(self, rows: Any) -> Any:
        """Return dense rows after one walk from items to users to items."""
        from recsql.numerics.walks import walked

        return walked(rows * self.before, self.takers, self.taken) * self.after

    def crossings(self, some: Any, others: Any) -> Any:
        """Return what a walk carries from some items (rows) to others."""
        from recsql.numerics.walks import crossings

        heads = np.full(len(self.taken.starts) - 1, -1, dtype=np.int64)
        found = crossings(some, others, self.takers, heads)
        return self.before[some][:, None] * found * self.after[others]


@dataclass(frozen=True)
class Shared:
    """SAR: how alike items are by the users who took both.

    SAR: Aggarwal, "Recommender Systems", 2016, section 2.3, as Microsoft's Recommenders
    publish it: users who took both items, of whom at least `least` are needed, as they
    are (count), over the users of either (jaccard), or over the product of the users of
    each (lift). An item is as similar to itself as the formula says.

    >>> from recsql.numerics.factorize import sparse
    >>> three = sparse(np.array([0, 0, 1]), np.array([0, 1, 0]), np.ones(3))
    >>> Shared.of(three, "jaccard", 1).scores(three)
    array([[1.5, 1.5],
           [1. , 0.5]])
    """

    graph: Graph
    held: Any  # by item: its users
    measure: int
    least: int

    @classmethod
    def of(cls, matrix: csr_matrix, similarity: str, least: int) -> Shared:
        """Return the similarities by a matrix, of which only cells above 0 are read.

        Raises:
            ValueError: the similarity is none of count, jaccard and lift.
        """
        if similarity not in MEASURES:
            raise ValueError(f'"{similarity}" is neither count nor jaccard nor lift')
        has = (matrix > 0).astype(np.float64).tocsr()
        has.eliminate_zeros()
        held = np.asarray(has.sum(axis=0)).ravel()
        ones = np.ones(len(held))
        return cls(Graph.of(has, ones, ones), held, MEASURES.index(similarity), least)

    @property
    def width(self) -> int:
        """Return how many items there are."""
        return self.graph.width

    def scores(self, rows: csr_matrix) -> Any:
        """Return the sums over each row's items of weight times similarity."""
        from recsql.numerics.walks import shared

        owners = Cells.of(rows.tocsc(), np.float64)
        sides = self.graph.takers, self.graph.taken
        return shared(rows.shape[0], owners, *sides, self.measure, self.least)

    def crossings(self, some: Any, others: Any) -> Any:
        """Return how alike some items (rows) and others are."""
        both = self.graph.crossings(some, others)
        one, other = self.held[some][:, None], self.held[others]
        over = (1, one + other - both, one * other)[self.measure]
        return np.where(both < self.least, 0, both) / np.maximum(over, 1)

    def columns(self, items: Any) -> Any:
        """Return the weights of all items (rows) for some."""
        return self.crossings(np.arange(self.width), items)


def sums(matrix: csr_matrix) -> Any:
    """Return the sums of rows and of columns, as doubles."""
    exact = matrix.astype(np.float64)
    return (np.asarray(exact.sum(axis=axis)).ravel() for axis in (1, 0))


def scaled(matrix: csr_matrix, by_row: Any) -> csr_matrix:
    """Return the matrix with each row multiplied by a number."""
    from scipy.sparse import diags_array

    return (diags_array(by_row) @ matrix).tocsr()


def power(sums: Any, exponent: float) -> Any:
    """Return sums to the power of the exponent, and 0 for a sum of 0."""
    return np.power(sums, exponent, out=np.zeros_like(sums), where=sums > 0)


def dense(rows: csr_matrix) -> Any:
    """Return rows as an array of doubles."""
    return rows.astype(np.float64).toarray()
