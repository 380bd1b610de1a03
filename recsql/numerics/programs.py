"""Slots as one linear program: margin, stock, and impressions that were promised.

Maximize the sum of worth * x over pairs of user and item, with x from 0 to 1, where
each user has `length` slots, the chances of an item add up to its stock at most, and
the slots of a supplier to what was promised at least. What cannot be kept falls short
at a price above all others. The prices of stock and promises are its dual values.

Most pairs can never be chosen, so the program is solved over few of them and grows by
those whose worth is above their prices (column generation: Gilmore and Gomory 1961);
when there are none the solution is that of all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recsql.errors import InputError, install

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
PENALTY = 100.0  # of an impression that falls short, in units of the largest worth
FIRST = 3  # lists of a user's best pairs that a program begins with
SAMPLE = 200  # users whose prices it begins with
ENDLESS = 1e30
TOLERANCE = 1e-7
OPTIONS = {"output_flag": False, "threads": 1, "random_seed": 0}


@dataclass(frozen=True)
class Slots:
    """Pairs of user and item, in a user's order, and what is scarce.

    Attributes:
        users, items: shape (n,), from 0.
        places: shape (n,), the order within a user without any prices.
        chances: shape (n,), that a shown pair is taken: what it uses of the stock.
        worths: shape (n,), what showing the pair is worth.
        stock: shape (items,), pieces; infinite where there are enough.
        suppliers: shape (items,), from 0; -1 for none.
        promised: shape (suppliers,), impressions at least.
        length: slots of a user.
    """

    users: Ints
    items: Ints
    places: Ints
    chances: Doubles
    worths: Doubles
    stock: Doubles
    suppliers: Ints
    promised: Doubles
    length: int

    def some(self, chosen: Any, share: float = 1.0) -> Slots:
        """Return some of the pairs, with a share of what is scarce."""
        return replace(
            self,
            users=self.users[chosen],
            items=self.items[chosen],
            places=self.places[chosen],
            chances=self.chances[chosen],
            worths=self.worths[chosen],
            stock=self.stock * share,
            promised=self.promised * share,
        )

    def priced(self, prices: Prices) -> Doubles:
        """Return what each pair is worth after the prices of stock and promises."""
        gains = np.append(prices.promises, 0.0)[self.suppliers[self.items]]
        priced: Doubles = self.worths - prices.stock[self.items] * self.chances + gains
        return priced


class Prices(NamedTuple):
    """What one more piece of an item is worth, and one impression less of a promise."""

    stock: Doubles
    promises: Doubles


class Allotted(NamedTuple):
    """Which pairs are shown, the prices, and whether these are of a sample of users."""

    is_shown: Flags
    prices: Prices
    is_sample: bool


def allot(slots: Slots, most_pairs: int) -> Allotted:
    """Return which pairs are shown so that all together is worth most.

    Args:
        slots: the program.
        most_pairs: above this the prices are those of a sample of the users, with the
            same share of stock and promises; each user is then shown what is worth most
            at these prices, as long as stock lasts.

    >>> pairs = np.array([0, 0, 1, 1], np.int32), np.array([0, 1, 0, 1], np.int32)
    >>> worths = np.array([3.0, 1.0, 2.0, 1.5])
    >>> stock, nobody = np.array([1.0, 9.0]), np.array([-1, -1], np.int32)
    >>> order = np.array([1, 2, 1, 2], np.int32)
    >>> slots = Slots(*pairs, order, np.ones(4), worths, stock, nobody, np.array([]), 1)
    >>> found = allot(slots, 100)
    >>> found.is_shown, found.prices.stock
    (array([ True, False, False,  True]), array([0.5, 0. ]))
    """
    if len(slots.users) == 0:
        promises = np.where(slots.promised > 0, np.nan, 0.0)
        nothing = np.zeros(0, dtype=bool), np.zeros(len(slots.stock))
        return Allotted(nothing[0], Prices(nothing[1], promises), False)
    is_sample = len(slots.users) > most_pairs
    unit = float(np.abs(slots.worths).max(initial=0.0)) or 1.0
    slots = replace(slots, worths=slots.worths / unit)
    if is_sample:
        prices, shares = _sampled(slots, most_pairs), np.zeros(len(slots.users))
    else:
        prices, shares = _grown(slots)
    is_shown = _filled(slots, slots.priced(prices), shares)
    kept = prices.promises < (1 - TOLERANCE) * PENALTY
    promises = np.where(kept, prices.promises * unit, np.nan)
    return Allotted(is_shown, Prices(prices.stock * unit, promises), is_sample)


def new_places(slots: Slots, found: Allotted) -> Ints:
    """Return places from 1: what is shown comes first, what is out of stock last.

    Shape (n,); among equals the order is that of the slots' places.
    """
    is_out = ~found.is_shown & (found.prices.stock[slots.items] > 0)
    order = np.lexsort((slots.places, is_out, ~found.is_shown, slots.users))
    places = np.zeros(len(order), dtype=np.int32)
    places[order] = _ranks(slots.users[order])
    return places


def _ranks(users: Ints) -> Ints:
    """Return the ranks, from 1, of rows that are in the order of their users."""
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    lengths = np.diff([*starts, len(users)])
    return np.arange(1, len(users) + 1, dtype=np.int32) - np.repeat(starts, lengths)


def _sampled(slots: Slots, most_pairs: int) -> Prices:
    """Return the prices of some users, drawn by a fixed seed."""
    everyone = np.unique(slots.users)
    count = max(1, int(len(everyone) * most_pairs / len(slots.users)))
    drawn = np.random.default_rng(0).choice(everyone, count, replace=False)
    chosen = np.isin(slots.users, drawn)
    return _grown(slots.some(chosen, count / len(everyone)))[0]


def _grown(slots: Slots) -> tuple[Prices, Doubles]:
    """Return prices and the share of each pair that is shown, of all pairs."""
    prices = _first_prices(slots)
    active = _best(slots, slots.priced(prices), FIRST * slots.length)
    while True:
        columns = np.flatnonzero(active)
        prices, rents, shares = _solved(slots.some(columns))
        left = slots.priced(prices) - rents[slots.users]
        left[columns] = 0.0
        more = left > TOLERANCE
        if not more.any():
            found = np.zeros(len(slots.users))
            found[columns] = shares
            return prices, found
        active |= more & _best(slots, np.where(more, left, -np.inf), slots.length)


def _first_prices(slots: Slots) -> Prices:
    """Return prices to begin with: of a sample where there are many users, else 0."""
    everyone = np.unique(slots.users)
    if len(everyone) <= 2 * SAMPLE:
        return Prices(np.zeros(len(slots.stock)), np.zeros(len(slots.promised)))
    drawn = np.random.default_rng(0).choice(everyone, SAMPLE, replace=False)
    chosen = np.isin(slots.users, drawn)
    return _grown(slots.some(chosen, SAMPLE / len(everyone)))[0]


def _best(slots: Slots, scores: Doubles, count: int) -> Flags:
    """Return which pairs are among the best of their user."""
    order = np.lexsort((slots.places, -scores, slots.users))
    best = np.zeros(len(order), dtype=bool)
    best[order[_ranks(slots.users[order]) <= count]] = True
    return best


def _solved(slots: Slots) -> tuple[Prices, Doubles, Doubles]:
    """Return the prices, what a slot of each user is worth, and the shares."""
    limited = np.flatnonzero(np.isfinite(slots.stock))
    users, items = int(slots.users.max(initial=-1)) + 1, len(limited)
    duals, shares = _run(_program(slots, limited, (users, items, len(slots.promised))))
    stock = np.zeros(len(slots.stock))
    stock[limited] = duals[users : users + items]
    prices = Prices(stock, duals[users + items :])
    return prices, duals[:users], shares[: len(slots.users)]


def _program(slots: Slots, limited: Any, counts: tuple[int, int, int]) -> Any:
    """Return the program for the solver, which minimizes."""
    highspy = _solver()
    matrix = _matrix(slots, limited, counts)
    pairs, short = len(slots.users), np.full(counts[2], PENALTY)
    endless = [np.full(count, ENDLESS) for count in counts]
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = np.concatenate([-slots.worths, short])
    program.col_lower_ = np.zeros(matrix.shape[1])
    program.col_upper_ = np.concatenate([np.ones(pairs), endless[2]])
    program.row_lower_ = np.concatenate([-endless[0], -endless[1], slots.promised])
    lengths = np.full(counts[0], float(slots.length))
    program.row_upper_ = np.concatenate([lengths, slots.stock[limited], endless[2]])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program


def _run(program: Any) -> tuple[Doubles, Doubles]:
    """Return the dual values of the rows, and the columns.

    Raises:
        ValueError: the solver did not come to an end.
    """
    highspy = _solver()
    solver = highspy._Highs()  # highspy.Highs prints its name
    for option, given in OPTIONS.items():
        solver.setOptionValue(option, given)
    solver.passModel(program)
    solver.run()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        told = solver.modelStatusToString(status)
        raise ValueError(f"the linear program has no solution: {told}")
    found = solver.getSolution()
    return np.abs(np.array(found.row_dual)), np.array(found.col_value)


def _solver() -> Any:
    """Return the solver.

    Raises:
        InputError: it is not installed.
    """
    try:
        import highspy
    except ImportError:
        raise InputError(
            f"optimize of a surface needs HiGHS. Run: {install('optimize')}"
        ) from None
    return highspy


def _matrix(slots: Slots, limited: Ints, counts: tuple[int, int, int]) -> Any:
    """Return the matrix: users, stock and promises by pairs and shortfalls."""
    from scipy.sparse import coo_array

    pairs, (users, items, suppliers) = np.arange(len(slots.users)), counts
    row_of = np.full(len(slots.stock), -1)
    row_of[limited] = np.arange(items)
    stock, promised = row_of[slots.items], slots.suppliers[slots.items]
    scarce, owed = stock >= 0, promised >= 0
    short = np.arange(suppliers)
    rows = [slots.users, users + stock[scarce], users + items + promised[owed]]
    columns = [pairs, pairs[scarce], pairs[owed], len(pairs) + short]
    weights = [
        np.ones(len(pairs)),
        slots.chances[scarce],
        np.ones(owed.sum() + suppliers),
    ]
    places = (np.concatenate([*rows, users + items + short]), np.concatenate(columns))
    shape = (users + items + suppliers, len(pairs) + suppliers)
    return coo_array((np.concatenate(weights), places), shape=shape).tocsc()


def _filled(slots: Slots, scores: Doubles, shares: Doubles) -> Flags:
    """Return whole pairs: those of the solution, then the best, while stock lasts."""
    whole = shares > 1 - TOLERANCE
    sold = np.bincount(
        slots.items[whole], slots.chances[whole], minlength=len(slots.stock)
    )
    room = slots.stock - sold
    count = int(slots.users.max(initial=-1)) + 1
    taken = np.bincount(slots.users[whole], minlength=count)
    waiting = np.flatnonzero(~whole & (taken[slots.users] < slots.length))
    keys = (slots.places, -scores, -shares, slots.users)
    for pair in waiting[np.lexsort([key[waiting] for key in keys])]:
        user, item, chance = slots.users[pair], slots.items[pair], slots.chances[pair]
        if taken[user] < slots.length and chance <= room[item] + TOLERANCE:
            whole[pair] = True
            taken[user] += 1
            room[item] -= chance
    return whole
