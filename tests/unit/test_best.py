"""Best items of a product of two matrices against plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsql.numerics.best import BestItems, best_items

Lists = dict[tuple[int, int], list[Any]]


def brute_force(left: Any, right: Any, known: Any, wanted: Any, count: int) -> Lists:
    """Return (item, score) by user and kind, of the wanted cells."""
    scores = left @ right
    expected: Lists = {}
    for user in range(len(left)):
        for kind in range(3):
            mine = np.flatnonzero(wanted[user] & (known[user] == kind))
            order = sorted(mine, key=lambda i: (-scores[user, i], i))[:count]
            if order:
                expected[user, kind] = [(i, scores[user, i]) for i in order]
    return expected


def listed(found: BestItems, left: Any, right: Any, known: Any) -> Lists:
    """Return the same of what was found."""
    lists: Lists = {}
    columns = (found.users, found.known, found.items, found.scores)
    for user, is_known, item, score in zip(*columns, strict=True):
        kind = int(known[user, item])
        assert is_known == (kind > 0)
        lists.setdefault((user, kind), []).append((item, score))
    return lists


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    users=st.integers(1, 30),
    items=st.integers(1, 20),
    features=st.integers(1, 20),
    count=st.integers(1, 25),
    is_sparse=st.booleans(),
)
def test_best_items_equals_brute_force(
    seed: int,
    users: int,
    items: int,
    features: int,
    count: int,
    is_sparse: bool,
) -> None:
    """Small whole numbers make ties; some users have nothing, some have everything."""
    rng = np.random.default_rng(seed)
    left = rng.integers(0, 3, (users, features)) * (rng.random((users, 1)) > 0.2)
    known = rng.integers(0, 3, (users, items)) * (rng.random((users, 1)) > 0.2)
    right = rng.integers(0 if is_sparse else -2, 3, (features, items)).astype(float)
    given_right = csr_matrix(right) if is_sparse else right
    found = best_items(
        csr_matrix(left.astype(float)), given_right, csr_matrix(known), count
    )
    some = left.any(axis=1, keepdims=True)
    wanted = left @ right > 0 if is_sparse else np.repeat(some, items, axis=1)
    expected = brute_force(left, right, known, wanted, count)
    assert listed(found, left, right, known) == expected


@pytest.mark.parametrize("count", [0, -1])
def test_no_items_wanted(count: int) -> None:
    one = csr_matrix(np.ones((1, 1)))
    assert len(best_items(one, one, one, count).users) == 0
