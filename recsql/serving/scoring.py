"""Lists that are scored while the request waits: of a session, or of all in stock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsql.numerics.sessions import (
    Doubles,
    Flags,
    Floats,
    Ints,
    best_places,
    fused,
    neighbour_scores,
    vmis_scores,
)
from recsql.serving.arrays import Arrays, filled
from recsql.serving.bodies import Narrowing, Session
from recsql.serving.lists import Rows
from recsql.serving.narrowing import allowed_items, allowing, kept
from recsql.serving.recommending import Page, joined, popular
from recsql.serving.refusals import Refused
from recsql.serving.version import Version

CLICK = 1.0  # what an item of a session weighs, beside weights of the history
SOURCES = {"als": "als", "neighbours": "item_knn", "vmis_knn": "vmis_knn"}
TOLD = {
    "als": "people with a similar history take it",
    "vmis_knn": "visits like this one went on to it",
    "score_all": "the best of all that is allowed",
}


@dataclass(frozen=True)
class Visit:
    """One request whose items are scored now, and what they are scored with."""

    version: Version
    arrays: Arrays
    surface: str
    user: str
    asked: Narrowing

    @property
    def number(self) -> int | None:
        """Return the user's number; None for a visitor who is not known."""
        return self.arrays.users.numbers.get(self.user)

    @property
    def wanted(self) -> int:
        """Return how many rows there must be, those that are skipped included."""
        length = int(self.version.surface(self.surface)["length"])
        return self.asked.offset + (self.asked.k or length)

    def allowed(self) -> Flags:
        """Return which items may be shown to this user on this surface now."""
        kind = self.version.surface(self.surface)["allow_repeat"]
        flags = allowed_items(self.asked, self.arrays, self.user)
        if kind == "all":
            return flags
        repeats = np.zeros(len(flags), dtype=bool)
        if self.number is not None and self.arrays.repeats is not None:
            repeats[self.arrays.repeats.row(self.number)[0]] = True
        return flags & (repeats if kind == "repeat_only" else ~repeats)

    def best(
        self,
        scores: Doubles | Floats,
        allowed: Flags,
        source: str,
        reasons: Callable[[int], str],
    ) -> Rows:
        """Return the best rows, as many as are wanted."""
        depth = int(allowed.sum()) if self.asked.max_per else self.wanted
        places = best_places(scores, allowed, depth)
        rows = filled(self.arrays, places, source, reasons, scores)
        if self.asked.max_per:
            rows = rows.picked(list(kept(rows, self.asked, []))[: self.wanted]).ranked(
                1
            )
        return rows

    def page(self, rows: Rows, of: str, facts: dict[str, object]) -> Page:
        """Return the rows that are asked for."""
        some = slice(self.asked.offset, self.wanted)
        shown = Rows(rows.items[some], rows.texts[some])
        return Page(shown, of, self.number is not None, facts)


def visit_of(
    version: Version, surface: str, user: str | None, asked: Narrowing
) -> Visit:
    """Return a request, ready to be scored.

    Raises:
        Refused: the version does not publish what that takes.
    """
    if version.arrays is None:
        raise Refused(
            404,
            "not_published",
            f"Version {version.number} has no table serve_items: see var serving.",
        )
    return Visit(version, version.arrays, surface, user or "", asked)


def of_session(version: Version, surface: str, asked: Session) -> Page:
    """Return what a visitor may like who looks at these items now.

    Raises:
        Refused: what it needs is not published.
    """
    visit = visit_of(version, surface, asked.user, asked)
    arrays = visit.arrays
    clicks = arrays.items.known(list(dict.fromkeys(reversed(asked.items)))[::-1])
    method = _method(arrays, asked.method)
    scores, leads = _session_scores(visit, clicks, method)
    allowed = visit.allowed() & (scores > 0)
    allowed[clicks] = False
    source = SOURCES[method]
    told = TOLD.get(source, "")

    def reason(place: int) -> str:
        return told or f"like {arrays.items.titles[leads[place]]}"

    rows = visit.best(scores, allowed, source, reason)
    if len(rows.items) < visit.wanted:
        rows = _filled_up(visit, rows, {arrays.items.ids[p] for p in clicks.tolist()})
    facts = {"method": method, "unknown_items": len(set(asked.items)) - len(clicks)}
    return visit.page(rows, "session", facts)


def _filled_up(visit: Visit, rows: Rows, seen: set[str]) -> Rows:
    """Return rows and, after them, what is popular."""
    more, _ = popular(visit.version, visit.user, visit.asked)
    rows = joined(visit.version, visit.user, visit.surface, rows, more)
    tests = [*allowing(visit.asked, visit.arrays), lambda item: item not in seen]
    return rows.picked(list(kept(rows, visit.asked, tests))[: visit.wanted]).ranked(1)


def of_all(version: Version, user: str, surface: str, asked: Narrowing) -> Page:
    """Return the best of everything that is allowed: filter first, then score it all.

    Scores: reciprocal rank fusion of the user's own weights, their ALS scores and
    popularity. The answer says what each stage took.

    Raises:
        Refused: what it needs is not published.
    """
    moments = [time.perf_counter()]
    visit = visit_of(version, surface, user, asked)
    allowed = visit.allowed()
    moments.append(time.perf_counter())
    popularity = -np.arange(len(allowed), dtype=np.float64)
    orders = [(popularity, allowed), *_personal(visit, allowed)]
    scores = fused(orders, float(version.settings.get("rrf_constant", 60)))
    moments.append(time.perf_counter())
    rows = visit.best(scores, allowed, "score_all", lambda _: TOLD["score_all"])
    moments.append(time.perf_counter())
    spent = zip(("filter", "score", "rank"), np.diff(moments).tolist(), strict=True)
    facts: dict[str, object] = {
        "strategy": "score_all",
        "scored": int(allowed.sum()),
        "ms": {stage: round(seconds * 1e3, 3) for stage, seconds in spent},
    }
    return visit.page(rows, "everyone" if visit.number is None else "user", facts)


def _personal(visit: Visit, allowed: Flags) -> list[tuple[Doubles | Floats, Flags]]:
    """Return what is known of a user as orders of items, with what each ranks."""
    arrays, number = visit.arrays, visit.number
    orders: list[tuple[Doubles | Floats, Flags]] = []
    if number is None:
        return orders
    if arrays.history is not None:
        places, weights = arrays.history.row(number)
        own = np.zeros(len(allowed))
        own[places] = weights
        orders.append((own, allowed & (own > 0)))
    if arrays.folder is not None and arrays.users.factors is not None:
        scores = arrays.folder.scores(arrays.users.factors[number])
        orders.append((scores, allowed & (scores > 0)))
    return orders


def _method(arrays: Arrays, asked: str) -> str:
    published = {
        "als": arrays.folder is not None,
        "neighbours": arrays.neighbours is not None,
        "vmis_knn": arrays.sessions is not None,
    }
    found = [name for name, is_there in published.items() if is_there]
    if asked != "auto" and asked not in found:
        raise Refused(404, "not_published", f"method {asked} is not published.")
    if not found:
        raise Refused(404, "not_published", "No method for sessions is published.")
    return found[0] if asked == "auto" else asked


def _session_scores(
    visit: Visit, clicks: Ints, method: str
) -> tuple[Doubles | Floats, Ints]:
    """Return the score of every item, and the click that says most for it."""
    arrays = visit.arrays
    nobody = np.full(len(arrays.items), -1, dtype=np.int32)
    if method == "als":
        return _folded(visit, clicks), nobody
    if method == "neighbours":
        assert arrays.neighbours is not None
        return neighbour_scores(clicks, arrays.neighbours, len(arrays.items))
    assert arrays.sessions is not None
    return vmis_scores(clicks, arrays.sessions, len(arrays.items)), nobody


def _folded(visit: Visit, clicks: Ints) -> Floats:
    """Return ALS scores by the stored history and the clicks together."""
    arrays = visit.arrays
    assert arrays.folder is not None
    weights = np.zeros(len(arrays.items))
    if visit.number is not None and arrays.history is not None:
        places, known = arrays.history.row(visit.number)
        weights[places] = known
    weights[clicks] += CLICK
    weights[~arrays.items.eligible] = 0.0
    cells = np.flatnonzero(weights).astype(np.int32)
    return arrays.folder.scores(arrays.folder.vector(cells, weights[cells]))
