"""The bootstrap: how far a mean over users could be off, by drawing users anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr

from recsql.numerics.threads import single_blas

Doubles = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int32]

BLOCK = 2048
DECIMALS = 12  # of a mean: what cancels is 0, not what BLAS leaves of it
GOLDEN = 0x9E3779B97F4A7C15  # odd, near 2^64 / the golden ratio: steps of SplitMix64
STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))


@dataclass(frozen=True)
class Bounds:
    """Of each column the 2.5 % and 97.5 % quantiles of its mean, and a p-value.

    The p-value is that of a mean of 0, two-sided: twice the smaller share of the
    resamples whose mean is not above, or not below, 0. The joint bounds hold the true
    means of all columns at once in 95 % of all cases: mean +- c standard deviations of
    the resamples, c the 95 % quantile of the largest deviation of any column (max-t,
    Westfall and Young 1993). Who picks the best of many columns needs these.
    """

    columns: Indexes
    lows: Doubles
    highs: Doubles
    p_values: Doubles
    joint_lows: Doubles
    joint_highs: Doubles


def poisson_weights(rows: Indexes, resamples: int, seed: int) -> Doubles:
    """Return how often each row is drawn in each resample, shape (rows, resamples).

    Poisson numbers of mean 1 (Oza and Russell 2001) from 16 bits of a hash of row and
    resample (SplitMix64, Steele, Lea and Flood 2014): a row is drawn equally often
    whatever other rows there are, so that columns can be compared.

    >>> drawn = poisson_weights(np.arange(1000), 1000, 42)
    >>> drawn.shape, round(float(drawn.mean()), 2), round(float(drawn.var()), 2)
    ((1000, 1000), 1.0, 1.0)
    """
    words = -(-resamples // 4)
    first = rows.astype(np.uint64) * np.uint64(words) + np.uint64(seed << 40)
    state = np.add.outer(first, np.arange(words, dtype=np.uint64))
    state *= np.uint64(GOLDEN)
    for shift, factor in STEPS:
        state ^= state >> np.uint64(shift)
        state *= np.uint64(factor)
    drawn: Doubles = _poisson_numbers()[state.astype("<u8").view("<u2")[:, :resamples]]
    return drawn


@cache
def _poisson_numbers() -> Doubles:
    """Return the Poisson number of mean 1 at each of 65,536 even steps of chance."""
    steps = np.round(pdtr(np.arange(8), 1) * 65536)
    return np.searchsorted(steps, np.arange(65536), side="right").astype(np.float64)


def bootstrap_means(
    columns: Indexes, rows: Indexes, values: Doubles, resamples: int, seed: int
) -> Bounds:
    """Return bounds of the mean of each column, over resamples of the rows.

    Args:
        columns: the column of each value, shape (values,).
        rows: the row of each value; several values of a row in one column, as of a user
            in several folds, are drawn together.
        values: the values; a row that has none in a column does not count there.
        resamples: how many times the rows are drawn anew.
        seed: other seeds draw other resamples.

    Efron 1979; percentile intervals. One value has no spread:

    >>> found = bootstrap_means(*(np.array([n]) for n in (3, 0, 0.5)), 100, 42)
    >>> found.columns, found.lows, found.highs
    (array([3]), array([0.5]), array([0.5]))
    """
    return bootstrap_ratios(
        columns, rows, values, np.ones(len(values)), resamples, seed
    )


def bootstrap_ratios(
    columns: Indexes,
    rows: Indexes,
    sums: Doubles,
    counts: Doubles,
    resamples: int,
    seed: int,
) -> Bounds:
    """Return bounds of sum over count of each column, over resamples of the rows.

    As bootstrap_means, where each value is the sum of so many: means over all ratings
    while users, with all theirs, are drawn. Shapes (values,) each.

    >>> found = bootstrap_ratios(*(np.array([n]) for n in (3, 0, 1.0, 4.0)), 100, 42)
    >>> found.columns, found.lows, found.highs
    (array([3]), array([0.25]), array([0.25]))
    """
    names, column_place = np.unique(columns, return_inverse=True)
    numbers, row_place = np.unique(rows, return_inverse=True)
    tables = _tabled((sums, counts), row_place, column_place)
    drawn = np.zeros((2, len(names), resamples))
    single_blas()
    for start in range(0, len(numbers), BLOCK):
        part = slice(start, start + BLOCK)
        weights = poisson_weights(numbers[part], resamples, seed)
        for table, total in zip(tables, drawn, strict=True):
            total += table[part].T @ weights
    with np.errstate(invalid="ignore"):
        means = np.round(drawn[0] / drawn[1], DECIMALS)
    lows, highs = _quantile(means, 0.025), _quantile(means, 0.975)
    tails = np.minimum((means <= 0).sum(axis=1), (means >= 0).sum(axis=1))
    p_values = np.minimum(2 * (tails + 1) / (resamples + 1), 1)
    return Bounds(names, lows, highs, p_values, *_joint(tables, means))


def _tabled(values: tuple[Doubles, Doubles], rows: Any, columns: Any) -> Doubles:
    """Return sums and counts as two tables; what is in one cell is added up.

    >>> _tabled((np.array([1.0, 2.0]), np.ones(2)), np.array([0, 0]), np.array([0, 0]))
    array([[[3.]],
    <BLANKLINE>
           [[2.]]])
    """
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    cells = rows * shape[1] + columns
    if len(cells) > 1 and np.bincount(cells).max() > 1:  # in one order, as sums round
        order = np.lexsort((values[0], cells))
        values, cells = (values[0][order], values[1][order]), cells[order]
    tables = [np.bincount(cells, part, shape[0] * shape[1]) for part in values]
    return np.array(tables, np.float64).reshape(2, *shape)


def _joint(tables: Doubles, means: Doubles) -> tuple[Doubles, Doubles]:
    """Return bounds that hold for all columns at once; see Bounds."""
    sums, counts = tables.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centres = sums / counts
        spread = np.nanstd(means, axis=1)
        far = np.abs(means - centres[:, None]) / spread[:, None]
    far[~np.isfinite(far)] = 0
    width = np.quantile(far.max(axis=0), 0.95) * np.nan_to_num(spread)
    return centres - width, centres + width


def _quantile(rows: Doubles, share: float) -> Doubles:
    """Return the quantile of each row, what is not a number left out.

    As np.nanquantile, which takes the rows one by one.

    >>> _quantile(np.array([[3, 1, 2, np.nan], [4, 4, 4, 8]]), 0.5)
    array([2., 4.])
    """
    ordered = np.sort(rows, axis=1)
    place = share * np.maximum(np.count_nonzero(~np.isnan(rows), axis=1) - 1, 0)
    below = place.astype(np.int64)
    above = np.ceil(place).astype(np.int64)
    each = np.arange(len(rows))
    step = ordered[each, above] - ordered[each, below]
    found: Doubles = ordered[each, below] + step * (place - below)
    return found
