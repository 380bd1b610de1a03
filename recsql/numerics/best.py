"""Each user's best new and best known items by the product of two matrices.

A linear model scores by (users, features) times (features, items), where the features
are the items or the users themselves. Its scores never leave Python: what comes back
is each user's exact best list, with the feature that adds most to each score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recsql.numerics.eligible import Eligible
from recsql.numerics.factorize import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

USERS_AT_ONCE = 256


@dataclass(frozen=True)
class BestItems:
    """Best new items and best repeats per user, flat: one entry per (user, item).

    `reasons` names the feature that adds most to the score; a known
    item is its own reason.
    """

    users: Ints
    items: Ints
    scores: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]
    reasons: Ints


def best_items(
    left: csr_matrix,
    right: Any,
    known: csr_matrix,
    count: int,
    eligible: Eligible | None = None,
) -> BestItems:
    """Return each user's `count` best new items and `count` best repeats, exactly.

    Args:
        left: shape (users, features), sorted cells. A user without a cell has no rows.
        right: shape (features, items). Where it is sparse, only items that share a
            feature with the user are scored.
        known: shape (users, items); 1, 2 ... is the kind of an item that the user
            knows, such as seen and taken, and 0 is new.
        count: wanted of each kind; fewer come back where fewer are left. Of items with
            equal scores the smaller numbers are taken, of features too.
        eligible: what each user may be shown; everything without.

    >>> from recsql.numerics.factorize import sparse
    >>> one = sparse(np.array([0]), np.array([0]), np.array([2.0]))
    >>> one.resize(1, 2)
    >>> links = np.array([[0.0, 0.5], [0.5, 0.0]], np.float32)
    >>> best_items(one, links, one.sign(), 1)
    BestItems(users=array([0, 0], dtype=int32), items=array([1, 0], dtype=int32), \
scores=array([1., 0.], dtype=float32), known=array([False,  True]), \
reasons=array([0, 0], dtype=int32))
    """
    if isinstance(right, np.ndarray):
        right = np.ascontiguousarray(right)  # rows lie together
    parts = list(_parts(left, right, known, count, eligible))
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return BestItems(none, none, none.astype(left.dtype), none == 1, none)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    users, items, scores, is_known, reasons = columns
    whole = (users.astype(np.int32), items.astype(np.int32))
    return BestItems(*whole, scores, is_known, reasons.astype(np.int32))


def _parts(
    left: csr_matrix,
    right: Any,
    known: csr_matrix,
    count: int,
    eligible: Eligible | None,
) -> Iterator[tuple[Any, Any, Any, Any, Any]]:
    """Yield users, items, scores, what is known and reasons, some users at a time."""
    if count < 1:
        return
    kinds = range(int(known.data.max(initial=0)) + 1)
    for start in range(0, left.shape[0], USERS_AT_ONCE):
        mine = left[start : start + USERS_AT_ONCE]
        rows, items, scores = _scores(mine, right)
        kind_of = np.zeros((mine.shape[0], right.shape[1]), dtype=np.int8)
        has = known[start : start + USERS_AT_ONCE]
        owners = np.repeat(np.arange(has.shape[0]), np.diff(has.indptr))
        kind_of[owners, has.indices] = has.data
        found_kinds = kind_of[rows, items]
        for kind in kinds:
            of_kind = np.flatnonzero(found_kinds == kind)
            cells = rows[of_kind], items[of_kind], scores[of_kind]
            masks = (
                [None]
                if eligible is None
                else eligible.masks(start, start + mine.shape[0], right.shape[1])
            )
            best = of_kind[_best_places(cells, masks, count)]
            found = rows[best], items[best]
            reasons = found[1] if kind else _reasons(mine, right, *found)
            is_known = found_kinds[best] > 0
            yield start + found[0], found[1], scores[best], is_known, reasons


def _best_places(cells: Any, masks: Iterable[Any], count: int) -> Any:
    """Return the places of each row's best cells within each mask, row by row."""
    rows, items, scores = cells
    best = []
    for mask in masks:
        kept = (
            np.arange(len(rows)) if mask is None else np.flatnonzero(mask[rows, items])
        )
        part = rows[kept], items[kept], scores[kept]
        best.append(kept[top_places(*part, count)])
    if len(best) == 1:
        return best[0]
    places = np.unique(np.concatenate(best))
    return places[np.lexsort((items[places], -scores[places], rows[places]))]


def _scores(left: csr_matrix, right: Any) -> tuple[Any, Any, Any]:
    """Return rows, items and scores, row by row, of the rows that have cells."""
    scores = left @ right
    if not isinstance(scores, np.ndarray):
        rows = np.repeat(np.arange(left.shape[0]), np.diff(scores.indptr))
        return rows, scores.indices, scores.data
    rows = np.flatnonzero(np.diff(left.indptr))
    items = np.arange(scores.shape[1])
    each = np.repeat(rows, len(items)), np.tile(items, len(rows))
    return *each, scores[rows].ravel()


def top_places(rows: Any, items: Any, scores: Any, count: int) -> Any:
    """Return the places of the best `count` scores of each row, best first.

    Args:
        rows: shape (n,), ascending.
        items: shape (n,); of equal scores the smaller items are taken.
        scores: shape (n,).
        count: at least 1.

    >>> rows, items = np.array([0, 0, 0, 2]), np.array([7, 5, 3, 1])
    >>> top_places(rows, items, np.array([1.0, 2.0, 1.0, 4.0]), 2)
    array([1, 2, 3])
    """
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    chosen = [
        start + at_least(scores[start:end], count)
        for start, end in pairwise([*starts, len(rows)])
    ]
    places = np.concatenate([np.zeros(0, np.int64), *chosen])
    order = np.lexsort((items[places], -scores[places], rows[places]))
    ordered = rows[places]  # sorting moves places within a row only
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return places[order[rank < count]]


def at_least(scores: Any, count: int) -> Any:
    """Return the places of the best `count` scores and of those that tie for last."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    return np.flatnonzero(scores >= least)


def _reasons(left: csr_matrix, right: Any, rows: Any, items: Any) -> Any:
    """Return for each (row, item) the feature that adds most to its score."""
    reasons = np.zeros(len(rows), dtype=np.int32)
    ends = np.searchsorted(rows, np.arange(left.shape[0] + 1))
    for row in np.unique(rows):
        mine = slice(ends[row], ends[row + 1])
        own = slice(left.indptr[row], left.indptr[row + 1])
        features, amounts = left.indices[own], left.data[own]
        terms = right[np.ix_(features, items[mine])]
        terms = terms if isinstance(terms, np.ndarray) else terms.toarray()
        reasons[mine] = features[(terms * amounts[:, None]).argmax(axis=0)]
    return reasons
