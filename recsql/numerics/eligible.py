"""Which items each user may be shown, for functions that score a whole catalogue.

Users share scopes (their region, or their own contract); a scope is a set of items.
Items outside are left out before the best are chosen, so lists are full all the same.
A user has one scope, and one more for each surface with a catalogue of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recsql.numerics.factorize import Floats, Ints, TopItems, pairs_matrix, top_items

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from recsql.numerics.choice import Shown

Pairs = tuple[Ints, Ints]


@dataclass(frozen=True)
class Eligible:
    """The scopes of each user, the items of each scope, and exceptions for users.

    `scopes` has shape (layers, users), in each column the user's scopes from the first
    on, then -1 for none: who has no scope is shown nothing.
    `items[s]` are the items of scope s, ascending; `excluded` holds (user, item) pairs.
    """

    scopes: Ints
    items: tuple[Ints, ...]
    excluded: Pairs

    @classmethod
    def of(cls, user_scopes: Pairs, scope_items: Pairs, excluded: Pairs) -> Eligible:
        """Group pairs (user, scope), (scope, item) and (user, item).

        >>> some = np.array([0, 1]), np.array([0, 0])
        >>> Eligible.of(some, (np.array([0, 0]), np.array([5, 3])), some).items
        (array([3, 5], dtype=int32),)
        """
        by_user = np.lexsort((user_scopes[1], user_scopes[0]))
        users, owned = user_scopes[0][by_user], user_scopes[1][by_user]
        layers = np.arange(len(users)) - np.searchsorted(users, users)
        shape = int(layers.max(initial=0)) + 1, int(users.max(initial=-1)) + 1
        scopes = np.full(shape, -1, dtype=np.int32)
        scopes[layers, users] = owned
        order = np.lexsort((scope_items[1], scope_items[0]))
        numbers, items = scope_items[0][order], scope_items[1][order].astype(np.int32)
        count = max(int(owned.max(initial=-1)), int(numbers.max(initial=-1))) + 1
        ends = np.searchsorted(numbers, np.arange(1, count + 1))
        parts = tuple(np.split(items, ends)[:count])
        return cls(scopes, parts, excluded)

    def rows(self, owners: Ints, width: int) -> Shown:
        """Return which of the first items the users `owners` may see, row by row.

        >>> one = np.array([0]), np.array([0])
        >>> some = Eligible.of(one, (np.array([0, 0]), np.array([0, 2])), one)
        >>> shown = some.rows(np.array([0, 1]), 3)
        >>> shown.scopes, shown.items, shown.hidden
        (array([[ 0, -1]], dtype=int32), array([0, 2], dtype=int32), \
array([0], dtype=int32))
        """
        from recsql.numerics.choice import Shown

        hidden = pairs_matrix(owners, *self.excluded, width)
        items = [scope[scope < width] for scope in self.items]
        starts = np.cumsum([0, *map(len, items)])
        offered = np.concatenate([np.zeros(0, dtype=np.int32), *items])
        cells = hidden.indptr.astype(np.int64), hidden.indices
        return Shown(self.of_rows(owners), starts, offered, *cells)

    def of_rows(self, owners: Ints) -> Ints:
        """Return the scopes of the users `owners`, shape (layers, rows)."""
        scopes = np.full((len(self.scopes), len(owners)), -1, dtype=np.int32)
        known = owners < self.scopes.shape[1]
        scopes[:, known] = self.scopes[:, owners[known]]
        return scopes


def top_eligible(
    owners: Ints,
    user_factors: Floats,
    item_factors: Floats,
    taken: Pairs,
    count: int,
    eligible: Eligible | None = None,
) -> TopItems:
    """Return each user's best items of each of their scopes, taken ones left out.

    Args:
        owners: shape (n,), the user of each row of `user_factors`.
        user_factors: shape (n, f).
        item_factors: shape (items, f).
        taken: (user, item) pairs to leave out, beside the excluded ones.
        count: items wanted per user; see `factorize.top_items`.
        eligible: what each user may be shown; everything without.
    """
    width = len(item_factors)
    if eligible is None:
        hidden = pairs_matrix(owners, *taken, width)
        return top_items(user_factors, item_factors, hidden, count)
    users, items = map(np.concatenate, zip(taken, eligible.excluded, strict=True))
    hidden = pairs_matrix(owners, users, items, width)
    scopes = eligible.of_rows(owners)
    none = np.zeros(0, dtype=np.int32)
    parts = [TopItems(none, none, np.zeros(0, dtype=np.float32))]
    for scope in np.unique(scopes[scopes >= 0]):
        rows = np.flatnonzero((scopes == scope).any(axis=0)).astype(np.int32)
        shown = eligible.items[scope]
        parts.append(
            _top_of_scope(rows, user_factors, item_factors, hidden, shown, count)
        )
    found = TopItems(
        np.concatenate([part.users for part in parts]),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )
    if len(scopes) == 1:
        return found
    once = first_places(found.users, found.items, width)
    return TopItems(found.users[once], found.items[once], found.scores[once])


def first_places(users: Ints, items: Ints, width: int) -> npt.NDArray[np.int64]:
    """Return where each pair of user and item comes first, ascending.

    >>> first_places(np.array([0, 1, 0]), np.array([2, 2, 2]), 3)
    array([0, 1])
    """
    pairs = users.astype(np.int64) * width + items
    return np.sort(np.unique(pairs, return_index=True)[1])


def _top_of_scope(
    rows: Ints,
    user_factors: Floats,
    item_factors: Floats,
    hidden: csr_matrix,
    shown: Ints,
    count: int,
) -> TopItems:
    """Return the best shown items of some rows of `user_factors`."""
    shown = shown[shown < len(item_factors)]
    if len(rows) < len(user_factors):
        user_factors, hidden = user_factors[rows], hidden[rows]
    if len(shown) < len(item_factors):
        item_factors, hidden = item_factors[shown], hidden[:, shown]
        hidden.sort_indices()
    best = top_items(user_factors, item_factors, hidden, count)
    return TopItems(rows[best.users], shown[best.items], best.scores)
