"""Nearest rows of a sparse matrix: arrays in, arrays out, without DuckDB.

The kernel is `implicit`'s `all_pairs_knn`. Around it: equal rows are scored once, and
of rows with equal scores the smaller number wins, whatever order the cells came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]

CHUNK = 256  # rows whose exact scores are held at once


@dataclass(frozen=True)
class Neighbours:
    """Nearest rows, flat: all arrays have one entry per (row, neighbour)."""

    rows: Ints
    neighbours: Ints
    scores: Doubles
    ranks: Ints


@dataclass(frozen=True)
class Groups:
    """Rows with the same cells, as groups; empty rows are in none (group -1)."""

    group: Ints  # by row
    first: Ints  # one row of each group
    members: Ints  # rows of `among`, group after group, ascending within each
    starts: Ints  # of each group in `members`, and the end

    @property
    def sizes(self) -> Ints:
        """Return the number of members of each group."""
        return np.diff(self.starts)

    def expand(self, groups: Ints, sizes: Ints) -> tuple[Ints, Any]:
        """Return the first `sizes[i]` members of `groups[i]`, and i, for every i."""
        place = np.repeat(np.arange(len(groups)), sizes)
        offset = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.members[self.starts[groups][place] + offset], place


def nearest_rows(
    rows: Ints, columns: Ints, weights: Doubles, among: Ints, count: int
) -> Neighbours:
    """Return each row's `count` nearest other rows by inner product, best first.

    Rows of length 1 make it the cosine. Only neighbours with a score above 0 are
    returned, so a row may have fewer. Of equal scores the smaller row comes first.
    Top-N sparse product: Ben Frederickson's `implicit`, `all_pairs_knn`.

    Args:
        rows: shape (n,), 0-based row of each cell.
        columns: shape (n,), 0-based column of each cell.
        weights: shape (n,), the cells' values; equal cells are summed.
        among: shape (m,), the only rows that are neighbours; every row has some.
        count: neighbours wanted per row.

    Raises:
        ValueError: arrays of different length.

    >>> cells = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1]), np.array([3., 4., 2, 1])
    >>> nearest_rows(*cells, np.arange(3), 1)  # rows (3, 4), (2, 0) and (0, 1)
    Neighbours(rows=array([0, 1, 2], dtype=int32), \
neighbours=array([1, 0, 0], dtype=int32), scores=array([6., 6., 4.]), \
ranks=array([1, 1, 1], dtype=int32))
    """
    matrix = cells_matrix(rows, columns, weights)
    if matrix.nnz == 0 or count < 1:
        none = np.zeros(0, dtype=np.int32)
        return Neighbours(none, none, np.zeros(0), none)
    groups = _equal_rows(matrix, among)
    distinct = matrix[groups.first]
    best = _near_groups(distinct, groups.sizes, count + 1)
    return _rows_of_groups(groups, _near_members(groups, best, count + 1), count)


def cells_matrix(rows: Ints, columns: Ints, weights: Doubles) -> csr_matrix:
    """Return a CSR matrix of doubles with sorted, unique cells, none of them 0.

    Raises:
        ValueError: arrays of different length.

    >>> cells_matrix(np.array([0, 0]), np.array([1, 1]), np.array([1.0, 2.0])).toarray()
    array([[0., 3.]])
    """
    from scipy.sparse import csr_matrix

    if not len(rows) == len(columns) == len(weights):
        raise ValueError(
            f"a matrix needs one row, column and weight per cell, not {len(rows)} "
            f"rows, {len(columns)} columns and {len(weights)} weights"
        )
    shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    matrix = csr_matrix((weights.astype(np.float64), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _equal_rows(matrix: csr_matrix, among: Ints) -> Groups:
    """Group the rows that have the same cells; rows of `among` are members."""
    lengths = np.diff(matrix.indptr)
    group = np.full(len(lengths), -1, dtype=np.int32)
    found = 0
    for length in np.unique(lengths[lengths > 0]):
        alike = np.flatnonzero(lengths == length)
        cells = matrix.indptr[alike][:, None] + np.arange(length)
        weights = matrix.data[cells].view(np.int64)
        text = np.hstack([matrix.indices[cells].astype(np.int64), weights])
        whole = text.view(np.dtype((np.void, text.dtype.itemsize * text.shape[1])))
        kinds, kind = np.unique(whole.ravel(), return_inverse=True)
        group[alike] = found + kind
        found += len(kinds)
    first = np.unique(group, return_index=True)[1].astype(np.int32)
    order = np.argsort(group, kind="stable")
    may = np.zeros(len(group), dtype=bool)
    may[among[among < len(group)]] = True
    members = order[(group[order] >= 0) & may[order]].astype(np.int32)
    starts = np.searchsorted(group[members], np.arange(found + 1)).astype(np.int32)
    return Groups(group, first[len(first) - found :], members, starts)


def _near_groups(
    distinct: csr_matrix, sizes: Ints, wanted: int
) -> tuple[Any, Any, Any]:
    """Return (group, near group, score), best first, that hold `wanted` rows each.

    The kernel keeps any of several groups that tie for its last place. Where rows from
    that place are wanted, all groups are scored.
    """
    targets = np.flatnonzero(sizes)
    turned = distinct[targets].T.tocsr()
    shown = min(wanted + 1, len(targets))
    scores, near = _kernel(distinct, turned, shown)
    near = targets[near]
    order = np.argsort(-scores, axis=1, kind="stable")
    scores = np.take_along_axis(scores, order, axis=1)
    near = np.take_along_axis(near, order, axis=1)
    held = np.cumsum(np.minimum(sizes[near], wanted), axis=1)
    better = np.zeros_like(held)  # rows in groups with a higher score
    is_lower = scores[:, 1:] != scores[:, :-1]
    better[:, 1:] = np.where(is_lower, held[:, :-1], 0)
    kept = (scores > 0) & (np.maximum.accumulate(better, axis=1) < wanted)
    unsure = kept[:, -1:].any(axis=1) & (shown < len(targets))
    kept[unsure] = False
    owners, places = np.nonzero(kept)
    parts = [(owners, near[owners, places], scores[owners, places])]
    for owner, found, exact in _all_scores(distinct, turned, np.flatnonzero(unsure)):
        best = _with_ties(exact, wanted)
        parts.append((np.full(len(best), owner), targets[found[best]], exact[best]))
    first, second, third = (np.concatenate(part) for part in zip(*parts, strict=True))
    return first, second, third


def _kernel(distinct: csr_matrix, turned: csr_matrix, shown: int) -> tuple[Any, Any]:
    """Return scores and columns of the best cells of `distinct @ turned`, by row.

    `all_pairs_knn(M)` finds the best of M.T @ M; M.T is replaced to have more rows.
    """
    from implicit.nearest_neighbours import all_pairs_knn
    from scipy.sparse import csr_matrix

    class Turned(csr_matrix):  # type: ignore[misc]
        def transpose(self, *_: Any, **__: Any) -> Any:
            return distinct

    if not shown:
        none = np.zeros((distinct.shape[0], 0))
        return none, none.astype(np.int64)
    found = all_pairs_knn(Turned(turned), shown, show_progress=False)
    return found.data.reshape(-1, shown), found.col.reshape(-1, shown)


def _all_scores(
    distinct: csr_matrix, turned: csr_matrix, owners: Any
) -> Iterator[tuple[int, Any, Any]]:
    """Yield (owner, columns, scores) of whole rows of `distinct @ turned`."""
    for start in range(0, len(owners), CHUNK):
        chunk = owners[start : start + CHUNK]
        exact = distinct[chunk] @ turned
        for owner, low, high in zip(
            chunk, exact.indptr[:-1], exact.indptr[1:], strict=True
        ):
            yield owner, exact.indices[low:high], exact.data[low:high]


def _with_ties(scores: Any, wanted: int) -> Any:
    """Return the places of the `wanted` best scores above 0 and their ties, in order.

    >>> _with_ties(np.array([1.0, 3.0, 0.0, 1.0, 2.0, 1.0]), 3)
    array([1, 4, 0, 3, 5])
    """
    least = np.partition(scores, -wanted)[-wanted] if len(scores) > wanted else 0
    chosen = np.flatnonzero((scores >= least) & (scores > 0))
    return chosen[np.argsort(-scores[chosen], kind="stable")]


def _near_members(
    groups: Groups, best: tuple[Any, Any, Any], wanted: int
) -> tuple[Any, Any, Any]:
    """Return (group, row, score): each group's `wanted` nearest rows, best first."""
    owners, near, scores = best
    block = np.cumsum(
        (np.diff(owners, prepend=-1) != 0) | (np.diff(scores, prepend=0) != 0)
    )
    members, place = groups.expand(near, np.minimum(groups.sizes[near], wanted))
    order = np.argsort(block[place] * len(groups.group) + members, kind="stable")
    owners, scores = owners[place], scores[place]  # equal within a block
    kept = _position(owners) < wanted
    return owners[kept], members[order][kept], scores[kept]


def _position(owners: Any) -> Any:
    """Return the place of each entry among its owner's, which are adjacent."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    lengths = np.diff(starts, append=len(owners))
    return np.arange(len(owners)) - np.repeat(starts, lengths)


def _rows_of_groups(
    groups: Groups, near: tuple[Any, Any, Any], count: int
) -> Neighbours:
    """Give every row the neighbours of its group, without the row itself."""
    owners, neighbours, scores = near
    starts = np.zeros(len(groups.sizes), dtype=np.int64)
    lengths = np.bincount(owners, minlength=len(starts))
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    starts[owners[firsts]] = firsts
    known = np.flatnonzero(groups.group >= 0)
    each = lengths[groups.group[known]]
    rows = np.repeat(known, each).astype(np.int32)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(each) - each, each)
    entry = np.repeat(starts[groups.group[known]], each) + place
    others = neighbours[entry] != rows
    rows, entry = rows[others], entry[others]
    ranks = _position(rows) + 1
    kept = ranks <= count
    return Neighbours(
        rows[kept],
        neighbours[entry[kept]].astype(np.int32),
        scores[entry[kept]],
        ranks[kept].astype(np.int32),
    )
