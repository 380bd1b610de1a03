"""Factorization and scoring against `implicit` itself and against plain NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_info, threadpool_limits

from recsql.numerics import factorize
from recsql.numerics.factorize import (
    AlsParameters,
    als,
    pairs_matrix,
    sparse,
    top_items,
)

PARAMETERS = AlsParameters(
    factors=8, regularization=0.05, alpha=5.0, iterations=10, seed=42
)


def random_cells(
    seed: int, users: int = 60, items: int = 40, count: int = 500
) -> tuple[Any, Any, Any]:
    """Return distinct cells (user, item, weight) in random order."""
    rng = np.random.default_rng(seed)
    places = rng.choice(users * items, count, replace=False).astype(np.int32)
    weights = rng.random(count).astype(np.float32)
    return places // items, places % items, weights


def seen_matrix(mask: Any) -> Any:
    """Return a boolean matrix as CSR."""
    users, items = (column.astype(np.int32) for column in np.nonzero(mask))
    every = np.arange(len(mask), dtype=np.int32)
    return pairs_matrix(every, users, items, mask.shape[1])


def brute_force(
    users: Any, items: Any, mask: Any, count: int
) -> list[list[tuple[int, float]]]:
    """Return each user's best (item, score), equal scores by item number."""
    scores = users.astype(np.float64) @ items.T.astype(np.float64)
    return [
        [(i, row[i]) for i in np.argsort(-row, kind="stable") if not hidden[i]][:count]
        for row, hidden in zip(scores, mask, strict=True)
    ]


def lists_of(found: factorize.TopItems, users: int) -> list[list[tuple[int, float]]]:
    """Return each user's (item, score), best first, equal scores by item number."""
    lists: list[list[tuple[int, float]]] = [[] for _ in range(users)]
    flat = zip(found.users, found.items, found.scores, strict=True)
    for user, item, score in flat:
        lists[user].append((int(item), float(score)))
    return [
        sorted(entries, key=lambda entry: (-entry[1], entry[0])) for entries in lists
    ]


# ---- als -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_als_equals_implicit_called_directly(seed: int) -> None:
    users, items, weights = random_cells(seed)
    found = als(users, items, weights, replace(PARAMETERS, seed=seed))
    with threadpool_limits(1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=8, regularization=0.05, alpha=5.0, iterations=10, random_state=seed
        )
        model.fit(sparse(users, items, weights), show_progress=False)
    np.testing.assert_allclose(found[0], model.user_factors, atol=1e-5)
    np.testing.assert_allclose(found[1], model.item_factors, atol=1e-5)


def test_als_is_the_same_again_and_in_any_input_order() -> None:
    cells = random_cells(4)
    expected = als(*cells, PARAMETERS)
    order = np.random.default_rng(5).permutation(len(cells[0]))
    for rows in (slice(None), order):
        users, items, weights = (column[rows] for column in cells)
        again = als(users, items, weights, PARAMETERS)
        assert all(map(np.array_equal, expected, again))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_als_is_the_same_for_any_number_of_blas_threads(threads: int) -> None:
    cells = random_cells(6)
    expected = als(*cells, PARAMETERS)
    with threadpool_limits(threads, user_api="blas"):
        again = als(*cells, PARAMETERS)
    assert all(map(np.array_equal, expected, again))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_als_is_the_same_for_any_number_of_fit_threads(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    cells = random_cells(6)
    expected = als(*cells, PARAMETERS)
    plain = AlternatingLeastSquares.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs, num_threads=threads)

    monkeypatch.setattr(AlternatingLeastSquares, "__init__", init)
    assert all(map(np.array_equal, expected, als(*cells, PARAMETERS)))


def test_als_seed_matters() -> None:
    cells = random_cells(7)
    one, other = (als(*cells, replace(PARAMETERS, seed=seed))[0] for seed in (1, 2))
    assert not np.allclose(one, other)


def test_als_fills_in_a_checkerboard() -> None:
    """Even users take even items, odd users odd ones; one cell each is left out."""
    size = 20
    board = (np.add.outer(np.arange(size), np.arange(size)) % 2 == 0).astype(float)
    np.fill_diagonal(board, 0)
    users, items = (column.astype(np.int32) for column in np.nonzero(board))
    weights = np.ones(len(users), dtype=np.float32)
    parameters = replace(PARAMETERS, factors=2, alpha=2.0, regularization=0.01)
    user_factors, item_factors = als(users, items, weights, parameters)
    best = top_items(user_factors, item_factors, seen_matrix(board > 0), 1)
    assert best.users.tolist() == best.items.tolist() == list(range(size))
    scores = user_factors @ item_factors.T
    assert scores[board > 0].min() > 0.9
    off = np.add.outer(np.arange(size), np.arange(size)) % 2 == 1
    assert np.abs(scores[off]).max() < 0.1


def test_als_of_nothing_is_empty() -> None:
    none = np.zeros(0, dtype=np.int32)
    found = als(none, none, none.astype(np.float32), PARAMETERS)
    assert [factors.shape for factors in found] == [(0, 8), (0, 8)]


def test_als_of_one_user_and_one_item() -> None:
    zero, one = np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.float32)
    user_factors, item_factors = als(zero, zero, one, PARAMETERS)
    assert user_factors.shape == item_factors.shape == (1, 8)
    assert (user_factors @ item_factors.T).item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"iterations": 0}])
def test_als_refuses_settings_below_1(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        als(*random_cells(8), replace(PARAMETERS, **wrong))


# ---- BLAS ----------------------------------------------------------------------------


def blas_threads() -> set[int]:
    return {
        pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
    }


@contextmanager
def many_blas_threads() -> Iterator[None]:
    """Threads of BLAS belong to the process, so whoever sets them never puts back."""
    with threadpool_limits(2, user_api="blas"):
        assert blas_threads() == {2}
        yield
        assert blas_threads() == {1}


def test_blas_has_one_thread_inside_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    plain = AlternatingLeastSquares.fit

    def fit(self: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(blas_threads())
        plain(self, *args, **kwargs)

    monkeypatch.setattr(AlternatingLeastSquares, "fit", fit)
    with many_blas_threads():
        als(*random_cells(9), PARAMETERS)
    assert seen == [{1}]


def test_blas_has_one_thread_where_it_multiplies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, plain = [], factorize._scores

    def scores(*args: Any) -> Any:
        seen.append(blas_threads())
        return plain(*args)

    monkeypatch.setattr(factorize, "_scores", scores)
    eye = np.eye(3, dtype=np.float32)
    with many_blas_threads():
        top_items(eye, eye, seen_matrix(np.zeros((3, 3))), 1)
    assert seen == [{1}]


# ---- top_items -----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    users=st.integers(1, 130),
    items=st.integers(1, 40),
    count=st.integers(1, 50),
    share=st.sampled_from([0.0, 0.2, 0.9, 1.0]),
    levels=st.sampled_from([2, 1000]),
)
def test_top_items_equals_brute_force(
    seed: int, users: int, items: int, count: int, share: float, levels: int
) -> None:
    """Whole numbers make sums exact, so that equal scores are really equal."""
    rng = np.random.default_rng(seed)
    user_factors = rng.integers(-levels, levels + 1, (users, 3)).astype(np.float32)
    item_factors = rng.integers(-levels, levels + 1, (items, 3)).astype(np.float32)
    mask = rng.random((users, items)) < share
    found = top_items(user_factors, item_factors, seen_matrix(mask), count)
    expected = brute_force(user_factors, item_factors, mask, count)
    assert lists_of(found, users) == expected


def test_top_items_scores_are_inner_products() -> None:
    rng = np.random.default_rng(10)
    user_factors = rng.normal(size=(250, 16)).astype(np.float32)
    item_factors = rng.normal(size=(300, 16)).astype(np.float32)
    mask = rng.random((250, 300)) < 0.1
    found = top_items(user_factors, item_factors, seen_matrix(mask), 20)
    assert found.users.dtype == found.items.dtype == np.int32
    assert found.scores.dtype == np.float32
    expected = brute_force(user_factors, item_factors, mask, 20)
    for mine, wanted in zip(lists_of(found, 250), expected, strict=True):
        assert [item for item, _ in mine] == [item for item, _ in wanted]
        assert [s for _, s in mine] == pytest.approx([s for _, s in wanted], abs=1e-4)


def test_top_items_of_users_who_have_seen_everything() -> None:
    eye = np.eye(3, dtype=np.float32)
    mask = np.array([[True] * 3, [False] * 3, [True, True, False]])
    found = top_items(eye, eye, seen_matrix(mask), 2)
    assert found.users.tolist() == [1, 1, 2]
    assert found.items[0] == 1
    assert found.items[2] == 2


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_top_items_of_nothing_is_empty(shape: tuple[int, int]) -> None:
    users, items = (np.ones((n, 2), dtype=np.float32) for n in shape)
    found = top_items(users, items, seen_matrix(np.zeros(shape)), 5)
    assert len(found.users) == len(found.items) == len(found.scores) == 0


@pytest.mark.parametrize("count", [0, -1])
def test_top_items_of_no_places_is_empty(count: int) -> None:
    eye = np.eye(2, dtype=np.float32)
    assert len(top_items(eye, eye, seen_matrix(np.zeros((2, 2))), count).users) == 0


def test_top_items_of_one_user_and_one_item() -> None:
    one = np.full((1, 1), 2, dtype=np.float32)
    found = top_items(one, one, seen_matrix(np.zeros((1, 1))), 10)
    assert (found.users[0], found.items[0], found.scores[0]) == (0, 0, 2.0 * 2.0)
    assert len(top_items(one, one, seen_matrix(np.ones((1, 1))), 10).users) == 0


def test_of_items_that_tie_for_the_last_place_the_smallest_number_wins() -> None:
    one = np.ones((1, 1), dtype=np.float32)
    items = np.array([[1], [1], [2], [1]], dtype=np.float32)
    found = top_items(one, items, seen_matrix(np.zeros((1, 4))), 2)
    assert sorted(found.items.tolist()) == [0, 2]


# ---- sparse, pairs_matrix ------------------------------------------------------------


def test_sparse_adds_equal_cells_and_sorts() -> None:
    matrix = sparse(np.array([1, 0, 1]), np.array([2, 1, 2]), np.array([1.0, 2.0, 3.0]))
    assert matrix.toarray().tolist() == [[0, 2, 0], [0, 0, 1 + 3]]
    assert matrix.has_canonical_format
    assert matrix.dtype == np.float32


small = st.integers(0, 12)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(small, unique=True, max_size=8),
    cells=st.lists(st.tuples(small, small), unique=True, max_size=40),
    width=st.integers(0, 12),
)
def test_pairs_matrix_equals_brute_force(
    rows: list[int], cells: list[tuple[int, int]], width: int
) -> None:
    owners = np.array([owner for owner, _ in cells], dtype=np.int32)
    columns = np.array([column for _, column in cells], dtype=np.int32)
    found = pairs_matrix(np.array(rows, dtype=np.int32), owners, columns, width)
    assert found.shape == (len(rows), width)
    assert found.toarray().tolist() == [
        [float((row, column) in cells) for column in range(width)] for row in rows
    ]
