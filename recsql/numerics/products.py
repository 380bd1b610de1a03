"""Rows of a product of two matrices, and the best of each, in compiled loops.

A row is added up in the order of its cells, whatever rows are beside it, so its scores
are the same to the last bit in every block of users and on every number of cores.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recsql.numerics.choice import (
    Cells,
    Found,
    Shown,
    choose,
    close_row,
    cut,
    new_desk,
    new_found,
    open_row,
)
from recsql.numerics.heaps import Heaps, compiled, new_heaps, offer, take_worst

Rows = tuple[int, int]
AT_ONCE = 64  # scores that a processor compares together


@compiled
def best_of_sparse(
    rows: Rows, left: Cells, right: Cells, known: Cells, shown: Shown, wanted: Any
) -> Found:
    """Return the best of rows of left @ right, of items that share a feature.

    `wanted` are the number of items, how many of each kind, and the number of kinds.
    """
    width, count, kinds = wanted
    desk = new_desk(width, len(shown.scopes), kinds, count)
    found, end = new_found(desk, rows[1] - rows[0]), 0
    sums = np.zeros(width, right.values.dtype)
    touched, is_touched = np.empty(width, np.int32), np.zeros(width, np.bool_)
    for row in range(rows[0], rows[1]):
        size = 0
        for cell in range(left.starts[row], left.starts[row + 1]):
            feature, amount = left.columns[cell], left.values[cell]
            for place in range(right.starts[feature], right.starts[feature + 1]):
                item = right.columns[place]
                sums[item] += amount * right.values[place]
                if not is_touched[item]:
                    is_touched[item] = True
                    touched[size] = item
                    size += 1
        open_row(desk, row, known, shown)
        end = choose(desk, row, sums, touched[:size], found, end)
        close_row(desk, row, known, shown)
        for item in touched[:size]:
            sums[item], is_touched[item] = 0, False
    return cut(found, end)


@compiled
def best_of_dense(
    rows: Rows, left: Cells, right: Any, known: Cells, shown: Shown, wanted: Any
) -> Found:
    """Return the best of rows of left @ right, of all items, where left has cells."""
    width, count, kinds = wanted
    desk = new_desk(width, len(shown.scopes), kinds, count)
    found, end = new_found(desk, rows[1] - rows[0]), 0
    sums, every = np.zeros(width, right.dtype), np.arange(width).astype(np.int32)
    for row in range(rows[0], rows[1]):
        if left.starts[row] == left.starts[row + 1]:
            continue
        sums[:] = 0
        for cell in range(left.starts[row], left.starts[row + 1]):
            weights, amount = right[left.columns[cell]], left.values[cell]
            for item in range(width):
                sums[item] += amount * weights[item]
        open_row(desk, row, known, shown)
        end = choose(desk, row, sums, every, found, end)
        close_row(desk, row, known, shown)
    return cut(found, end)


@compiled
def best_of_rows(
    rows: Rows, left: Cells, scores: Any, known: Cells, shown: Shown, wanted: Any
) -> Found:
    """Return the best of rows whose scores are given, where left has cells.

    Row 0 of the scores is row `rows[0]` of the others.
    """
    width, count, kinds = wanted
    desk = new_desk(width, len(shown.scopes), kinds, count)
    found, end = new_found(desk, rows[1] - rows[0]), 0
    every = np.arange(width).astype(np.int32)
    for row in range(rows[0], rows[1]):
        if left.starts[row] == left.starts[row + 1]:
            continue
        open_row(desk, row, known, shown)
        end = choose(desk, row, scores[row - rows[0]], every, found, end)
        close_row(desk, row, known, shown)
    return cut(found, end)


@compiled
def best_of_scores(scores: Any, seen: Cells, first: int, count: int) -> Found:
    """Return the best of rows whose scores are all given, but for what is seen.

    Row 0 of the scores is row `first` of the seen cells. Scores of seen items are
    overwritten.
    """
    rows, width = scores.shape
    heaps = new_heaps(1, min(count, width))
    owners = np.empty(rows * min(count, width), np.int32)
    items, best, end = owners.copy(), np.empty(len(owners), np.float64), 0
    for row in range(rows):
        mine = scores[row]
        for cell in range(seen.starts[first + row], seen.starts[first + row + 1]):
            mine[seen.columns[cell]] = -np.inf
        _scan(mine, heaps)
        size = heaps.sizes[0]
        for place in range(end + size - 1, end - 1, -1):
            best[place], items[place] = take_worst(heaps, 0)
            owners[place] = first + row
        end += size
    kinds = np.zeros(0, np.int8)
    return Found(owners[:end], items[:end], best[:end], kinds)


@compiled
def _scan(scores: Any, heaps: Heaps) -> None:
    """Offer a row's scores to a heap, some at a time: seldom is any good enough."""
    least, room, width = -np.inf, heaps.items.shape[1], len(scores)
    for start in range(0, width, AT_ONCE):
        end, better = min(start + AT_ONCE, width), 0
        for item in range(start, end):
            better += scores[item] > least
        if better == 0:
            continue
        for item in range(start, end):
            if scores[item] > least:
                offer(heaps, 0, scores[item], item)
                if heaps.sizes[0] == room:
                    least = heaps.scores[0, 0]
