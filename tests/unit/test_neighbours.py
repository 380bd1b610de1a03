"""Nearest rows against plain NumPy and against `implicit` called directly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsql.numerics.neighbours import Neighbours, nearest_rows


def cells_of(dense: Any) -> tuple[Any, Any, Any]:
    """Return the non-zero cells of a matrix as (row, column, weight)."""
    rows, columns = np.nonzero(dense)
    weights = np.asarray(dense, dtype=np.float64)[rows, columns]
    return rows.astype(np.int32), columns.astype(np.int32), weights


def brute_force(
    dense: Any, among: Any, count: int
) -> list[tuple[int, int, float, int]]:
    """Return (row, neighbour, score, rank), equal scores by row number."""
    products = np.asarray(dense, dtype=np.float64) @ np.asarray(dense).T
    found = []
    for row, scores in enumerate(products):
        order = np.argsort(-scores, kind="stable")
        order = order[np.isin(order, among)]
        best = [n for n in order if n != row and scores[n] > 0][:count]
        found += [(row, n, scores[n], rank) for rank, n in enumerate(best, 1)]
    return found


def flat(found: Neighbours) -> list[tuple[int, int, float, int]]:
    columns = (found.rows, found.neighbours, found.scores, found.ranks)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 70),
    columns=st.integers(1, 8),
    kept=st.sampled_from([0.0, 0.5, 1.0]),
    count=st.integers(1, 12),
    levels=st.sampled_from([1, 2, 50]),
    share=st.sampled_from([0.2, 0.6, 1.0]),
    lowest=st.sampled_from([0, -2]),
)
def test_nearest_rows_equals_brute_force(
    seed: int,
    rows: int,
    columns: int,
    count: int,
    levels: int,
    share: float,
    lowest: int,
    kept: float,
) -> None:
    """Whole numbers make sums exact; few levels make many equal rows and scores."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(lowest, levels + 1, (rows, columns))
    dense[rng.random(dense.shape) > share] = 0
    among = rng.permutation(80)[: int(80 * kept)]
    found = nearest_rows(*cells_of(dense), among, count)
    assert flat(found) == brute_force(dense, among, count)


def test_scores_are_those_of_the_kernel() -> None:
    from implicit.nearest_neighbours import all_pairs_knn
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(1)
    dense = rng.random((200, 40)) * (rng.random((200, 40)) < 0.2)
    found = nearest_rows(*cells_of(dense), np.arange(200), 20)
    direct = all_pairs_knn(csr_matrix(dense.T), 200, show_progress=False).toarray()
    np.testing.assert_allclose(
        found.scores, direct[found.rows, found.neighbours], rtol=1e-12
    )
    assert found.rows.dtype == found.neighbours.dtype == found.ranks.dtype == np.int32
    assert found.scores.dtype == np.float64


def test_the_order_of_cells_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    cells = cells_of(rng.random((90, 30)) * (rng.random((90, 30)) < 0.3))
    expected = flat(nearest_rows(*cells, np.arange(90), 5))
    for _ in range(3):
        order = rng.permutation(len(cells[0]))
        assert (
            flat(nearest_rows(*(part[order] for part in cells), np.arange(90), 5))
            == expected
        )


def test_a_row_without_cells_is_in_no_list() -> None:
    found = nearest_rows(*cells_of([[1, 0], [0, 0], [2, 0]]), np.arange(3), 5)
    assert flat(found) == [(0, 2, 1.0 * 2, 1), (2, 0, 2.0 * 1, 1)]


def test_equal_cells_are_summed() -> None:
    cells = np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([1.0, 2.0, 1.0])
    assert flat(nearest_rows(*cells, np.arange(2), 1))[0] == (0, 1, (1.0 + 2.0) * 1, 1)


@pytest.mark.parametrize("count", [0, -1])
def test_no_neighbours_wanted(count: int) -> None:
    assert flat(nearest_rows(*cells_of(np.ones((3, 3))), np.arange(3), count)) == []


def test_nothing_has_no_neighbours() -> None:
    none = np.zeros(0, dtype=np.int32)
    assert flat(nearest_rows(none, none, none.astype(np.float64), none, 3)) == []


def test_columns_of_different_length_are_refused() -> None:
    one, two = np.zeros(1, dtype=np.int32), np.zeros(2, dtype=np.int32)
    with pytest.raises(ValueError, match="2 rows, 1 columns and 2 weights"):
        nearest_rows(two, one, two.astype(np.float64), one, 3)
