"""Each row's best items of each kind among those it may be shown, in compiled loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recsql.numerics.heaps import Heaps, compiled, new_heaps, offer, take_worst

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Cells(NamedTuple):
    """A sparse matrix by rows, as SciPy's CSR has it."""

    starts: Any
    columns: Any
    values: Any

    @classmethod
    def of(cls, matrix: csr_matrix, dtype: Any = None) -> Cells:
        """Return the arrays of a CSR matrix, its values of another type if asked."""
        values = matrix.data if dtype is None else matrix.data.astype(dtype)
        return cls(matrix.indptr.astype(np.int64), matrix.indices, values)


class Shown(NamedTuple):
    """What each row may be shown: the items of its scopes, but for what is hidden.

    `scopes` has shape (layers, rows), -1 for none. The items of scope s are
    `items[starts[s]:starts[s + 1]]`, what is hidden from row r
    `hidden[hidden_starts[r]:hidden_starts[r + 1]]`.
    """

    scopes: Any
    starts: Any
    items: Any
    hidden_starts: Any
    hidden: Any

    @classmethod
    def but(cls, hidden: csr_matrix) -> Shown:
        """Return that each row may be shown all columns without a cell."""
        rows, width = hidden.shape
        every = np.arange(width, dtype=np.int32), *Cells.of(hidden)[:2]
        return cls(np.zeros((1, rows), np.int32), np.array([0, width]), *every)


class Found(NamedTuple):
    """What was chosen, flat, row by row, kind by kind, best first."""

    rows: Any
    items: Any
    scores: Any
    kinds: Any


class Desk(NamedTuple):
    """What choosing needs by item, kept from row to row, and the heaps."""

    kinds: Any  # by item: how the row knows it
    hidden: Any  # by item
    offered: Any  # by layer and item: whether the scope that is open there has it
    opened: Any  # by layer: that scope
    places: Any  # by item: where it was chosen, or -1
    heaps: Heaps  # by layer and kind
    united: Heaps  # of all layers


@compiled
def new_desk(width: int, layers: int, kinds: int, count: int) -> Desk:
    """Return a desk for rows of `width` items and `count` wanted of each kind."""
    room = min(count, width)
    return Desk(
        np.zeros(width, np.int8),
        np.zeros(width, np.bool_),
        np.zeros((layers, width), np.bool_),
        np.full(layers, -1, np.int32),
        np.full(width, -1, np.int64),
        new_heaps(layers * kinds, room),
        new_heaps(1, min(layers * room, width)),
    )


@compiled
def new_found(desk: Desk, rows: int) -> Found:
    """Return room for what is chosen for some rows."""
    kinds = desk.heaps.sizes.shape[0] // desk.opened.shape[0]
    size = rows * min(kinds * desk.united.items.shape[1], len(desk.kinds))
    return Found(
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.float64),
        np.empty(size, np.int8),
    )


@compiled
def cut(found: Found, size: int) -> Found:
    """Return the first entries, without the room behind them."""
    return Found(
        found.rows[:size].copy(),
        found.items[:size].copy(),
        found.scores[:size].copy(),
        found.kinds[:size].copy(),
    )


@compiled
def open_row(desk: Desk, row: int, known: Cells, shown: Shown) -> None:
    """Note what a row knows, what is hidden from it, and what its scopes offer."""
    for cell in range(known.starts[row], known.starts[row + 1]):
        desk.kinds[known.columns[cell]] = known.values[cell]
    for cell in range(shown.hidden_starts[row], shown.hidden_starts[row + 1]):
        desk.hidden[shown.hidden[cell]] = True
    for layer in range(len(desk.opened)):
        scope, before = shown.scopes[layer, row], desk.opened[layer]
        if scope == before:
            continue
        if before >= 0:
            desk.offered[layer, :] = False
        if scope >= 0:
            for place in range(shown.starts[scope], shown.starts[scope + 1]):
                desk.offered[layer, shown.items[place]] = True
        desk.opened[layer] = scope


@compiled
def close_row(desk: Desk, row: int, known: Cells, shown: Shown) -> None:
    """Forget what a row knows and what is hidden from it."""
    for cell in range(known.starts[row], known.starts[row + 1]):
        desk.kinds[known.columns[cell]] = 0
    for cell in range(shown.hidden_starts[row], shown.hidden_starts[row + 1]):
        desk.hidden[shown.hidden[cell]] = False


@compiled
def choose(desk: Desk, row: int, sums: Any, scored: Any, found: Found, end: int) -> int:
    """Write the best of the scored items of an open row; return where they end."""
    layers, hidden, offered, known = (
        len(desk.opened),
        desk.hidden,
        desk.offered,
        desk.kinds,
    )
    kinds, room = desk.heaps.sizes.shape[0] // layers, desk.heaps.items.shape[1]
    worst, sizes = desk.heaps.scores, desk.heaps.sizes
    for place in range(len(scored)):
        item = scored[place]
        score = sums[item]
        for layer in range(layers):
            heap = layer * kinds + known[item]
            if sizes[heap] == room and score < worst[heap, 0]:
                continue  # most go here
            if offered[layer, item] and not hidden[item]:
                offer(desk.heaps, heap, score, item)
    for kind in range(kinds):
        _unite(desk, kind, kinds)
        first, size = end, desk.united.sizes[0]
        end = first + size
        for place in range(end - 1, first - 1, -1):
            score, item = take_worst(desk.united, 0)
            found.rows[place], found.items[place] = row, item
            found.scores[place], found.kinds[place] = score, kind
            desk.places[item] = -1
    return end


@compiled
def _unite(desk: Desk, kind: int, kinds: int) -> None:
    """Bring what the layers keep of a kind into one heap, each item once."""
    for layer in range(len(desk.opened)):
        heap = layer * kinds + kind
        for place in range(desk.heaps.sizes[heap]):
            item = desk.heaps.items[heap, place]
            if desk.places[item] < 0:
                desk.places[item] = 0
                offer(desk.united, 0, desk.heaps.scores[heap, place], item)
        desk.heaps.sizes[heap] = 0
