"""Which items each user may be shown, for functions that score a whole catalogue.

Users share scopes (their region, or their own contract); a scope is a set of items.
Items outside are left out before the best are chosen, so lists are full all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recsql.numerics.factorize import Floats, Ints, TopItems, pairs_matrix, top_items

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Pairs = tuple[Ints, Ints]


@dataclass(frozen=True)
class Eligible:
    """The scope of each user, the items of each scope, and exceptions for users.

    `scopes` has shape (users,), -1 for no scope: such a user is shown nothing.
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
        users, owned = user_scopes
        scopes = np.full(int(users.max(initial=-1)) + 1, -1, dtype=np.int32)
        scopes[users] = owned
        order = np.lexsort((scope_items[1], scope_items[0]))
        numbers, items = scope_items[0][order], scope_items[1][order].astype(np.int32)
        count = max(int(owned.max(initial=-1)), int(numbers.max(initial=-1))) + 1
        ends = np.searchsorted(numbers, np.arange(1, count + 1))
        parts = tuple(np.split(items, ends)[:count])
        return cls(scopes, parts, excluded)

    def mask(self, start: int, end: int, width: int) -> npt.NDArray[np.bool_]:
        """Return for users `start` to `end` which of the first items they may see.

        >>> one = np.array([0]), np.array([0])
        >>> Eligible.of(one, (np.array([0, 0]), np.array([0, 2])), one).mask(0, 2, 3)
        array([[False, False,  True],
               [False, False, False]])
        """
        allowed = np.zeros((end - start, width), dtype=bool)
        scopes = self.scopes[start:end]
        for scope in np.unique(scopes[scopes >= 0]):
            shown = np.zeros(width, dtype=bool)
            shown[self.items[scope][self.items[scope] < width]] = True
            allowed[np.flatnonzero(scopes == scope)] = shown
        users, items = self.excluded
        mine = (users >= start) & (users < end) & (items < width)
        allowed[users[mine] - start, items[mine]] = False
        return allowed


def top_eligible(
    owners: Ints,
    user_factors: Floats,
    item_factors: Floats,
    taken: Pairs,
    count: int,
    eligible: Eligible | None = None,
) -> TopItems:
    """Return each user's best items of their scope, taken ones left out.

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
    scopes = np.full(len(owners), -1, dtype=np.int32)
    known = owners < len(eligible.scopes)
    scopes[known] = eligible.scopes[owners[known]]
    none = np.zeros(0, dtype=np.int32)
    parts = [TopItems(none, none, np.zeros(0, dtype=np.float32))]
    for scope in np.unique(scopes[scopes >= 0]):
        rows = np.flatnonzero(scopes == scope).astype(np.int32)
        shown = eligible.items[scope]
        parts.append(
            _top_of_scope(rows, user_factors, item_factors, hidden, shown, count)
        )
    return TopItems(
        np.concatenate([part.users for part in parts]),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


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
