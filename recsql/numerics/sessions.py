"""Scores of all items for one running session: a few clicks, in a millisecond.

Arrays in, arrays out, for one visitor at a time; a refresh scores all users at once by
`factorize` and `neighbours`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsql.numerics.threads import single_blas

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Folder:
    """Item factors (items, f), ready to fold one user in: Y'Y + regularization I."""

    factors: Floats
    gram: Doubles
    alpha: float

    @classmethod
    def of(cls, factors: Floats, regularization: float, alpha: float) -> Folder:
        """Prepare factors; items without any have zeros."""
        single_blas()
        wide = factors.astype(np.float64)
        gram = wide.T @ wide + regularization * np.eye(factors.shape[1])
        return cls(factors, gram, alpha)

    def vector(self, items: Ints, weights: Doubles) -> Floats:
        """Return the vector of a user with this history, as `factorize.als_fold_in`.

        Equation 4 of Hu, Koren and Volinsky (ICDM 2008) with confidence alpha * weight;
        below 0 it is confidence that the item is not wanted.

        >>> folder = Folder.of(np.ones((1, 1), dtype=np.float32), 2.0, 2.0)
        >>> folder.vector(np.array([0], dtype=np.int32), np.array([3.0])).round(4)
        array([0.75], dtype=float32)
        """
        rows = self.factors[items].astype(np.float64)
        confidence = self.alpha * weights
        held = np.abs(confidence) - 1.0
        left = self.gram + rows.T @ (rows * held[:, None])
        right = rows.T @ np.maximum(confidence, 0.0)
        vector: Floats = np.linalg.solve(left, right).astype(np.float32)
        return vector

    def scores(self, vector: Floats) -> Floats:
        """Return the score of every item for a vector."""
        scores: Floats = self.factors @ vector
        return scores


@dataclass(frozen=True)
class Linked:
    """Rows of places: those of row i are `others[starts[i]:starts[i + 1]]`."""

    starts: npt.NDArray[np.int64]
    others: Ints
    weights: Doubles

    @classmethod
    def of(cls, rows: Ints, others: Ints, weights: Doubles, count: int) -> Linked:
        """Return the rows 0 .. count - 1 of places that are sorted by row.

        >>> linked = Linked.of(np.array([0, 2]), np.array([5, 6]), np.ones(2), 3)
        >>> linked.starts, linked.row(2)[0]
        (array([0, 1, 1, 2]), array([6]))
        """
        starts = np.searchsorted(rows, np.arange(count + 1))
        return cls(starts, others, weights)

    def row(self, place: int) -> tuple[Ints, Doubles]:
        """Return the places of one row, and their weights."""
        start, stop = self.starts[place], self.starts[place + 1]
        return self.others[start:stop], self.weights[start:stop]


def recency(count: int) -> Doubles:
    """Return the weights of the clicks of a session, the last one's is 1.

    >>> recency(3).round(2)
    array([0.33, 0.67, 1.  ])
    """
    return np.arange(1, count + 1) / max(count, 1)


def neighbour_scores(clicks: Ints, linked: Linked, count: int) -> tuple[Doubles, Ints]:
    """Return the score of each item, and the click that says most for it (-1: none).

    score = sum over the clicks of recency * similarity of the click to the item.

    Args:
        clicks: places of items, the last is the latest.
        linked: the neighbours of each item.
        count: how many items there are.
    """
    scores, best = np.zeros(count), np.zeros(count)
    leads = np.full(count, -1, dtype=np.int32)
    for click, weight in zip(clicks, recency(len(clicks)), strict=True):
        others, similarities = linked.row(int(click))
        parts = weight * similarities
        scores[others] += parts
        ahead = parts > best[others]
        best[others[ahead]] = parts[ahead]
        leads[others[ahead]] = click
    return scores, leads


@dataclass(frozen=True)
class Sessions:
    """Past sessions for `vmis_scores`, numbered from the latest."""

    of_item: Linked  # sessions of an item, the latest first
    items: Linked  # items of a session

    @classmethod
    def of(cls, sessions: Ints, items: Ints, item_count: int) -> Sessions:
        """Return (session, item) pairs, sorted by session, both ways."""
        count = int(sessions.max(initial=-1)) + 1
        ones = np.ones(len(sessions))
        order = np.argsort(items, kind="stable")
        return cls(
            Linked.of(items[order], sessions[order], ones, item_count),
            Linked.of(sessions, items, ones, count),
        )


def vmis_scores(
    clicks: Ints, past: Sessions, count: int, recent: int, nearest: int
) -> Doubles:
    """Return the score of each item by the past sessions most like this one.

    VMIS-kNN, as of Serenade (Kersbergen, Sprangers and Schelter, SIGMOD 2022):
    r_n = sum of the recency of the clicks that are in session n, over the `recent`
    latest sessions of each; of these the `nearest` of the largest r_n vote for their
    items by r_n * (1 - 0.1 * steps back to the latest shared click) * ln(N / n_item).

    Args:
        clicks: places of items, the last is the latest.
        past: the sessions.
        count: how many items there are.
        recent: sessions looked at per click.
        nearest: sessions that vote.
    """
    total = len(past.items.starts) - 1
    alike, matched = np.zeros(total), np.zeros(total, dtype=np.int64)
    distinct = list(dict.fromkeys(reversed(clicks.tolist())))  # the latest first
    weights = recency(len(distinct))[::-1]
    for step, (click, weight) in enumerate(zip(distinct, weights, strict=True), 1):
        sessions = past.of_item.row(click)[0][:recent]
        alike[sessions] += weight
        matched[sessions[matched[sessions] == 0]] = step
    found = np.flatnonzero(alike)
    # the most alike, of equally alike ones the latest
    voters = found[np.argsort(-alike[found], kind="stable")[:nearest]]
    scores = np.zeros(count)
    for session in voters.tolist():
        decay = 1 - 0.1 * (matched[session] - 1) if matched[session] <= 10 else 0.0
        scores[past.items.row(session)[0]] += alike[session] * decay
    held = np.maximum(np.diff(past.of_item.starts), 1)
    scored: Doubles = scores * np.log(np.maximum(total, 1) / held)
    return scored


def best_places(scores: Doubles | Floats, allowed: Flags, count: int) -> Ints:
    """Return the places of the best allowed scores; of equal ones the smaller place.

    >>> best_places(np.array([1.0, 3.0, 3.0, 9.0]), np.array([1, 1, 1, 0], bool), 2)
    array([1, 2], dtype=int32)
    """
    there = np.flatnonzero(allowed)
    if len(there) > count:
        cut = np.partition(scores[there], len(there) - count)[len(there) - count]
        there = there[scores[there] >= cut]
    order = np.argsort(-scores[there], kind="stable")[:count]
    chosen: Ints = there[order].astype(np.int32)
    return chosen


def fused(orders: list[tuple[Doubles | Floats, Flags]], constant: float) -> Doubles:
    """Return reciprocal rank fusion: sum of 1 / (constant + rank) over the orders.

    Cormack, Clarke and Buettcher 2009; an order ranks what it marks.

    >>> first = (np.array([5.0, 1.0, 0.0]), np.array([1, 1, 0], dtype=bool))
    >>> (1 / fused([first], 60)[:2]).round(6)
    array([61., 62.])
    """
    total = np.zeros(len(orders[0][0])) if orders else np.zeros(0)
    for scores, marked in orders:
        there = np.flatnonzero(marked)
        order = there[np.argsort(-scores[there], kind="stable")]
        total[order] += 1.0 / (constant + np.arange(1, len(order) + 1))
    return total
