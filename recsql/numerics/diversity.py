"""Orders that are good and various: maximal marginal relevance, and caps."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recsql.numerics.factorize import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def diversify(
    lists: Ints, items: Ints, places: Ints, features: csr_matrix, diversity: float
) -> Ints:
    """Return the new places, from 1, of items within their lists.

    Greedy: the next item is that of the largest (1 - d) * relevance - d * (cosine with
    the most alike item before it), where relevance = 1 / log2(1 + place). Of equal ones
    the earlier comes first. Carbonell and Goldstein, "The Use of MMR", SIGIR 1998.

    Args:
        lists: shape (n,), the list of each entry; equal numbers are one list.
        items: shape (n,), rows of `features`; items beyond have no features.
        places: shape (n,), from 1, each once in a list.
        features: shape (items, f); two items are as alike as their rows' cosine.
        diversity: from 0, the order as it is, to 1.

    Raises:
        ValueError: the diversity is not from 0 to 1.

    >>> from recsql.numerics.factorize import sparse
    >>> kinds = sparse(np.array([0, 1, 2]), np.array([0, 0, 1]), np.ones(3))
    >>> diversify(np.zeros(3, int), np.arange(3), np.array([1, 2, 3]), kinds, 0.5)
    array([1, 3, 2], dtype=int32)
    """
    if not 0 <= diversity <= 1:
        raise ValueError(f"diversity is from 0 to 1, not {diversity}")
    found = np.zeros(len(lists), dtype=np.int32)
    order = np.lexsort((places, lists))
    ends = np.flatnonzero(np.diff(lists[order], append=-1, prepend=-1))
    unit = _unit_rows(features, int(items.max(initial=-1)) + 1)
    for start, end in itertools.pairwise(ends):
        entries = order[start:end]
        rows = unit[items[entries]]
        alike = np.round((rows @ rows.T).toarray(), 9)  # equal cosines are equal
        relevance = 1 / np.log2(1 + places[entries])
        found[entries[_greedy(relevance, alike, diversity)]] = np.arange(
            1, len(entries) + 1
        )
    return found


def held_back(
    lists: Ints, items: Ints, places: Ints, kinds: csr_matrix, most: Ints
) -> npt.NDArray[np.bool_]:
    """Return which entries come after all others of their lists, by caps.

    Greedy: down a list, an entry stays where of each of its item's kinds fewer entries
    have stayed before it than are allowed of the attribute that the kind is one of.

    Args:
        lists: shape (n,), the list of each entry; equal numbers are one list.
        items: shape (n,), rows of `kinds`; items beyond have none.
        places: shape (n,), each once in a list.
        kinds: shape (items, kinds), the number of the attribute, from 1, where the item
            is of the kind; an item without any is not capped.
        most: shape (attributes,), entries of a kind that may stay.

    >>> from recsql.numerics.factorize import sparse
    >>> brands = sparse(np.array([0, 1, 1]), np.array([0, 0, 1]), np.ones(3))
    >>> held_back(np.zeros(3, int), np.arange(3), np.arange(3), brands, np.array([1]))
    array([False,  True, False])
    """
    held = np.zeros(len(lists), dtype=bool)
    stayed: Counter[tuple[int, int]] = Counter()
    caps = most[kinds.data.astype(np.int64) - 1]
    kinds.resize(max(int(items.max(initial=-1)) + 1, kinds.shape[0]), kinds.shape[1])
    for entry in np.lexsort((places, lists)):
        own = slice(*kinds.indptr[items[entry] : items[entry] + 2])
        keys = [(int(lists[entry]), int(kind)) for kind in kinds.indices[own]]
        held[entry] = any(
            stayed[key] >= cap for key, cap in zip(keys, caps[own], strict=True)
        )
        if not held[entry]:
            stayed.update(keys)
    return held


def _greedy(relevance: np.ndarray, alike: np.ndarray, diversity: float) -> Ints:
    """Return the entries of one list in their new order."""
    left = (1 - diversity) * relevance
    nearest = np.zeros(len(left))
    order = np.zeros(len(left), dtype=np.int32)
    for place in range(len(left)):
        order[place] = best = int(np.argmax(left - diversity * nearest))
        left[best] = -np.inf
        np.maximum(nearest, alike[best], out=nearest)
    return order


def _unit_rows(features: csr_matrix, count: int) -> csr_matrix:
    """Return at least `count` rows of length 1, or 0 where a row is empty."""
    from scipy.sparse import diags_array

    features.resize(max(count, features.shape[0]), features.shape[1])
    length = np.sqrt(np.asarray(features.multiply(features).sum(axis=1))).ravel()
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return (diags_array(scale) @ features).tocsr()
