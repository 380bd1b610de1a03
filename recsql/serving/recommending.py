"""The list of a user on a surface, cut to what may be shown now, and kept full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from recsql.serving.arrays import EVERYWHERE, Arrays, filled
from recsql.serving.bodies import Narrowing
from recsql.serving.lists import NONE, Rows
from recsql.serving.narrowing import allowed_items, allowing, kept
from recsql.serving.refusals import Refused
from recsql.serving.version import Version


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and whose list it is: the user's, a region's, everyone's."""

    rows: Rows
    of: str
    is_known: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def surface_of(version: Version, given: str | None) -> str:
    """Return the surface that is asked for, else the first.

    Raises:
        Refused: there is none of this name.
    """
    name = next(iter(version.surfaces), "") if given is None else given
    version.surface(name)
    return name


def recommend(version: Version, user: str, surface: str, asked: Narrowing) -> Page:
    """Return a page of a user's list.

    It goes on with the reserve, then with what is popular in the region: items that are
    left out make room. An unknown user gets what is popular in the region.

    Raises:
        Refused: the lists are not in memory, or max_per names no column.
    """
    own = _lists(version, "recommend", (user, surface))
    of, is_known = "user", own is not None or _is_known(version, user)
    pool = own or NONE
    if own is not None:
        pool = pool + (_lists(version, "reserve", (user, surface)) or NONE)
    tests = allowing(asked, version.arrays)
    stop = asked.offset + (asked.k or int(version.surface(surface)["length"]))
    places = (
        list(islice(kept(pool, asked, tests), stop)) if tests or asked.max_per else None
    )
    enough = len(pool.items) if places is None else len(places)
    if enough < stop and _may_fill(version, surface, own):
        more, region = popular(version, user, asked)
        of = of if own is not None else region
        pool = joined(version, user, surface, pool, more)
        places = list(islice(kept(pool, asked, tests), stop))
        if len(places) < stop and tests and version.arrays is not None:
            pool = joined(
                version, user, surface, pool, _rest(version.arrays, user, asked)
            )
            places = list(islice(kept(pool, asked, tests), stop))
    if places is None:
        rows = Rows(pool.items[asked.offset : stop], pool.texts[asked.offset : stop])
    else:
        rows = pool.picked(places[asked.offset :]).ranked(asked.offset + 1)
    return Page(rows, of, is_known)


def _rest(arrays: Arrays, user: str, asked: Narrowing) -> Rows:
    """Return all that a request may be shown, what is most popular first."""
    allowed = allowed_items(asked, arrays, user)
    scores = -np.arange(len(allowed), dtype=np.float64)
    told = "what is left of all that is allowed"
    return filled(arrays, np.flatnonzero(allowed), "popular", lambda _: told, scores)


def popular(version: Version, user: str, asked: Narrowing) -> tuple[Rows, str]:
    """Return what is popular where the user is, and what that is called."""
    region = asked.region
    if region is None and version.arrays is not None:
        region = version.arrays.users.region(user)
    regional = _lists(version, "popular", (region,)) if region else None
    everyone = _lists(version, "popular", (EVERYWHERE,)) or NONE
    if regional is None:
        return everyone, "everyone"
    return regional + everyone, "region"


def _lists(version: Version, name: str, key: tuple[str, ...]) -> Rows | None:
    lists = version.lists.get(name)
    if lists is None and name == "recommend":
        raise Refused(503, "not_published", f"Version {version.number} has no lists.")
    return lists.get(key) if lists is not None else None


def _is_known(version: Version, user: str) -> bool:
    return version.arrays is not None and user in version.arrays.users.numbers


def _may_fill(version: Version, surface: str, own: Rows | None) -> bool:
    """Say whether popular items may follow: they are no repeats of a known user."""
    return own is None or version.surface(surface)["allow_repeat"] != "repeat_only"


def joined(version: Version, user: str, surface: str, pool: Rows, more: Rows) -> Rows:
    """Return both, each item where it comes first, without what is no news."""
    passed = set(pool.items) | _unwanted(version, user, surface)
    places = []
    for place, item in enumerate(more.items):
        if item not in passed:
            passed.add(item)
            places.append(place)
    return pool + more.picked(places)


def _unwanted(version: Version, user: str, surface: str) -> set[str]:
    """Return what a user dislikes, and must not be shown as new on a surface."""
    arrays = version.arrays
    number = None if arrays is None else arrays.users.numbers.get(user)
    if arrays is None or number is None:
        return set()
    found = arrays.disliked(number).tolist()
    is_new = version.surface(surface)["allow_repeat"] == "new_only"
    if is_new and arrays.repeats is not None:
        found += arrays.repeats.row(number)[0].tolist()
    return {arrays.items.ids[place] for place in found}
