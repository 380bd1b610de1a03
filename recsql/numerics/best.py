"""Each user's best new and best known items by the product of two matrices.

A linear model scores by (users, features) times (features, items), where the features
are the items or the users themselves. Its scores never leave Python: what comes back
is each user's exact best list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recsql.numerics.eligible import Eligible
from recsql.numerics.factorize import Ints
from recsql.numerics.threads import in_parts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class BestItems:
    """Best new items and best repeats per user, flat: one entry per (user, item)."""

    users: Ints
    items: Ints
    scores: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]


def best_items(
    left: csr_matrix,
    right: Any,
    known: csr_matrix,
    count: int,
    eligible: Eligible | None = None,
) -> BestItems:
    """Return each user's `count` best new items and `count` best repeats, exactly.

    Users are spread over all cores. A user's scores are added up in the order of the
    user's cells, so they are the same whoever is scored beside them.

    Args:
        left: shape (users, features), sorted cells. A user without a cell has no rows.
        right: shape (features, items). Where it is sparse, only items that share a
            feature with the user are scored.
        known: shape (users, items); 1, 2 ... is the kind of an item that the user
            knows, such as seen and taken, and 0 is new.
        count: wanted of each kind; fewer come back where fewer are left. Of items with
            equal scores the smaller numbers are taken.
        eligible: what each user may be shown; everything without.

    >>> from recsql.numerics.factorize import sparse
    >>> one = sparse(np.array([0]), np.array([0]), np.array([2.0]))
    >>> one.resize(1, 2)
    >>> links = np.array([[0.0, 0.5], [0.5, 0.0]], np.float32)
    >>> best_items(one, links, one.sign(), 1)
    BestItems(users=array([0, 0], dtype=int32), items=array([1, 0], dtype=int32), \
scores=array([1., 0.]), known=array([False,  True]))
    """
    from scipy.sparse import csr_matrix

    from recsql.numerics.choice import Cells, Shown
    from recsql.numerics.products import best_of_dense, best_of_sparse

    users, width = np.flatnonzero(np.diff(left.indptr)).astype(np.int32), right.shape[1]
    kinds = int(known.data.max(initial=0)) + 1
    wanted = width, max(min(count, width), 0), kinds
    shown = (
        Shown.but(csr_matrix((len(users), width), dtype=np.int8))
        if eligible is None
        else eligible.rows(users, width)
    )
    mine, has = Cells.of(left[users]), Cells.of(known[users], np.int8)
    best: Any = best_of_dense
    features: Any = right
    if isinstance(right, np.ndarray):
        features = np.ascontiguousarray(right)  # rows lie together
    else:
        best, features = best_of_sparse, Cells.of(right)

    def part(start: int, end: int) -> tuple[Any, ...]:
        found: tuple[Any, ...] = best((start, end), mine, features, has, shown, wanted)
        return found

    room = wanted[1] * kinds * len(shown.scopes)
    found = in_parts(part, len(users) if room else 0, room)
    rows, items, scores, of_kind = found
    return BestItems(users[rows], items, scores, of_kind > 0)


def at_least(scores: Any, count: int) -> Any:
    """Return the places of the best `count` scores and of those that tie for last."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    return np.flatnonzero(scores >= least)
