"""Each user's best items, and why, by item weights that are never a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsql.numerics.best import BestItems
from recsql.numerics.choice import Cells, Shown
from recsql.numerics.eligible import Eligible
from recsql.numerics.graphs import ItemWeights
from recsql.numerics.terms import Pairs, Terms, linear_terms
from recsql.numerics.threads import ROWS_AT_ONCE, in_parts, single_blas

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def best_filtered(
    left: csr_matrix,
    weights: ItemWeights,
    known: csr_matrix,
    count: int,
    eligible: Eligible | None = None,
) -> BestItems:
    """Return each user's best new items and repeats, exactly, as `best.best_items`.

    Args:
        left: shape (users, items), sorted cells of some users, by their numbers. A user
            without a cell has no rows.
        weights: of the same items.
        known: shape (users, items); 1, 2 ... is the kind of an item that the user
            knows, and 0 is new.
        count: wanted of each kind.
        eligible: what each user may be shown; everything without.

    >>> from recsql.numerics.factorize import sparse
    >>> from recsql.numerics.graphs import Shared
    >>> three = sparse(np.array([0, 0, 1]), np.array([0, 1, 0]), np.ones(3))
    >>> found = best_filtered(three, Shared.of(three, "jaccard", 1), three.sign(), 1)
    >>> found.users, found.items, found.scores
    (array([0, 1, 1], dtype=int32), array([0, 1, 0], dtype=int32), \
array([1.5, 0.5, 1. ]))
    """
    from recsql.numerics.products import best_of_rows

    single_blas()
    users, width = left.shape[0], weights.width
    left.resize(users, width)
    known.resize(users, width)
    kinds = int(known.data.max(initial=0)) + 1
    wanted = width, max(min(count, width), 0), kinds
    shown = (
        Shown.but(type(known)((users, width), dtype=np.int8))
        if eligible is None
        else eligible.rows(np.arange(users, dtype=np.int32), width)
    )
    mine, has = Cells.of(left), Cells.of(known, np.int8)

    def part(start: int, end: int) -> tuple[Any, ...]:
        if left.indptr[start] == left.indptr[end]:
            end = start  # nobody to score
        scores = weights.scores(left[start:end])
        found: tuple[Any, ...] = best_of_rows(
            (start, end), mine, scores, has, shown, wanted
        )
        return found

    room = wanted[1] * kinds * len(shown.scopes)
    rows, items, best, of_kind = in_parts(part, users if room else 0, room)
    return BestItems(rows, items, best, of_kind > 0)


class _Crossings:
    """Item weights, read as a matrix is: by `np.ix_` of rows and columns."""

    def __init__(self, weights: ItemWeights) -> None:
        self.weights = weights

    def __getitem__(self, place: tuple[Any, Any]) -> Any:
        return self.weights.crossings(*map(np.ravel, place))


def filtered_terms(
    matrix: csr_matrix, weights: ItemWeights, shown: Pairs, count: int
) -> Terms:
    """Return the `count` largest terms of scores, as `terms.linear_terms`.

    Args:
        matrix: shape (users, items), sorted cells; only cells above 0 add anything.
        weights: of the same items.
        shown: (user, item) pairs, each once.
        count: terms wanted per pair; of equal ones the smaller columns are taken.
    """
    matrix.resize(matrix.shape[0], weights.width)
    known = shown[1] < weights.width  # nobody takes the others
    users, items = shown[0][known], shown[1][known]
    if weights.crossings(np.zeros(0, np.int64), np.zeros(0, np.int64)) is not None:
        crossed: Any = _Crossings(weights)
        return linear_terms(matrix, crossed, (users, items), count)
    none = np.zeros(0, dtype=np.int32)
    parts = [Terms(none, none, none, none.astype(np.float64))]
    different, of_pair = np.unique(items, return_inverse=True)
    for start in range(0, len(different), ROWS_AT_ONCE):
        some = different[start : start + ROWS_AT_ONCE]
        mine = (of_pair >= start) & (of_pair < start + len(some))
        pairs = users[mine], (of_pair[mine] - start).astype(np.int32)
        found = linear_terms(matrix, weights.columns(some), pairs, count)
        named = some[found.items].astype(np.int32)
        parts.append(Terms(found.users, named, found.columns, found.amounts))
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Terms(*map(np.concatenate, columns))
