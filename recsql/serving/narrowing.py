"""What of a list may be shown to one request: sold out, turned down, too alike."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from recsql.numerics.sessions import Flags
from recsql.serving.arrays import Arrays
from recsql.serving.bodies import Narrowing
from recsql.serving.lists import Rows
from recsql.serving.refusals import Refused

Test = Callable[[str], bool]


def allowing(narrowing: Narrowing, arrays: Arrays | None) -> list[Test]:
    """Return the tests that an item's id has to pass, the cheapest first."""
    tests: list[Test] = []
    if narrowing.exclude:
        excluded = frozenset(narrowing.exclude)
        tests.append(lambda item: item not in excluded)
    for given in (narrowing.only, narrowing.in_stock):
        if given is not None:
            tests.append(frozenset(given).__contains__)
    if narrowing.region is not None and arrays is not None:
        flags, places = arrays.allowed_in(narrowing.region), arrays.items.places
        tests.append(lambda item: item in places and bool(flags[places[item]]))
    return tests


def allowed_items(narrowing: Narrowing, arrays: Arrays, user: str) -> Flags:
    """Return which items of all a request may be shown, for scoring them.

    Without a region those of where the user buys; nothing that they dislike.
    """
    region = narrowing.region or arrays.users.region(user)
    flags = arrays.items.eligible & arrays.allowed_in(region)
    if (number := arrays.users.numbers.get(user)) is not None:
        flags[arrays.disliked(number)] = False
    for given in (narrowing.only, narrowing.in_stock):
        if given is not None:
            flags = flags & arrays.items.marked(given)
    if narrowing.exclude:
        flags = flags & ~arrays.items.marked(narrowing.exclude)
    return flags


def kept(rows: Rows, narrowing: Narrowing, tests: list[Test]) -> Iterator[int]:
    """Yield the places of the rows that may be shown, in their order.

    Raises:
        Refused: the rows have no such column as max_per names.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for place, item in enumerate(rows.items):
        if not all(test(item) for test in tests):
            continue
        if narrowing.max_per:
            values = _values(rows.texts[place], narrowing.max_per)
            if any(counts[pair] >= narrowing.max_per[pair[0]] for pair in values):
                continue
            counts.update(values)
        yield place


def _values(text: str, columns: dict[str, int]) -> list[tuple[str, str]]:
    """Return the (column, value) pairs of a row that are capped; null is not."""
    row: dict[str, Any] = json.loads(text)
    for name in columns:
        if name not in row:
            raise Refused(
                422,
                "unknown_column",
                f"max_per: {name}: rows have only {', '.join(row)}.",
            )
    return [(name, str(row[name])) for name in columns if row[name] is not None]
