"""Scopes of users and their items: against a plain loop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsql.numerics.best import best_items
from recsql.numerics.eligible import Eligible, top_eligible
from recsql.numerics.factorize import sparse

USERS, ITEMS, SCOPES = 9, 12, 3
Shown = npt.NDArray[np.bool_]


def random_shown(chance: np.random.Generator) -> tuple[Eligible, Shown]:
    """Return who may be shown what, and the same as a table of users and items."""
    users = np.flatnonzero(chance.random(USERS) < 0.9)
    scopes = chance.integers(0, SCOPES, len(users))
    offered = chance.random((SCOPES, ITEMS)) < chance.choice([0.2, 0.7, 1.0])
    excluded = chance.random((USERS, ITEMS)) < 0.1
    shown = np.zeros((USERS, ITEMS), dtype=bool)
    shown[users] = offered[scopes]
    order = chance.permutation(len(users))
    pairs = (users[order], scopes[order]), offered.nonzero(), excluded.nonzero()
    return Eligible.of(*pairs), shown & ~excluded


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_the_best_of_a_scope_are_found_by_brute_force(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    eligible, shown = random_shown(chance)
    owners = chance.permutation(USERS)[: chance.integers(1, USERS + 1)]
    vectors = chance.integers(-2, 3, (len(owners), 2)).astype(np.float32)
    catalogue = chance.integers(-2, 3, (ITEMS, 2)).astype(np.float32)
    taken = chance.random((USERS, ITEMS)) < 0.3
    found = top_eligible(
        owners.astype(np.int32), vectors, catalogue, taken.nonzero(), count, eligible
    )
    for row, owner in enumerate(owners):
        scores = catalogue @ vectors[row]
        left = np.flatnonzero(shown[owner] & ~taken[owner])
        wanted = left[np.argsort(-scores[left], kind="stable")][:count]
        mine = found.users == row
        assert sorted(found.items[mine]) == sorted(wanted)
        assert found.scores[mine].tolist() == scores[wanted].tolist()


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_a_linear_model_ranks_only_what_may_be_shown(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    eligible, shown = random_shown(chance)
    cells = np.nonzero(chance.random((USERS, ITEMS)) < 0.4)
    matrix = sparse(*cells, np.ones(len(cells[0])))
    matrix.resize(USERS, ITEMS)
    weights = chance.integers(-2, 3, (ITEMS, ITEMS)).astype(np.float32)
    found = best_items(matrix, weights, matrix, count, eligible)
    scores, taken = matrix @ weights, matrix.toarray() > 0
    for user in range(USERS):
        for kind in (False, True):
            mine = (found.users == user) & (found.known == kind)
            left = np.flatnonzero(shown[user] & (taken[user] == kind))
            left = left if taken[user].any() else left[:0]
            order = np.argsort(-scores[user][left], kind="stable")
            assert found.items[mine].tolist() == left[order][:count].tolist()


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_the_best_of_each_of_several_scopes_are_found(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    owned = chance.random((USERS, SCOPES)) < 0.7
    offered = chance.random((SCOPES, ITEMS)) < 0.4
    none = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    eligible = Eligible.of(owned.nonzero(), offered.nonzero(), none)
    owners = np.arange(USERS, dtype=np.int32)
    vectors = chance.integers(-2, 3, (USERS, 2)).astype(np.float32)
    catalogue = chance.integers(-2, 3, (ITEMS, 2)).astype(np.float32)
    by_factors = top_eligible(owners, vectors, catalogue, none, count, eligible)
    matrix = sparse(owners, owners, np.ones(USERS))
    weights = (vectors @ catalogue.T).astype(np.float32)
    nothing = sparse(owners[:0], owners[:0], np.zeros(0))
    nothing.resize(USERS, ITEMS)
    by_weights = best_items(matrix, weights, nothing, count, eligible)
    for user in range(USERS):
        wanted = set()
        for shown in offered[owned[user]]:
            left = np.flatnonzero(shown)
            best = np.argsort(-weights[user][left], kind="stable")[:count]
            wanted |= set(left[best].tolist())
        for found in (by_factors, by_weights):
            mine = found.users == user
            assert sorted(found.items[mine].tolist()) == sorted(wanted)
            assert (
                found.scores[mine].tolist() == weights[user][found.items[mine]].tolist()
            )


def test_nothing_is_shown_to_users_without_scope() -> None:
    none = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    eligible = Eligible.of(none, none, none)
    assert (eligible.rows(np.arange(3, dtype=np.int32), 2).scopes < 0).all()
    ones = np.ones((2, 1), dtype=np.float32)
    owners = np.arange(2, dtype=np.int32)
    assert len(top_eligible(owners, ones, ones, none, 1, eligible).users) == 0


@pytest.mark.parametrize("width", [1, 3])
def test_items_beyond_the_model_are_left_out(width: int) -> None:
    one = np.array([0]), np.array([0])
    eligible = Eligible.of(one, (np.array([0, 0]), np.array([0, 7])), one[:0] or one)
    shown = eligible.rows(np.zeros(1, dtype=np.int32), width)
    assert set(shown.items) - set(shown.hidden) == set()
