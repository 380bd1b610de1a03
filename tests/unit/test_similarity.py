"""Similar rows against plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsql.numerics import similarity
from recsql.numerics.similarity import Measure, similar_rows


def brute_force(dense: Any, measure: Measure, count: int) -> list[tuple[Any, ...]]:
    """Return (row, neighbour, score, rank): the row itself, then the best others."""
    products = dense @ dense.T
    one, other = measure.row_scale[:, None], measure.near_scale[None, :]
    scales = {"product": one * other, "union": one + other - products}
    scores = products / np.maximum(scales[measure.denominator] + measure.shrinkage, 1)
    found = []
    for row in np.flatnonzero(dense.any(axis=1)):
        mine = scores[row]
        others = [n for n in range(len(mine)) if n != row and mine[n] > 0]
        others.sort(key=lambda n: (-mine[n], n))
        for rank, near in enumerate([row, *others[:count]]):
            found.append((row, near, mine[near], rank))
    return found


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 40),
    columns=st.integers(1, 8),
    count=st.integers(0, 12),
    at_once=st.integers(1, 50),
    denominator=st.sampled_from(["product", "union"]),
    shrinkage=st.sampled_from([0.0, 3.0]),
)
def test_similar_rows_equals_brute_force(
    seed: int,
    rows: int,
    columns: int,
    count: int,
    at_once: int,
    denominator: str,
    shrinkage: float,
) -> None:
    """Whole numbers make sums exact; cells of 0 and 1 make many ties."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 2, (rows, columns)).astype(float)
    held = dense.sum(axis=1)
    scales = (held, held) if denominator == "union" else (held**2, held)
    measure = Measure(*scales, denominator, shrinkage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "ROWS_AT_ONCE", at_once)
        found = similar_rows(csr_matrix(dense), measure, count)
    flat = zip(found.rows, found.neighbours, found.scores, found.ranks, strict=True)
    assert list(flat) == brute_force(dense, measure, count)


def test_scales_are_listed_by_row_in_any_order() -> None:
    rows = np.array([2, 0], dtype=np.int32)
    numbers = np.array([5.0, 7.0])
    measure = Measure.of(
        rows, numbers, 2 * numbers, denominator="product", shrinkage=0.0
    )
    assert measure.row_scale[[0, 2]].tolist() == [7, 5]
    assert measure.near_scale[[0, 2]].tolist() == [14, 10]


def test_a_measure_that_could_divide_by_nothing_is_refused() -> None:
    one = np.ones(1)
    with pytest.raises(ValueError, match="shrinkage"):
        Measure(one, one, "product", -1.0)
    with pytest.raises(ValueError, match='"sum" is no product or union'):
        Measure(one, one, "sum", 0.0)


def test_nothing_is_similar_to_nothing() -> None:
    none = np.zeros(0)
    found = similar_rows(csr_matrix((0, 0)), Measure(none, none, "product", 0.0), 3)
    assert len(found.rows) == 0
    assert found.rows.dtype == found.ranks.dtype == np.int32
