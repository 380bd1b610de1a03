"""Walks over the graph of users and items, in compiled loops.

From items to who took them and on to what these took: two sparse products. A row is
added up by itself, in the order of items and users, whatever rows are beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recsql.numerics.choice import Cells
from recsql.numerics.heaps import compiled

LANES = 8  # rows that go side by side, as what is read once serves all


@compiled
def walked(rows: Any, takers: Cells, taken: Cells) -> Any:
    """Return rows @ takers @ taken, shape (n, items).

    `takers` is (items, users), `taken` (users, items).
    """
    found, users = np.empty_like(rows), len(taken.starts) - 1
    for first in range(0, rows.shape[0], LANES):
        count = min(LANES, rows.shape[0] - first)
        side = np.zeros((rows.shape[1], LANES))
        for row in range(count):
            side[:, row] = rows[first + row]
        side = _across(_across(side, takers, users), taken, rows.shape[1])
        for row in range(count):
            found[first + row] = side[:, row]
    return found


@compiled
def _across(side: Any, cells: Cells, width: int) -> Any:
    """Return cells' @ side: what goes from each row of the cells to its columns."""
    found = np.zeros((width, LANES))
    for row in range(len(side)):
        is_there = False
        for lane in range(LANES):
            is_there |= side[row, lane] != 0
        if is_there:
            for cell in range(cells.starts[row], cells.starts[row + 1]):
                column, value = cells.columns[cell], cells.values[cell]
                for lane in range(LANES):
                    found[column, lane] += side[row, lane] * value
    return found


@compiled
def crossings(some: Any, others: Any, takers: Cells, heads: Any) -> Any:
    """Return takers @ takers' where some items (rows) cross others, in their order.

    `heads` has one -1 per user; it is left so.
    """
    size = 0
    for item in some:
        size += takers.starts[item + 1] - takers.starts[item]
    below, rows, values = (
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size),
    )
    found, size = np.zeros((len(some), len(others))), 0
    for row, item in enumerate(some):
        for cell in range(takers.starts[item], takers.starts[item + 1]):
            user = takers.columns[cell]
            below[size], rows[size], values[size] = (
                heads[user],
                row,
                takers.values[cell],
            )
            heads[user] = size
            size += 1
    for column, item in enumerate(others):
        for cell in range(takers.starts[item], takers.starts[item + 1]):
            place = heads[takers.columns[cell]]
            while place >= 0:
                found[rows[place], column] += values[place] * takers.values[cell]
                place = below[place]
    for item in some:
        for cell in range(takers.starts[item], takers.starts[item + 1]):
            heads[takers.columns[cell]] = -1
    return found


COUNT, JACCARD, LIFT = 0, 1, 2


@compiled
def alike(both: float, one: float, other: float, measure: int, least: int) -> float:
    """Return how alike two items are, by the users of both, of one and of the other."""
    if both < least:
        return 0.0
    if measure == JACCARD:
        return both / (one + other - both)
    if measure == LIFT:
        return both / (one * other)
    return both


@compiled
def shared(
    rows: int, owners: Cells, takers: Cells, taken: Cells, measure: int, least: int
) -> Any:
    """Return how alike all items are to those of each row, shape (n, items).

    `owners` is (items, rows), with what an item weighs to a row.
    """
    width = len(takers.starts) - 1
    found, both = np.zeros((rows, width)), np.zeros(width)
    met = np.empty(width, np.int64)
    for item in range(width):
        first, last = owners.starts[item], owners.starts[item + 1]
        size = 0
        for cell in range(takers.starts[item], takers.starts[item + 1]):
            user = takers.columns[cell] if first < last else -1
            if user < 0:
                break
            for place in range(taken.starts[user], taken.starts[user + 1]):
                near = taken.columns[place]
                if both[near] == 0:
                    met[size] = near
                    size += 1
                both[near] += 1
        one = takers.starts[item + 1] - takers.starts[item]
        for near in met[:size]:
            other = takers.starts[near + 1] - takers.starts[near]
            both[near] = alike(both[near], one, other, measure, least)
        for cell in range(first, last):
            row, amount = owners.columns[cell], owners.values[cell]
            for near in met[:size]:
                found[row, near] += amount * both[near]
        for near in met[:size]:
            both[near] = 0
    return found
